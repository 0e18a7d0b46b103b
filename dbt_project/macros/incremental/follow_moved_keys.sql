{#
    A post-hook of an incremental model whose rows keep an identity key beside the customer it leads
    to: rows of any date whose key has moved since get the customer of today, who for a browser
    depends on the time of the row, and for an address on its brand. Nothing else in a row may depend
    on the customer but, where `visitor` names the column of the browser, the anonymous visitor's key.
#}
{% macro follow_moved_keys(
    relation, key='identity_key', customer='customer_id', event_at='event_at', visitor=none
) -%}
    {%- set owners, moved_keys = ref('int_identity_owners'), ref('stg_identity__moved_keys') -%}
    {%- if is_incremental() -%}
        {%- set owner -%}
            coalesce(
                {{ owner_of(owners, '= kept.brand_id', key, event_at) }},
                {{ owner_of(owners, 'is null', key, event_at) }}
            )
        {%- endset -%}
        {{ move_rows(relation, moved_keys, key, customer, owner, visitor) }}
    {%- endif -%}
{%- endmacro %}

{# The same where a row belongs to a session, whose customer it has. #}
{% macro follow_moved_sessions(relation, sessions) -%}
    {%- set moved_keys = ref('stg_identity__moved_keys') -%}
    {%- if is_incremental() -%}
        {%- set owner -%}
            (
                select max(sessions.customer_id) from {{ sessions }} as sessions
                where sessions.session_id = kept.session_id
            )
        {%- endset -%}
        {{ move_rows(relation, moved_keys, 'identity_key', 'customer_id', owner, 'visitor_key') }}
    {%- endif -%}
{%- endmacro %}

{# The statement itself. #}
{% macro move_rows(relation, moved_keys, key, customer, owner, visitor) -%}
    {%- set visitors = 'case when ' ~ owner ~ ' is null then kept.' ~ visitor ~ ' end' -%}
    update {{ relation }} as kept
    set {{ customer }} = {{ owner }}{{ ', anonymous_visitor_key = ' ~ visitors if visitor }}
    where kept.{{ key }} in (select identity_key from {{ moved_keys }})
{%- endmacro %}

{% macro owner_of(owners, brand, key, event_at) -%}
    (
        select max(owners.customer_id) from {{ owners }} as owners
        where
            owners.identity_key = kept.{{ key }}
            and owners.brand_id {{ brand }}
            and kept.{{ event_at }} >= owners.valid_from
            and kept.{{ event_at }} < owners.valid_to
    )
{%- endmacro %}
