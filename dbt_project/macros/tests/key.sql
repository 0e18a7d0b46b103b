{# The columns together are unique and none of them is null. #}
{% test key(model, columns) %}
    {{ repeated_keys(model, columns) }}
{% endtest %}
