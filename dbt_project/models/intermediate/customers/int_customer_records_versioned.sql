{# Per source: its versions, and the columns below that it knows, where renamed with their SQL. #}
{% set names = ['email', 'phone', 'first_name', 'last_name', 'postcode', 'postcode_normalised'] %}
{% set times = ['version_number', 'is_deleted', 'updated_at'] %}
{% set sources = {
    'crm/customers': {
        'model': 'stg_crm__customer_versions',
        'columns': names + times + [
            'crm_customer_id', 'household_id', 'street', 'city', 'region', 'country_code', 'language',
            'age_band', 'gender', 'household_size', 'household_income_band', 'marital_status',
            'home_ownership', 'is_email_verified', 'birth_date',
        ],
        'renamed': {
            'identity_key': "'account_id:' || crm_customer_id",
            'has_marketing_consent': 'coalesce(has_marketing_consent, false)',
            'began_at': 'created_at',
        },
    },
    'loyalty/members': {
        'model': 'stg_loyalty__member_versions',
        'columns': names + times + ['birth_date'],
        'renamed': {'identity_key': "'loyalty_id:' || loyalty_id", 'began_at': 'joined_at'},
    },
    'loyalty/tiers': {
        'model': 'stg_loyalty__tiers',
        'columns': [],
        'renamed': {
            'identity_key': "'loyalty_id:' || loyalty_id",
            'version_number': 'row_number() over (partition by loyalty_id order by valid_from)',
            'loyalty_tier': 'tier',
            'updated_at': 'cast(valid_from as timestamp)',
            'valid_from_date': 'valid_from',
        },
    },
    'crm/contacts': {
        'model': 'stg_crm__contact_versions',
        'columns': names + times + ['city', 'country_code', 'language'],
        'renamed': {
            'identity_key': "'record:crm_contacts:' || contact_id",
            'began_at': 'created_at',
        },
    },
} %}
{% set columns = {'identity_key': 'string', 'version_number': 'bigint'} %}
{% for name, attribute in customer_attributes().items() %}
    {% do columns.update({name: attribute.type}) %}
{% endfor %}
{% do columns.update({
    'postcode_normalised': 'string', 'is_email_verified': 'boolean', 'is_deleted': 'boolean',
    'valid_from_date': 'date', 'began_at': 'timestamp', 'updated_at': 'timestamp',
}) %}

with versions as (
    {% for source, known in sources.items() %}
        select
            '{{ source }}' as source,
            {% for name, type in columns.items() %}
                {% set unknown = 'cast(null as ' ~ type ~ ')' %}
                {{ known.renamed.get(name, name if name in known.columns else unknown) }}
                    as {{ name }},
            {% endfor %}
            _received_at as known_from
        from {{ ref(known.model) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

postcodes as (
    select * from {{ ref('stg_locations__postcodes') }}
),

{# A version without a time of its own holds from its receipt, at the latest from the as-of date. #}
timed as (
    select
        *,
        coalesce(
            updated_at,
            case when version_number = 1 then began_at end,
            least(known_from, cast({{ as_of_date() }} as timestamp))
        ) as stated_from
    from versions
),

dated as (
    select
        *,
        min(stated_from) over (
            partition by source, identity_key
            order by version_number
            rows between current row and unbounded following
        ) as held_from
    from timed
),

completed as (
    select
        dated.source,
        dated.identity_key,
        dated.version_number,
        {% for name in customer_attributes() %}
            {% if name in ('city', 'region') %}
                coalesce(dated.{{ name }}, postcodes.{{ name }}) as {{ name }},
            {% else %}
                dated.{{ name }},
            {% endif %}
        {% endfor %}
        dated.is_email_verified,
        coalesce(dated.is_deleted, false) as is_deleted,
        dated.valid_from_date,
        dated.held_from as stated_from,
        {# Nothing else is known of the time from the beginning of a record to its first version. #}
        case
            when dated.version_number = 1
                then least(coalesce(dated.began_at, dated.held_from), dated.held_from)
            else dated.held_from
        end as valid_from,
        dated.known_from
    from dated
    left join postcodes
        on
            dated.country_code = postcodes.country_code
            and dated.postcode_normalised = postcodes.postcode_normalised
)

select * from completed
