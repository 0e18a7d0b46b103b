"""The same models build on DuckDB and on Spark: compiled SQL parses, and dialects stay apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.architecture import sql_portability as portability

GRAMMAR = {"cast", "coalesce", "extract", "try_cast", "ifnull", "nullif"}


def unparsable(sql: str) -> str | None:
    """Return why sqlglot cannot read a DuckDB query, if it cannot."""
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except SqlglotError as error:
        return str(error).splitlines()[0]
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        return "not one query"
    return None


def own_sql(project: Path) -> Iterator[Path]:
    for folder in ("models", "macros", "tests"):
        for path in sorted((project / folder).rglob("*.sql")):
            if "portable" not in path.relative_to(project).parts:
                yield path


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value or ():
        if not isinstance(value, str):
            yield from texts_in(inner)


def test_every_compiled_model_and_test_parses(manifest):
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in {"model", "test"}]
    compiled = {node["name"]: node.get("compiled_code") for node in nodes}
    assert compiled
    assert [name for name, sql in compiled.items() if not sql] == []
    assert {n: why for n, sql in compiled.items() if (why := unparsable(sql))} == {}


def test_sql_outside_portable_is_shared_with_spark(project):
    found = [
        f"{path.relative_to(project).as_posix()}, {broken}"
        for path in own_sql(project)
        for broken in portability.violations(path.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


def test_conditions_in_yml_are_shared_with_spark(manifest):
    found = [
        f"{node['name']}: {text}: {broken}"
        for node in manifest["nodes"].values()
        for text in texts_in((node.get("test_metadata") or {}).get("kwargs", {}).get("rules"))
        for broken in portability.violations(text)
    ]
    assert not found, "\n".join(found)


def test_duckdb_knows_every_function_of_the_list():
    rows = duckdb.sql("select distinct function_name from duckdb_functions()").fetchall()
    known = {name for (name,) in rows}
    listed = portability.SHARED_FUNCTIONS | portability.SHARED_WHERE_FILTERED
    assert listed - known - GRAMMAR == set()


SHARED = {
    "a window filter": "select a from t qualify row_number() over (partition by b order by c) = 1",
    "a filtered aggregate": "select count(*) filter (where a > 0) as n from t group by all",
    "a filtered choice": "select max_by(lower(a), b) filter (where a is not null) as n from t",
    "a cast": "select cast(a as decimal(18, 4)), try_cast(b as date), cast(c as string) from t",
    "a join and a subquery": "select a from t inner join (select b from u) as v using (b)",
    "values with names": "select x from (values (1), (2)) as v (x)",
    "named columns of a query": "with a (x, y) as (select 1, 2) select x in (1, 2) from a",
    "parts of a date": "select extract(year from d), year(d), last_day(d) from t",
    "a comment": "select 1 -- list_value(1), x::int\n/* [1, 2] */",
    "a text": "select 'regexp_matches(x)' as a, 'x::int' as b",
    "an expression": "select {{ percentile('amount', 0.5) }} as p from {{ ref('t') }}",
    "a Jinja list": "{% set names = ['a', 'b'] %}select {{ names[0] }} from t",
}
FOREIGN = {
    "a function of DuckDB alone": "select list_sort(a) from t",
    "a function with another meaning": "select ANY_VALUE(a) from t",
    "a choice that meets nulls": "select max_by(lower(a), b) as n from t",
    "a function in an argument": "select {{ as_amount('epoch_ms(a)') }} from t",
    "a function after a Jinja block": "{% if x %}select date_trunc('month', d) from t{% endif %}",
    "a cast by colons": "select a::integer from t",
    "a text type without length": "select cast(lower(a) as varchar) from t",
    "a zoned type": "select try_cast(a as timestamptz) from t",
    "an excluded column": "select * exclude (a) from t",
    "a replaced column": "select * replace (1 as a) from t",
    "distinct on": "select distinct on (a) a, b from t",
    "a list": "select [1, 2] as a from t",
    "a list comprehension": "select [x for x in a] from t",
    "a struct": "select {'a': 1} as a from t",
    "a positional join": "select * from t positional join u",
    "an asof join": "select * from t asof join u on t.a >= u.a",
    "a semi join": "select * from t semi join u using (a)",
    "a union by name": "select a from t union all by name select a from u",
    "a time zone": "select a at time zone 'UTC' from t",
    "an interval": "select d + interval 1 day from t",
    "a query that begins with from": "with a as (from t) select * from a",
    "a power": "select a ^ 2 from t",
    "a whole division": "select a // 2 from t",
    "a regular expression": "select a ~ 'x' from t",
    "a lambda": "select transform(a, x -> x + 1) from t",
    "a quoted name": 'select "a" from t',
    "an unnested list": "select unnest(a) from t",
    "a pivot": "pivot t on a using sum(b)",
    "a count of nothing": "select count() from t",
    "ignored nulls": "select first_value(a ignore nulls) over (order by b) from t",
}


@pytest.mark.parametrize("sql", SHARED.values(), ids=SHARED.keys())
def test_the_check_lets_pass(sql):
    assert portability.violations(sql) == []


@pytest.mark.parametrize("sql", FOREIGN.values(), ids=FOREIGN.keys())
def test_the_check_refuses(sql):
    assert portability.violations(sql)


@pytest.mark.parametrize("sql", ["select a from", "select (1 from t", "drop table t"])
def test_the_parser_refuses(sql):
    assert unparsable(sql)
