{#
    Every version of each key, numbered from the oldest to the one that wins in latest_version, so
    that deliveries loaded in any order give the same numbers. Tombstones are versions too.
#}
{% macro all_versions(relation, key, updated_at) %}
    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}
            order by
                {{ updated_at }} asc nulls first,
                _received_at asc nulls first, _delivery_id asc, _row_number asc
        ) as _version_number
    from {{ relation }}
{% endmacro %}
