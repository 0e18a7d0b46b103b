{# A month, or none. #}
{% macro optional_date(text) -%}
    cast({{ "'" ~ text ~ "'" if text else 'null' }} as date)
{%- endmacro %}

{#
    What each cluster adds in each month to the figures that goals name: `figure, is_by_customer,
    cluster_key, customer_id, known_date, month, numerator, denominator`. Clusters are customers,
    for what one customer does is no two independent things; days, where a figure is a sum of money.
    Against a holdout money is that of a customer and month, customers without any included. A
    figure that no goal names has the condition false, and costs nothing.
#}
{% macro value_observations(goals) -%}
    {%- set parts = [] -%}
    {%- for figure, column in money_columns().items() -%}
        {%- do parts.append(observed_days(figure, column, is_wanted(goals, figure, false))) -%}
        {%- if figure != 'acquired' -%}
            {%- do parts.append(observed_spending(figure, column, goals)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for is_by_customer in [false, true] -%}
        {%- for figure, given in shares().items() -%}
            {%- do parts.append(observed_shares(
                figure, given, is_by_customer, is_wanted(goals, figure, is_by_customer)
            )) -%}
        {%- endfor -%}
        {%- do parts.append(observed_retention(
            is_by_customer, is_wanted(goals, 'retention', is_by_customer)
        )) -%}
    {%- endfor -%}
    {{ parts | join(' union all ') }}
{%- endmacro %}

{% macro is_wanted(goals, figure, is_by_customer) -%}
    {%- set found = [] -%}
    {%- for goal in goals if goal.figure == figure -%}
        {%- if (goal.held_below is not none) == is_by_customer -%}
            {%- do found.append(goal) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('true' if found else 'false') }}
{%- endmacro %}

{% macro money_columns() -%}
    {{ return({
        'gross_revenue': 'gross_amount', 'net_revenue': 'net_revenue_amount',
        'profit': 'margin_amount', 'acquired': 'new_customer_count',
    }) }}
{%- endmacro %}

{# Relation, key where nobody is known, numerator and condition of what is counted one by one. #}
{% macro shares() -%}
    {{ return({
        'satisfaction': [
            'answers', 'response_id', 'case when is_satisfied then 1 else 0 end',
            "survey_type = 'csat' and is_satisfied is not null",
        ],
        'session_conversion': [
            'sessions', 'visitor_key', 'case when is_converted then 1 else 0 end',
            'not is_bot and not is_internal',
        ],
        'store_conversion': [
            'visits', 'store_visit_id', 'case when has_purchased then 1 else 0 end', 'true',
        ],
        'average_order_value': ['orders', 'order_id', 'net_revenue_amount_reporting', 'is_valid'],
    }) }}
{%- endmacro %}

{% macro observed_days(figure, column, is_wanted) -%}
    select
        '{{ figure }}' as figure,
        false as is_by_customer,
        cast(business_date as string) as cluster_key,
        cast(null as string) as customer_id,
        cast(null as date) as known_date,
        {{ period_start('month', 'business_date') }} as month,
        cast({{ column }} as decimal(18, 4)) as numerator,
        cast(1 as decimal(18, 4)) as denominator
    from business
    where {{ is_wanted }}
{%- endmacro %}

{% macro observed_shares(figure, given, is_by_customer, is_wanted) -%}
    select
        '{{ figure }}' as figure,
        {{ is_by_customer }} as is_by_customer,
        coalesce(customer_id, {{ given[1] }}) as cluster_key,
        customer_id,
        cast(null as date) as known_date,
        {{ period_start('month', 'business_date') }} as month,
        cast(sum({{ given[2] }}) as decimal(18, 4)) as numerator,
        cast(count(*) as decimal(18, 4)) as denominator
    from {{ given[0] }}
    where {{ is_wanted }} and {{ given[3] }}
    group by
        coalesce(customer_id, {{ given[1] }}),
        customer_id,
        {{ period_start('month', 'business_date') }}
{%- endmacro %}

{# Whoever ordered in the month before, and whether again in the month. #}
{% macro observed_retention(is_by_customer, is_wanted) -%}
    select
        'retention' as figure,
        {{ is_by_customer }} as is_by_customer,
        customer_id as cluster_key,
        customer_id,
        cast(null as date) as known_date,
        {{ add_months('active_month', 1) }} as month,
        cast(
            case when next_active_month = {{ add_months('active_month', 1) }} then 1 else 0 end
            as decimal(18, 4)
        ) as numerator,
        cast(1 as decimal(18, 4)) as denominator
    from active_months
    where {{ is_wanted }} and {{ add_months('active_month', 1) }} <= {{ as_of_date() }}
{%- endmacro %}

{# Every customer, in every month since the first such goal began, with what was spent. #}
{% macro observed_spending(figure, column, goals) -%}
    {%- set begun = [] -%}
    {%- for goal in goals if goal.figure == figure and goal.held_below -%}
        {%- do begun.append(goal.since) -%}
    {%- endfor -%}
    select
        '{{ figure }}' as figure,
        true as is_by_customer,
        customers.customer_id as cluster_key,
        customers.customer_id,
        customers.created_date as known_date,
        months.month,
        cast(coalesce(sum(orders.{{ column }}_reporting), 0) as decimal(18, 4)) as numerator,
        cast(1 as decimal(18, 4)) as denominator
    from customers
    cross join months
    left join orders
        on
            customers.customer_id = orders.customer_id
            and orders.is_valid
            and months.month = {{ period_start('month', 'orders.business_date') }}
    where
        {{ "months.month >= " ~ optional_date(begun | min) if begun else "false" }}
        and customers.created_date is not null
    group by customers.customer_id, customers.created_date, months.month
{%- endmacro %}
