{#
    One source of touches with the columns of int_interactions_resolved, in one order. `given` names the
    columns that the source fills; `details` those that no other source has, kept as JSON.
#}
{% macro interaction(
    relation, contract, interaction_type, source_key, event_at, given={}, details=[], condition=none
) -%}
    select
        '{{ contract }}' as contract,
        {{ source_key }} as source_key,
        {{ interaction_type }} as interaction_type,
        {% for name, type in interaction_columns().items() %}
            cast({{ given.get(name, 'null') }} as {{ type }}) as {{ name }},
        {% endfor %}
        cast({{ json_of(details) if details else 'null' }} as string) as details,
        brand_id,
        {{ business_date(event_at) }} as business_date,
        {{ event_at }} as event_at
    from {{ relation }}
    where {{ event_at }} is not null{% if condition %} and {{ condition }}{% endif %}
{%- endmacro %}

{# What two or more sources can fill, with its type. #}
{% macro interaction_columns() -%}
    {{ return({
        'identity_key': 'string',
        'visitor_key': 'string',
        'order_key': 'string',
        'conversation_key': 'string',
        'ticket_id': 'string',
        'campaign_id': 'string',
        'product_id': 'string',
        'store_id': 'string',
        'employee_id': 'string',
        'page': 'string',
        'channel_detail': 'string',
        'direction': 'string',
        'device': 'string',
        'reason': 'string',
        'outcome': 'string',
        'emotion': 'string',
        'duration_seconds': 'double',
        'amount': 'decimal(18, 4)',
        'currency': 'string',
        'has_text': 'boolean',
    }) }}
{%- endmacro %}
