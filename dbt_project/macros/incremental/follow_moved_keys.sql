{#
    A post-hook of an incremental model whose rows keep an identity key beside the customer it leads
    to: rows of any date whose key has moved since get the customer of today, who for a browser
    depends on the time of the row, and for an address on its brand. Nothing else in a row may depend
    on the customer.
#}
{% macro follow_moved_keys(
    relation, key='identity_key', customer='customer_id', event_at='event_at'
) -%}
    {%- set owners, moved_keys = ref('int_identity_owners'), ref('stg_identity__moved_keys') -%}
    {%- if is_incremental() -%}
        {{ move_rows(relation, owners, moved_keys, key, customer, event_at) }}
    {%- endif -%}
{%- endmacro %}

{# The statement itself. #}
{% macro move_rows(relation, owners, moved_keys, key, customer, event_at) -%}
    update {{ relation }} as kept
    set {{ customer }} = coalesce(
        {{ owner_of(owners, '= kept.brand_id', key, event_at) }},
        {{ owner_of(owners, 'is null', key, event_at) }}
    )
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
