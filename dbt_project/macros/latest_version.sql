{#
    The winning row of each key: the highest updated_at, then the last received, then the delivery
    and its row, so that deliveries loaded in any order give the same rows. A key whose winner is a
    tombstone exists no more.
#}
{% macro latest_version(relation, key, updated_at=none) %}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    {% if updated_at %}{{ updated_at }} desc nulls last,{% endif %}
                    _received_at desc nulls last, _delivery_id desc, _row_number desc
            ) as _version_rank
        from {{ relation }}
    ) as versions
    where _version_rank = 1 and not coalesce(_is_deleted, false)
{% endmacro %}
