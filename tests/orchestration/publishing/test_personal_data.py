"""Personal data reaches the restricted file and no other."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import load_contracts
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import RunCli, last_run, query
from tests.orchestration.conftest import deliver, published_file

CUSTOMER = {
    "customer_id": "A77777",
    "email": "Zebulon.Quixote@Planted.example",
    "phone": "+49 171 5550123",
    "first_name": "Zebulon",
    "last_name": "Quixotović",
    "birth_date": "1911-11-11",
    "street": "Plantedstraße 77b",
    "postcode": "ZQ-99 8X",
    "created_at": "2026-06-01 10:00:00",
}
ANSWER = {
    "response_id": "planted-1",
    "customer_id": "A77777",
    "survey_type": "nps",
    "score": "3",
    "title": "Call Zebulon back",
    "comment": "My neighbour Xanthippe\nsaw the parcel",
    "answered_at": "2026-06-20 10:00:00",
}
# who ordered with an address alone, which nobody has verified
GUEST = """
    select order_id, substr(identity_key, 7) from intermediate.int_orders_unioned
    where identity_key like 'email:%' and customer_id is null
    order by order_id limit 1
"""
PLANTED = [
    *(CUSTOMER[name] for name in ("email", "phone", "first_name", "last_name", "street")),
    CUSTOMER["postcode"],
    "+491715550123",
    "ZQ998X",
    "quixotovic",
    ANSWER["title"],
    "Xanthippe",
    "bad.row@planted.example",
    "no.header@planted.example",
]


@pytest.fixture(scope="module")
def planted(sample_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample company, not yet run again, with a person nobody could confuse in its extracts."""
    import shutil

    root = tmp_path_factory.mktemp("planted") / "workspace"
    shutil.copytree(sample_workspace.root, root, symlinks=True)
    workspace = Workspace(root)
    _deliver_rows(workspace, "survey/responses", [ANSWER])
    [(_, guest)] = query(sample_workspace.warehouse, GUEST)
    late = {"customer_id": "A99999", "email": str(guest), "is_email_verified": "true"}
    usual = [{"customer_id": f"A8{number:04d}"} for number in range(30)]
    bad_row = CUSTOMER | {"customer_id": "", "email": "bad.row@planted.example"}
    _deliver_rows(workspace, "crm/customers", [CUSTOMER, late, *usual, bad_row])
    deliver(
        workspace,
        "crm/customers/headless_20260702.csv",
        "A1,no.header@planted.example,Zebulon\nA2,second@planted.example,Xanthippe\n",
    )
    return workspace


