"""The documentation tells what is there, and its examples run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.main import get_command

from orchestration.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("data_contracts", "dbt_project", "examples", "ml", "orchestration", "simulation")
FILE = re.compile(r"^<!-- file: (?P<name>\S+) -->\n```\w*\n(?P<text>.*?)^```$", re.M | re.S)
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#)([^)#\s]+)(?:#[^)\s]*)?\)")
COMMAND = re.compile(r"(?:`|^|/bin/)rapport +(?!-)([\w-]+)", re.M)
OPTION = re.compile(
    r"(?:`|^|/bin/)rapport +(?P<command>init|run|simulate|score|status|sql|as-of|rollback)"
    r" (?P<rest>.*)"
)
DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", *(ROOT / part for part in PARTS))
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def files_in(document: Path) -> dict[str, str]:
    """The files that a document shows whole, by the name it gives them."""
    return {found["name"]: found["text"] for found in FILE.finditer(document.read_text("utf-8"))}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Documented:
    """What became of the files that the documents show."""

    code: Path
    acme: Path

    @property
    def working_file(self) -> Path:
        return self.acme / "warehouse" / "warehouse.duckdb"

    @property
    def published_file(self) -> Path:
        return self.acme / "published" / "current" / "warehouse.duckdb"


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Documented:
    """A copy of the code with the source of add_a_source.md, and README's company run with it.

    One run for both documents: most of a small run is importing. A blank in the path of the copy
    is no accident.
    """
    root = tmp_path_factory.mktemp("documented")
    made = Documented(root / "a copy", root / "acme")
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "*.generated.yml", "target", "logs")
        shutil.copytree(ROOT / part, made.code / part, ignore=ignored)
    source = files_in(ROOT / "docs" / "add_a_source.md")
    deliveries = {name: text for name, text in source.items() if name.startswith("landing/")}
    write(made.code, {name: source[name] for name in source if name not in deliveries})
    rapport(made.code, "init", "--workspace", made.acme)
    write(made.acme, deliveries)
    write(root, files_in(ROOT / "README.md"))
    rapport(made.code, "run", "--workspace", made.acme)
    return made


def rapport(code: Path, *arguments: object) -> None:
    """Run a command of the copied code in a process of its own."""
    command = [sys.executable, "-m", "orchestration.cli.main", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(code)}
    done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def test_a_source_is_one_contract_and_one_staging_model(documented: Documented) -> None:
    shown = sorted(files_in(ROOT / "docs" / "add_a_source.md"))
    assert shown == [
        "data_contracts/support/tickets.yml",
        "dbt_project/models/staging/support/stg_support__tickets.sql",
        "dbt_project/models/staging/support/stg_support__tickets.yml",
        "landing/support/tickets/tickets_2026-06-30.csv",
    ]
    warehouse = documented.working_file
    assert rows(
        warehouse,
        "select ticket_id, email_normalised, opened_at::varchar from raw.support_tickets"
        " order by _row_number",
    ) == [
        ("T1", "ada@example.com", "2026-06-28 07:00:00"),
        ("T1", "ada@example.com", "2026-06-28 07:00:00"),
        ("T2", None, "2026-06-29 08:00:00"),
    ]
    assert rows(
        warehouse, "select reason, raw_text like '%weather%' from quarantine.support_tickets"
    ) == [("topic: not among the agreed values", True)]
    assert rows(
        warehouse,
        "select ticket_id, support_customer_id, wait_hours, business_date::varchar"
        " from staging.stg_support__tickets order by ticket_id",
    ) == [("T1", "K1", 5.5, "2026-06-28"), ("T2", None, 2.0, "2026-06-29")]
    assert rows(
        warehouse, "select 1 from identity.customer_keys where identity_key = 'account_id:K1'"
    )
    published = documented.published_file
    assert rows(
        published,
        "select rows_delivered, rows_loaded, rows_quarantined from quality.deliveries"
        " where contract = 'support/tickets'",
    ) == [(4, 3, 1)]
    checked = {
        str(name)
        for (name,) in rows(
            published,
            "select check_name from quality.check_results"
            " where subject = 'raw.support_tickets' and gate = 'raw' and is_passed",
        )
    }
    assert {"deliveries_add_up", "column_values_to_not_be_null_ticket_id"} <= checked
    generated = documented.code / "dbt_project/models/staging/_sources.generated.yml"
    sources = yaml.safe_load(generated.read_text("utf-8"))["sources"]
    assert "tickets" in {t["name"] for s in sources if s["name"] == "support" for t in s["tables"]}


def test_the_code_base_itself_was_not_touched() -> None:
    assert not (ROOT / "data_contracts" / "support").exists()
    assert not (ROOT / "dbt_project" / "models" / "staging" / "support").exists()


def test_the_readmes_own_data_run_as_they_stand(documented: Documented) -> None:
    published = documented.published_file
    assert rows(
        published,
        "select order_count, net_revenue_amount::varchar, lifecycle_stage"
        " from marts.customer_360 order by net_revenue_amount desc",
    ) == [(2, "80.0000", "new"), (1, "12.0000", "new"), (0, "0.0000", "prospect")]
    assert rows(
        published, "select max(ordered_at)::varchar from marts.fct_orders where is_valid"
    ) == [("2026-03-28 22:30:00",)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text("utf-8"))
    dead = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_and_option_named_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {name for name in COMMAND.findall(text) if name not in commands} == set()
    assert [*_unknown_options(text)] == []


def _unknown_options(text: str) -> Iterator[str]:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for found in OPTION.finditer(text):
        known = {option for item in commands[found["command"]].params for option in item.opts}
        rest = re.split(r"[`\"|>]", found["rest"])[0]
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
            if option not in known:
                yield f"rapport {found['command']} {option}"


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert [name for name in commands if f"## rapport {name}\n" not in text] == []
    for name, command in commands.items():
        options = {opt for item in command.params for opt in item.opts if opt.startswith("--")}
        assert sorted(opt for opt in options if opt not in text) == [], name


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:`|^|1 )make ([a-z-]+)", document.read_text("utf-8"), re.M)
    }
    assert named <= targets
