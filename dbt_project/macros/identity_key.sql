{#
    The key by which a record knows its customer: the account, else the loyalty card, else the
    e-mail address in its normal form, else null. An account or card always belongs to a customer,
    an address only where it is verified for one.
#}
{% macro identity_key(account_id, loyalty_id, email=none) -%}
    {%- set keys = [] -%}
    {%- if account_id %}{% do keys.append("'account_id:' || " ~ account_id) %}{% endif -%}
    {%- if loyalty_id %}{% do keys.append("'loyalty_id:' || " ~ loyalty_id) %}{% endif -%}
    {%- if email %}{% do keys.append("'email:' || " ~ email) %}{% endif -%}
    coalesce({{ (keys + ["cast(null as string)"]) | join(", ") }})
{%- endmacro %}

{# Whether a key may be nobody's: an address that no customer has verified. #}
{% macro is_weak_key(identity_key) -%}
    {{ identity_key }} like 'email:%'
{%- endmacro %}

{# The key as everybody may see it: an e-mail address is personal and left out. #}
{% macro open_identity_key(identity_key) -%}
    case when not {{ is_weak_key(identity_key) }} then {{ identity_key }} end
{%- endmacro %}
