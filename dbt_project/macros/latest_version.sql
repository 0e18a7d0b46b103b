{#
    The winning row of each key of a contract: the highest updated_at, then the last received, then
    the delivery and its row, so that deliveries loaded in any order give the same rows. A key whose
    winner is a tombstone exists no more. Loading marks the others, so that this is a plain filter,
    and a condition on time reads no more of raw than it has to.
#}
{% macro latest_version(relation) %}
    select *
    from {{ relation }}
    where _is_superseded is not true and _is_deleted is not true
{% endmacro %}
