{# A table or a view in the place of the one before, in one statement and one transaction:
   dbt-duckdb's own builds it beside the old one and renames both, which costs more than the building
   of a small one. #}
{% macro build_in_place(type) -%}
    {%- set target = this.incorporate(type=type) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {{ drop_before(load_cached_relation(this)) }}
        {% if type == 'view' %}
            {{ create_view_as(target, sql) }}
        {% else %}
            {{ create_table_as(False, target, compiled_code) }}
        {% endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{%- endmacro %}
