{#
    Joins the customer to whom a row's identity key leads, in the brand of the row: `owners` are rows
    of int_identities_resolved, or with `event_at` of int_identity_owners. A key that the customers of
    several brands share has an owner in each of them, any other one owner for all. Two joins by plain
    comparisons, because one with an `or` would compare all with all.
#}
{% macro join_owners(owners, records, key='identity_key', event_at=none) -%}
    left join {{ owners }} as owners_in_brand
        on
            {{ records }}.{{ key }} = owners_in_brand.identity_key
            and {{ records }}.brand_id = owners_in_brand.brand_id
            {{ is_at('owners_in_brand', records, event_at) }}
    left join {{ owners }} as owners_everywhere
        on
            {{ records }}.{{ key }} = owners_everywhere.identity_key
            and owners_everywhere.brand_id is null
            {{ is_at('owners_everywhere', records, event_at) }}
{%- endmacro %}

{% macro is_at(owners, records, event_at) -%}
    {%- if event_at -%}
        and {{ records }}.{{ event_at }} >= {{ owners }}.valid_from
        and {{ records }}.{{ event_at }} < {{ owners }}.valid_to
    {%- endif -%}
{%- endmacro %}

{# A column of the owner that join_owners has found. #}
{% macro of_owner(column) -%}
    coalesce(owners_in_brand.{{ column }}, owners_everywhere.{{ column }})
{%- endmacro %}
