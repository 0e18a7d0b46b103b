{#
    The winning row of each key: the highest updated_at, then the last received, then the delivery
    and its row, so that deliveries loaded in any order give the same rows. A key whose winner is a
    tombstone exists no more. `with_known_at` adds when any version of the key was first received.
#}
{% macro latest_version(relation, key, updated_at=none, with_known_at=false) %}
    select *
    from (
        select
            *,
            {% if with_known_at %}
                min(_received_at) over (partition by {{ key | join(', ') }}) as _known_at,
            {% endif %}
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
