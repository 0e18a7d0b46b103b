{#
    A post-hook of an incremental model whose rows keep an identity key beside the customer it leads
    to: rows of any date whose key has moved since get the customer of today. Nothing else in a row
    may depend on the customer.
#}
{% macro follow_moved_keys(relation, key='identity_key', customer='customer_id') -%}
    {%- set changes = ref('int_identity_changes') -%}
    {%- if is_incremental() -%}
        update {{ relation }} as kept
        set {{ customer }} = changes.customer_id
        from {{ changes }} as changes
        where
            kept.{{ key }} = changes.identity_key
            and kept.{{ customer }} is distinct from changes.customer_id
    {%- endif -%}
{%- endmacro %}
