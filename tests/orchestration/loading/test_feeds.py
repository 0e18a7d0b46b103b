"""Files in a company's own layout, mapped by one select; a faulty feed loads nothing."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.errors import ConfigurationError, RapportError
from tests.orchestration.loading.company import Company

ITEMS = "no;worth;client\nt1;1,50;7\nt2;2,25;8\n"
CLIENTS = "client;name;since\n7;Ada;2026-01-02\n8;Bob;2026-01-03\n"
JOIN = (
    "select no as thing_id, replace(worth, ',', '.') as amount, name as note, since as seen_at"
    " from items left join clients using (client)"
)


def feed_of(company: Company, sql: str = JOIN, **changes: Any) -> None:
    files = {
        "items": {"path": "own/items*.csv", "delimiter": ";"},
        "clients": {"path": "own/clients*.csv", "delimiter": ";"},
    }
    feed = {"contract": "shop/things", "files": files, "sql": sql} | changes
    company.configure(feeds=[feed])


def drop_own_files(company: Company) -> None:
    company.drop("own/items_20260105.csv", ITEMS)
    company.drop("own/clients_20260105.csv", CLIENTS)


def test_files_are_joined_into_the_rows_of_the_contract(company: Company) -> None:
    feed_of(company)
    drop_own_files(company)
    company.load()
    assert company.things() == [
        ("t1", "1.5000", "Ada", "2026-01-02 00:00:00"),
        ("t2", "2.2500", "Bob", "2026-01-03 00:00:00"),
    ]
    assert company.deliveries() == [("loaded", None, 2, 2, 0)]
    assert company.arrivals.unclaimed == []


def test_a_derived_feed_may_make_any_number_of_rows(company: Company) -> None:
    sql = "select 'all' as thing_id, sum(1) as amount, max(since) as seen_at from clients, items"
    feed_of(company, sql, rows="derive")
    drop_own_files(company)
    company.load()
    assert company.things() == [("all", "4.0000", None, "2026-01-03 00:00:00")]


def test_new_files_replace_what_the_whole_feed_had_loaded(company: Company) -> None:
    feed_of(company)
    drop_own_files(company)
    company.load()
    company.drop("own/items_20260106.csv", "no;worth;client\nt3;3;8\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2", "t3"]
    assert sorted(row[0] for row in company.deliveries()) == ["loaded", "superseded"]


def test_files_tidied_out_of_landing_stay_part_of_their_feed(company: Company) -> None:
    feed_of(company)
    drop_own_files(company)
    company.load()
    for path in (company.workspace.landing / "own").iterdir():
        path.unlink()
    company.drop("own/items_20260106.csv", "no;worth;client\nt3;3;8\n")
    company.load()
    assert [(row[0], row[2]) for row in company.things()] == [
        ("t1", "Ada"),
        ("t2", "Bob"),
        ("t3", "Bob"),
    ]


def test_a_file_of_a_feed_that_goes_back_to_what_it_was_takes_the_rows_back(
    company: Company,
) -> None:
    feed_of(company)
    drop_own_files(company)
    company.load()
    company.drop("own/clients_20260105.csv", CLIENTS.replace("Ada", "Eve"))
    company.load()
    assert [row[2] for row in company.things()] == ["Eve", "Bob"]
    company.drop("own/clients_20260105.csv", CLIENTS + "9;Cy;2026-01-04\n")
    company.load()
    company.drop("own/clients_20260105.csv", CLIENTS)
    company.load()
    assert [row[2] for row in company.things()] == ["Ada", "Bob"]


def test_times_of_a_feed_are_read_in_its_zone_and_a_repeated_hour_is_its_first(
    company: Company,
) -> None:
    # Vienna leaves summer time on 2026-10-25: 02:30 comes twice, first as 00:30 UTC
    feed_of(company, time_zone="Europe/Vienna")
    company.drop("own/items_20261101.csv", ITEMS)
    company.drop(
        "own/clients_20261101.csv", "client;name;since\n7;A;2026-10-25 02:30\n8;B;2026-01-02\n"
    )
    company.load()
    assert [row[3] for row in company.things()] == ["2026-10-25 00:30:00", "2026-01-01 23:00:00"]


def test_what_a_simple_feed_had_loaded_follows_its_changed_select(company: Company) -> None:
    files = {"own": {"path": "own/*.csv"}}
    sql = "select a as thing_id, '1' as amount, b as seen_at from own"
    company.configure(feeds=[{"contract": "shop/things", "files": files, "sql": sql}])
    company.drop("own/20260105.csv", "a,b\nt1,2026-01-02\n").rename(
        company.workspace.landing / "own/first_20260105.csv"
    )
    company.load()
    (company.workspace.landing / "own/first_20260105.csv").unlink()
    company.drop("own/second_20260106.csv", "a,b\nt2,2026-01-03\n")
    changed = sql.replace("'1'", "'2'")
    company.configure(feeds=[{"contract": "shop/things", "files": files, "sql": changed}])
    company.load()
    assert [(row[0], row[1]) for row in company.things()] == [("t1", "2.0000"), ("t2", "2.0000")]
    assert [row[0] for row in company.deliveries()] == ["loaded", "loaded"]
    broken = sql.replace("from own", "from own where nothing")
    company.configure(feeds=[{"contract": "shop/things", "files": files, "sql": broken}])
    with pytest.raises(ConfigurationError, match=r"no longer loads .*mend it in rapport\.yml"):
        company.load()
    assert len(company.things()) == 2


def test_a_changed_select_evaluates_the_feed_anew(company: Company) -> None:
    feed_of(company)
    drop_own_files(company)
    company.load()
    feed_of(company, JOIN.replace("name as note", "upper(name) as note"))
    company.load()
    assert [row[2] for row in company.things()] == ["ADA", "BOB"]


def test_bad_rows_of_a_feed_are_set_aside(company: Company) -> None:
    feed_of(company, JOIN.replace("replace(worth, ',', '.')", "worth"))
    drop_own_files(company)
    company.drop("own/items_20260105.csv", ITEMS.replace("1,50", "1"))
    company.load()
    assert [row[0] for row in company.things()] == ["t1"]
    assert [row[1] for row in company.quarantined()] == ["amount: not a decimal(18,4)"]


@pytest.mark.parametrize(
    ("sql", "code", "reason"),
    [
        ("select 1 as thing_id; select 2 as thing_id", "feed", "one select"),
        ("create table x as select 1", "feed", "one select"),
        ("delete from raw.shop_things", "feed", "one select"),
        ("", "feed", "one select"),
        (f"{JOIN}, nobody", "unreadable", "nobody"),
        ("select nothing as thing_id, now() as seen_at from items", "unreadable", "nothing"),
        ("selec no from items", "unreadable", "selec"),
        (JOIN.replace("as note", "as remark"), "feed", "remark"),
        ("select no as thing_id from items", "missing_column", "seen_at"),
        (JOIN.replace(" using (client)", " on true"), "feed", "makes 4 rows of 2"),
        (f"{JOIN} where no = 't1'", "feed", "makes 1 rows of 2"),
        (f"{JOIN.replace('name as note', 'read_text(chr(47)) as note')}", "unreadable", ""),
        ("select * from read_csv('/etc/passwd')", "unreadable", ""),
        ("select * from '/etc/passwd'", "unreadable", ""),
    ],
)
def test_a_faulty_feed_refuses_its_delivery_and_says_why(
    company: Company, sql: str, code: str, reason: str
) -> None:
    feed_of(company, sql)
    drop_own_files(company)
    company.load()
    assert company.things() == []
    [(status, found, delivered, loaded, quarantined)] = company.deliveries()
    assert (status, found, loaded) == ("quarantined", code, 0)
    assert delivered == quarantined
    assert reason in company.reasons()


def test_a_refused_feed_leaves_what_it_had_loaded_before(company: Company) -> None:
    feed_of(company)
    drop_own_files(company)
    company.load()
    company.drop("own/clients_20260106.csv", "wrong;header;here\n1;2;3\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2"]


def test_a_relation_without_a_file_is_named_with_its_path(company: Company) -> None:
    feed_of(company)
    company.drop("own/items_20260105.csv", ITEMS)
    with pytest.raises(RapportError, match=r"shop/things found no file for clients .*own/clients"):
        company.load()


def test_a_feed_for_a_contract_that_does_not_exist_is_refused(company: Company) -> None:
    feed_of(company, contract="shop/thinks")
    with pytest.raises(ConfigurationError, match=r"shop/thinks.* there are shop/things"):
        company.load()


def test_a_feed_without_any_file_loads_nothing(company: Company) -> None:
    feed_of(company)
    company.load()
    assert company.deliveries() == []


def test_a_csv_without_a_header_takes_its_names_from_the_feed(company: Company) -> None:
    files = {"own": {"path": "own/*.csv", "header": False, "columns": ["a", "b"]}}
    sql = "select a as thing_id, b as seen_at from own"
    company.configure(feeds=[{"contract": "shop/things", "files": files, "sql": sql}])
    company.drop("own/20260105.csv", "t1,2026-01-02\nt2,2026-01-03\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2"]


def test_one_file_of_a_preserving_feed_is_one_delivery(company: Company) -> None:
    files = {"own": {"path": "own/*.csv"}}
    sql = "select no as thing_id, since as seen_at from own"
    company.configure(feeds=[{"contract": "shop/things", "files": files, "sql": sql}])
    company.drop("own/a.csv", "no,since\nt1,2026-01-02\n")
    company.drop("own/b.csv", "no,since\nt2,2026-01-02\n")
    company.drop("own/c.csv", "number,since\nt3,2026-01-02\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2"]
    assert [row[0] for row in company.deliveries()] == ["loaded", "loaded", "quarantined"]


def test_no_personal_value_reaches_a_reason(company: Company) -> None:
    """Reasons are published beside the figures, for everyone to read."""
    feed_of(
        company, "select clients.client::integer as thing_id, since as seen_at from clients, items"
    )
    company.drop("own/items_20260105.csv", ITEMS)
    company.drop("own/clients_20260105.csv", "client;since\nada@example.com;2026-01-02\n")
    company.load()
    assert [row[1] for row in company.deliveries()] == ["unreadable"]
    assert "Conversion Error" in company.reasons()
    assert "ada@example.com" not in company.reasons()


def test_a_file_whose_header_was_forgotten_shows_no_personal_value_in_its_reason(
    company: Company,
) -> None:
    company.drop("shop/things/20260105.csv", "ada@example.com,Lovelace,Main Street 1,x\n1,2,3,4\n")
    company.load()
    assert [row[0] for row in company.deliveries()] == ["quarantined"]
    assert "ada@example.com" not in company.reasons()