def _deliver_rows(workspace: Workspace, contract: str, rows: list[dict[str, str]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = deliver(workspace, f"{contract}/planted_20260702.csv", "")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def republished(cli: RunCli, planted: Workspace) -> Workspace:
    """The planted company after a run; later tests find nothing new and run nothing."""
    assert cli("run", "-w", planted.root).exit_code == 0
    return planted


def test_a_bad_row_in_a_big_enough_delivery_is_set_aside_and_the_run_publishes(
    republished: Workspace,
) -> None:
    assert query(
        published_file(republished),
        "select status, reason_code, rows_delivered, rows_loaded, rows_quarantined"
        " from quality.deliveries where file_name like 'crm/%_20260702.csv' order by file_name",
    ) == [("quarantined", "missing_column", 1, 0, 1), ("loaded", None, 33, 32, 1)]
    messages = " ".join(gate for item in last_run(republished).gates for gate in item.messages)
    assert "planted.example" not in messages


def test_no_planted_value_is_anywhere_in_the_published_file(republished: Workspace) -> None:
    folder = republished.current.resolve()
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "restricted.duckdb":
            content = path.read_bytes()
            for value in PLANTED:
                for form in {value, value.lower(), value.upper()}:
                    assert form.encode() not in content, (path.name, form)


def test_no_planted_value_is_in_any_row_of_the_published_file(republished: Workspace) -> None:
    """DuckDB compresses text, so that looking at its bytes alone would prove little."""
    values = [value.lower() for value in PLANTED]
    with duckdb.connect(str(published_file(republished)), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where data_type not in ('BOOLEAN', 'DATE', 'TIMESTAMP', 'DOUBLE')"
        ).fetchall()
        assert len(columns) > 100
        for schema, table, column in columns:
            found = connection.execute(
                f"select count(*) from {schema}.{table} where list_bool_or(list_transform(?,"
                f' value -> contains(lower("{column}"::varchar), value)))',
                [values],
            ).fetchone()
            assert found == (0,), (table, column)


def test_those_who_may_see_them_find_them_in_the_restricted_file(republished: Workspace) -> None:
    file = republished.current / "restricted.duckdb"
    for table in ("dim_customers", "customer_360"):
        assert query(
            file,
            "select email, first_name, last_name, street, postcode, birth_date::varchar"
            f" from marts.{table} where crm_customer_id = 'A77777'",
        ) == [
            tuple(
                CUSTOMER[name]
                for name in ("email", "first_name", "last_name", "street", "postcode", "birth_date")
            )
        ]
    assert query(
        file, "select title, comment from marts.fct_survey_answers where response_id = 'planted-1'"
    ) == [(ANSWER["title"], ANSWER["comment"])]


def test_no_column_that_a_contract_calls_personal_is_in_the_published_file(
    sample_workspace: Workspace,
) -> None:
    contracts = load_contracts(CODE_ROOT / "data_contracts")
    personal = {column.name for item in contracts for column in item.columns if column.pii}
    personal |= {f"{name}_normalised" for name in personal}
    assert {"email", "phone", "first_name", "street", "comment"} <= personal
    found = query(
        published_file(sample_workspace),
        "select distinct column_name from information_schema.columns"
        " where (table_name, column_name) not in"
        " (('dim_stores', 'postcode'), ('check_results', 'subject'))",
    )
    assert personal.isdisjoint({str(name) for (name,) in found})


def test_whatever_a_touch_is_known_by_the_marts_tell_a_key_of_it(
    sample_workspace: Workspace,
) -> None:
    for intermediate, mart, key in (
        ("int_orders_unioned", "fct_orders", "order_id"),
        ("int_interactions_resolved", "fct_interactions", "interaction_id"),
        ("int_survey_answers_resolved", "fct_survey_answers", "response_id"),
    ):
        [(known, told, hashed)] = query(
            sample_workspace.warehouse,
            "select count(known.identity_key), count(told.identity_key),"
            " count(*) filter (told.identity_key like '%_hash:%')"
            f" from intermediate.{intermediate} as known"
            f" inner join marts.{mart} as told using ({key})",
        )
        assert known == told, mart
        assert int(str(hashed)) > 0, mart


def test_a_guest_who_opens_an_account_gets_the_earlier_touches_and_their_key_stays(
    sample_workspace: Workspace, republished: Workspace
) -> None:
    [(order_id, _)] = query(sample_workspace.warehouse, GUEST)
    touches = (
        "select identity_key, customer_id from marts.fct_orders where order_id = ?"
        " union all select identity_key, customer_id from marts.fct_interactions"
        " where order_id = ? and interaction_type = 'order'"
    )
    before = query(published_file(sample_workspace), touches, order_id, order_id)
    after = query(published_file(republished), touches, order_id, order_id)
    customer = query(
        published_file(republished),
        "select customer_id from marts.dim_customers where crm_customer_id = 'A99999'",
    )
    (key, _), *_ = before
    assert str(key).startswith("email_hash:")
    assert before == [(key, None)] * 2
    assert after == [(key, *customer[0])] * 2


def test_the_quarantine_keeps_its_personal_values_in_the_workspace(
    republished: Workspace, tmp_path: Path
) -> None:
    sql = "select count(*) from quarantine.crm_customers where raw_text like '%bad.row@planted%'"
    assert query(republished.warehouse, sql) == [(1,)]
    assert query(
        published_file(republished),
        "select count(*) from duckdb_tables() where schema_name not in ('marts', 'quality')",
    ) == [(0,)]
