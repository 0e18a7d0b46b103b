{#
    The key by which a record knows its customer: the account, else the loyalty card, else the
    e-mail address or the phone number in its normal form, else the browser, else null. An account
    or card always belongs to a customer, an address or number only where it is verified for one.
#}
{% macro identity_key(account_id, loyalty_id, email=none, phone=none, visitor=none) -%}
    {%- set keys = [] -%}
    {%- if account_id %}{% do keys.append("'account_id:' || " ~ account_id) %}{% endif -%}
    {%- if loyalty_id %}{% do keys.append("'loyalty_id:' || " ~ loyalty_id) %}{% endif -%}
    {%- if email %}{% do keys.append("'email:' || " ~ email) %}{% endif -%}
    {%- if phone %}{% do keys.append("'phone:' || " ~ phone) %}{% endif -%}
    {%- if visitor %}{% do keys.append("'visitor_id:' || " ~ visitor) %}{% endif -%}
    coalesce({{ (keys + ["cast(null as string)"]) | join(", ") }})
{%- endmacro %}

{# Whether a key may be nobody's: an address or number that no customer has verified, a name in a
   social network. #}
{% macro is_weak_key(identity_key) -%}
    split_part({{ identity_key }}, ':', 1) in ('email', 'phone', 'handle')
{%- endmacro %}

{# The key as everybody may see it: an address, a number or a name is personal, and a keyed hash
   stands in its place. `contact_keys` are rows of stg_identity__contact_keys, joined by the key. #}
{% macro open_identity_key(identity_key, contact_keys='contact_keys') -%}
    case
        when {{ is_weak_key(identity_key) }} then {{ contact_keys }}.open_key
        else {{ identity_key }}
    end
{%- endmacro %}

{# Whether a key is a browser or an installed app: whose it is depends on the time. #}
{% macro is_visitor_key(identity_key) -%}
    split_part({{ identity_key }}, ':', 1) in ('visitor_id', 'device_id')
{%- endmacro %}
