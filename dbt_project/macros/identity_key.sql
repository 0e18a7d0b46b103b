{# The key by which a record knows its customer: the account, else the loyalty card, else null. #}
{% macro identity_key(account_id, loyalty_id) -%}
    {%- if account_id -%}
        coalesce('account_id:' || {{ account_id }}, 'loyalty_id:' || {{ loyalty_id }})
    {%- else -%}
        'loyalty_id:' || {{ loyalty_id }}
    {%- endif -%}
{%- endmacro %}
