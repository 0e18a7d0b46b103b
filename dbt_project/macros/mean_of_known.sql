{# The mean of those columns that are not null, where at least so many are. #}
{% macro mean_of_known(columns, least) -%}
    {%- set counted = [] -%}
    {%- set added = [] -%}
    {%- for column in columns -%}
        {%- do counted.append('case when ' ~ column ~ ' is null then 0 else 1 end') -%}
        {%- do added.append('coalesce(' ~ column ~ ', 0)') -%}
    {%- endfor -%}
    case
        when {{ counted | join(' + ') }} >= {{ least }}
            then ({{ added | join(' + ') }}) / ({{ counted | join(' + ') }})
    end
{%- endmacro %}
