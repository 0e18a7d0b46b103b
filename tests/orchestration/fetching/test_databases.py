"""A real PostgreSQL: every row once, whatever happens in between, and deletes seen."""

from __future__ import annotations

import pytest

from tests.orchestration.fetching.conftest import (
    PLANTED,
    FetchingCompany,
    FetchingMaker,
    Postgres,
)

TABLE = (
    "create table things (thing_id int primary key, amount numeric(18,4), note text,"
    " updated_at timestamptz not null default now())"
)


@pytest.fixture
def company(
    fetching: FetchingCompany, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> FetchingCompany:
    """Fetches `things` by its time of change, deletes included."""
    monkeypatch.setenv("ERP_USER", "rapport")
    monkeypatch.setenv("ERP_PASSWORD", PLANTED)
    postgres.execute("drop table if exists things", TABLE)
    serve(fetching, postgres)
    return fetching


def serve(company: FetchingCompany, postgres: Postgres, **changes: object) -> None:
    usual = {
        "type": "postgresql",
        "host": "127.0.0.1",
        "port": postgres.port,
        "database": "postgres",
        "userEnv": "ERP_USER",
        "passwordEnv": "ERP_PASSWORD",
        "table": "things",
        "cursor": "updated_at",
        "deletes": "keys",
    }
    company.serve(**(usual | changes))


def test_only_what_is_new_or_changed_is_fetched(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute("insert into things values (1, 1.5, 'one'), (2, 2.25, null), (3, 3, '')")
    first = company.fetch()
    assert (first.rows, first.files, first.error) == (3, 1, None)
    assert company.load() == [("1", "1.5000", "one"), ("2", "2.2500", None), ("3", "3.0000", None)]
    assert (company.fetch().rows, company.fetch().files) == (0, 0)
    postgres.execute("update things set amount = 7, updated_at = now() where thing_id = 2")
    postgres.execute("insert into things values (4, 4, 'four')")
    again = company.fetch()
    assert (again.rows, again.files) == (2, 1)
    assert company.load() == [
        ("1", "1.5000", "one"),
        ("2", "7.0000", None),
        ("3", "3.0000", None),
        ("4", "4.0000", "four"),
    ]
    assert len(company.company.deliveries()) == 2


def test_rows_of_the_very_same_time_are_all_fetched(
    company: FetchingCompany, postgres: Postgres
) -> None:
    at = "'2026-01-01 10:00:00+00'"
    postgres.execute(f"insert into things values (1, 1, 'a', {at}), (2, 2, 'b', {at})")
    assert company.fetch().rows == 2
    postgres.execute(f"insert into things values (3, 3, 'c', {at})")
    assert company.fetch().rows == 1
    assert company.fetch().rows == 0
    assert [row[0] for row in company.load()] == ["1", "2", "3"]


def test_a_row_that_became_visible_late_is_fetched_within_the_lag(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute("insert into things values (1, 1, 'a', '2026-01-01 10:00:00+00')")
    assert company.fetch().rows == 1
    postgres.execute(
        "insert into things values (2, 2, 'b', '2026-01-01 09:50:01+00')",
        "insert into things values (3, 3, 'c', '2026-01-01 09:49:59+00')",
    )
    assert company.fetch().rows == 1
    assert [row[0] for row in company.load()] == ["1", "2"]


def test_a_time_in_the_future_does_not_hide_what_comes_after(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute("insert into things values (1, 1, 'a', '2199-01-01')")
    assert company.fetch().rows == 1
    postgres.execute("insert into things values (2, 2, 'b')")
    assert company.fetch().rows == 1


def test_a_deleted_key_is_gone_and_back_when_it_is_made_again(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute("insert into things values (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')")
    company.fetch()
    assert len(company.load()) == 3
    postgres.execute("delete from things where thing_id = 2")
    gone = company.fetch()
    assert (gone.rows, gone.files) == (1, 1)
    assert [row[0] for row in company.load()] == ["1", "3"]
    assert company.fetch().rows == 0
    postgres.execute("insert into things values (2, 22, 'again')")
    assert company.fetch().rows == 1
    assert company.load()[1] == ("2", "22.0000", "again")
    delivered = company.company.deliveries()
    assert [row[3] for row in delivered] == [3, 1, 1]


def test_a_table_that_is_empty_all_at_once_is_not_believed(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute("insert into things values (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')")
    company.fetch()
    postgres.execute("truncate things")
    error = company.fetch().error
    assert error is not None
    assert error.startswith("3 of 3 keys have vanished from things at once")
    assert len(company.load()) == 3
    serve(company, postgres, maxDeletedShare=1)
    assert company.fetch().rows == 3
    assert company.load() == []


def test_rows_marked_as_deleted_are_tombstones(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute("alter table things add gone boolean", "insert into things values (1), (2)")
    serve(company, postgres, deletes=None, softDeleteColumn="gone")
    company.fetch()
    assert len(company.load()) == 2
    postgres.execute("update things set gone = true, updated_at = now() where thing_id = 1")
    company.fetch()
    assert [row[0] for row in company.load()] == ["2"]


def test_a_table_without_a_cursor_is_compared_with_what_was_delivered(
    company: FetchingCompany, postgres: Postgres
) -> None:
    serve(company, postgres, cursor=None, deletes=None)
    postgres.execute("insert into things values (1, 1, 'a'), (2, 2, 'b')")
    assert company.fetch().rows == 2
    postgres.execute("update things set note = 'B' where thing_id = 2")
    assert company.fetch().rows == 1
    assert company.load()[1] == ("2", "2.0000", "B")


def test_equal_rows_without_a_key_each_count(
    make_fetching: FetchingMaker, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_USER", "rapport")
    monkeypatch.setenv("ERP_PASSWORD", PLANTED)
    columns = {name: {"physicalType": "varchar"} for name in ("thing_id", "note")}
    events = make_fetching(columns=columns, mode="append", updatedAt=None)
    postgres.execute("drop table if exists things", "create table things (thing_id int, note text)")
    postgres.execute("insert into things values (1, 'x'), (1, 'x')")
    serve(events, postgres, cursor="thing_id", deletes=None)
    assert events.fetch().rows == 2
    postgres.execute("insert into things values (1, 'x')")
    assert events.fetch().rows == 1
    assert events.fetch().rows == 0
    events.company.load()
    assert events.company.rows("select count(*) from raw.shop_things") == [(3,)]


def test_values_arrive_exactly_as_they_are(
    make_fetching: FetchingMaker, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_USER", "rapport")
    monkeypatch.setenv("ERP_PASSWORD", PLANTED)
    kinds = {
        "thing_id": "bigint", "n": "decimal(38,20)", "f": "double", "t": "timestamp",
        "z": "timestamp", "d": "date", "b": "boolean", "j": "varchar", "a": "varchar",
        "x": "varchar", "u": "varchar",
    }  # fmt: skip
    columns = {name: {"physicalType": kind} for name, kind in kinds.items()}
    exact = make_fetching(columns=columns, mode="append", updatedAt=None, timeZone="Europe/Vienna")
    postgres.execute(
        "drop table if exists things",
        "create table things (thing_id bigint, n numeric, f float8, t timestamp, z timestamptz,"
        " d date, b bool, j jsonb, a text[], x bytea, u uuid)",
        "insert into things values (9007199254740993, 123456789.12345678901234567890, 0.1,"
        " '2026-07-01 12:00:00.123456', '2026-07-01 12:00+05', '2026-07-01', true,"
        """ '{"price": 1.10, "tags": ["ä"]}', '{"a b",null}', '\\x00ff',"""
        " '00000000-0000-0000-0000-000000000001')",
    )
    serve(exact, postgres, cursor=None, deletes=None)
    assert exact.fetch().error is None
    exact.company.load()
    names = ", ".join(f"{name}::varchar" for name in kinds)
    assert exact.company.rows(f"select {names} from raw.shop_things") == [
        (
            "9007199254740993", "123456789.12345678901234567890", "0.1",
            "2026-07-01 10:00:00.123456", "2026-07-01 07:00:00", "2026-07-01", "true",
            '{"tags": ["ä"], "price": 1.10}', '["a b", null]', "00ff",
            "00000000-0000-0000-0000-000000000001",
        )
    ]  # fmt: skip


def test_columns_of_other_names_are_mapped_and_no_others_leave_the_database(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute(
        "alter table things rename note to remark",
        "alter table things add salary text default 'Xsalary'",
        "insert into things values (1, 1, 'a')",
    )
    serve(company, postgres, columns={"note": "remark"})
    company.fetch()
    assert company.load() == [("1", "1.0000", "a")]
    assert company.told_anywhere("Xsalary") == []
    folder = company.workspace.fetched / "shop/things/erp"
    names = {path.name.partition("-")[0] for path in folder.iterdir()}
    assert names == {"state.json", "last.json", "seen", "keys"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, company.workspace.fetched))


FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "table": ({"table": "nothing"}, "there is no table or view nothing"),
    "column": ({"columns": {"note": "remark"}}, "things has no column remark: say with `columns`"),
    "cursor": ({"cursor": "changed"}, "things has no column changed"),
    "variable": ({"passwordEnv": "ERP_UNSET"}, "the environment variable ERP_UNSET is not set"),
    "driver": ({"driver": "mysql+pymysql"}, "its driver is not installed: add the package"),
    "dialect": ({"driver": "nonsense"}, "SQLAlchemy knows no `driver: nonsense`"),
    "port": ({"port": 1}, "it cannot be reached (Connection refused)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_one_sentence(
    company: FetchingCompany, postgres: Postgres, fault: str
) -> None:
    changes, told = FAULTS[fault]
    serve(company, postgres, **changes)
    result = company.fetch()
    assert told in str(result.error)
    assert (result.rows, company.landed()) == (0, [])


def test_a_wrong_password_is_told_and_not_shown(
    company: FetchingCompany,
    postgres: Postgres,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    company.fetch()
    assert company.told_anywhere(PLANTED) == []
    monkeypatch.setenv("ERP_PASSWORD", "wrong-" + PLANTED)
    assert "password authentication failed" in str(company.fetch().error)
    assert company.told_anywhere(PLANTED) == []
    captured = capfd.readouterr()
    assert PLANTED not in captured.out + captured.err


def test_a_server_that_stops_midway_delivers_nothing_and_all_later(
    company: FetchingCompany, postgres: Postgres
) -> None:
    postgres.execute(
        "insert into things select n, n, repeat('x', 500) from generate_series(1, 30000) as n"
    )
    serve(company, postgres, pageSize=1000)
    stopped: list[str] = []

    def stop(_: object, message: str) -> None:
        if message and not stopped:
            postgres.stop()
            stopped.append(message)

    result = company.fetch_telling(stop)
    postgres.start()
    assert stopped
    assert result.error
    assert company.landed() == []
    assert company.fetch().rows == 30_000
    assert len(company.load()) == 30_000
