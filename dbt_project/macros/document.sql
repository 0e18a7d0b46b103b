{# The texts of one source with the columns of fct_documents. A conversation has a text per part. #}
{% macro document(
    relation, contract, source_key, interaction_type, text, written_at, written_by="'customer'",
    title='null', part='null', language='language'
) -%}
    select
        '{{ contract }}:' || {{ source_key }}{% if part != 'null' %} || ':' || cast({{ part }} as string){% endif %} as document_id,
        '{{ contract }}:' || {{ source_key }} || ':{{ interaction_type }}' as interaction_id,
        '{{ contract }}' as contract,
        {{ source_key }} as source_key,
        cast({{ part }} as bigint) as part_number,
        cast({{ written_by }} as string) as written_by,
        cast({{ language }} as string) as language,
        cast({{ title }} as string) as title,
        cast({{ text }} as string) as text,
        {{ written_at }} as written_at
    from {{ relation }}
    where coalesce({{ text }}, {{ title }}) is not null
{%- endmacro %}
