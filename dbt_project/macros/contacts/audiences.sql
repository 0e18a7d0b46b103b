{# Whom an event meets that may make people come: one customer, a region, or everybody. #}
{% macro customer_audience(customer_id) -%}
    'customer:' || {{ customer_id }}
{%- endmacro %}

{% macro region_audience(region) -%}
    'region:' || coalesce({{ region }}, '')
{%- endmacro %}

{% macro everybody() -%}
    'everybody'
{%- endmacro %}

{# Rows of customers, one for each `audience_key` that means them. #}
{% macro with_audiences(rows_of_customers) %}
select
    *,
    {{ customer_audience('customer_id') }} as audience_key
from {{ rows_of_customers }}
union all
select
    met.*,
    {{ everybody() }} as audience_key
from {{ rows_of_customers }} as met
inner join {{ ref('int_customers_profiled') }} as customers
    on met.customer_id = customers.customer_id
union all
select
    met.*,
    {{ region_audience('customers.region') }} as audience_key
from {{ rows_of_customers }} as met
inner join {{ ref('int_customers_profiled') }} as customers
    on met.customer_id = customers.customer_id
{% endmacro %}
