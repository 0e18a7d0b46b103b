"""Hostile places, names and values: no effect, a clear refusal, or plain text in a row."""

from __future__ import annotations

import json
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.cli.run import progress
from orchestration.config import FeedFile
from orchestration.runs.fingerprint import fingerprint
from orchestration.runs.session import LISTENER
from tests.conftest import RunCli
from tests.orchestration.loading.company import HEADER, Company
from tests.orchestration.loading.conftest import CompanyMaker

LINE, GOOD = "t1,1,a,2026-01-02\n", "t0,0,good,2026-01-02\n"
JSON_LINES = {"server": {"format": "jsonl"}}
DEPTH = 10_000
Row = dict[str, Any]


def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text(HEADER + LINE, "utf-8")
    return folder


def link_to_a_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "linked").symlink_to(outside(tmp_path))


def link_to_itself(folder: Path, tmp_path: Path) -> None:
    (folder / "loop").symlink_to(folder)


def device(folder: Path, tmp_path: Path) -> None:
    try:
        os.mknod(folder / "zero.csv", 0o020600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


def plug(folder: Path, tmp_path: Path) -> None:
    place = Path.cwd()
    os.chdir(folder)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as found:
            found.bind("socket.csv")
    finally:
        os.chdir(place)


def unreadable(folder: Path, tmp_path: Path) -> None:
    path = folder / "unreadable.csv"
    path.write_text(HEADER + LINE, "utf-8")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root reads everything")


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (link_to_a_folder, "it is a link"),
        (link_to_itself, "it is a link"),
        (device, "it is no regular file"),
        (plug, "it cannot be opened"),
        (unreadable, "it cannot be opened: Permission denied"),
    ],
)
def test_what_is_no_file_is_refused_and_its_neighbour_is_loaded(
    company: Company, tmp_path: Path, plant: Callable[[Path, Path], None], told: str
) -> None:
    plant(company.drop_things(GOOD).parent, tmp_path)
    company.load()
    assert [row[0] for row in company.things()] == ["t0"]
    assert sorted(row[1] or "" for row in company.deliveries()) == ["", "no_file"]
    assert told in company.reasons()


def test_a_folder_of_landing_that_is_a_link_is_not_followed(
    company: Company, tmp_path: Path
) -> None:
    landing = company.workspace.landing
    (landing / "shop").mkdir(parents=True)
    (landing / "shop" / "things").symlink_to(outside(tmp_path))
    company.load()
    assert company.things() == []
    assert "its folder is a link" in company.reasons()
    assert list(company.workspace.archive.glob("[0-9a-f]*")) == []


def test_landing_itself_may_lie_elsewhere(company: Company, tmp_path: Path) -> None:
    company.workspace.landing.rmdir()
    (tmp_path / "elsewhere").mkdir()
    company.workspace.landing.symlink_to(tmp_path / "elsewhere")
    company.drop_things(LINE)
    company.load()
    assert company.deliveries() == [("loaded", None, 1, 1, 0)]


def test_a_name_that_is_no_text_is_refused_and_read_by_nobody(company: Company) -> None:
    folder = company.drop_things(GOOD).parent
    for place in (folder, company.workspace.landing):
        with open(os.fsencode(place) + b"/\xff\xfe.csv", "w") as file:
            file.write(HEADER + LINE)
    company.load()
    assert [row[0] for row in company.things()] == ["t0"]
    assert "its name is not written in UTF-8" in company.reasons()
    assert company.arrivals.unclaimed == ["\ufffd\ufffd.csv"]
    assert len(fingerprint(company.workspace)) == 20


@pytest.mark.parametrize(
    "name",
    [
        "a" * 251 + ".csv",
        "é" * 125 + ".csv",
        "\u202ecsv.exe",
        "$(id).csv",
        "[/x].csv",
        "a;b`c`.csv",
    ],
)
def test_a_long_or_odd_name_is_only_a_name(company: Company, name: str) -> None:
    company.drop(f"shop/things/{name}", HEADER + LINE)
    company.load()
    assert company.rows("select file_name from quality.deliveries where status = 'loaded'") == [
        (f"shop/things/{name}",)
    ]


@pytest.mark.parametrize("path", ["../secrets/*.csv", "a/../../b.csv", "/etc/passwd"])
def test_a_feed_cannot_leave_landing(path: str) -> None:
    with pytest.raises(ValidationError, match=r"without `\.\.`"):
        FeedFile(path=path)


@pytest.mark.parametrize("files", [1, 2])
def test_columns_that_differ_in_case_alone_are_refused(company: Company, files: int) -> None:
    for number in range(files):
        text = f"thing_id,Thing_ID,seen_at\nt{number},x,2026-01-02\n"
        company.drop(f"shop/things/{number}.csv", text)
    company.load()
    assert company.deliveries() == [("quarantined", "header", 1, 0, 1)] * files
    assert "columns differ in case alone: thing_id, Thing_ID" in company.reasons()


def test_long_and_many_column_names_are_kept_and_told_in_short(company: Company) -> None:
    names = ["x" * 10_000, *(f"c{number:03}" for number in range(30))]
    header = ",".join(["thing_id", "seen_at", *names])
    company.drop("shop/things/1.csv", f"{header}\nt1,2026-01-02,{','.join('v' for _ in names)}\n")
    company.load()
    [(extra,)] = company.rows("select _extra from raw.shop_things")
    assert json.loads(extra) == dict.fromkeys(names, "v")
    assert len(company.reasons()) < 400
    assert "and 11 more" in company.reasons()


@pytest.mark.parametrize(
    "more",
    [
        {"": "v"},
        {"*": "v"},
        {"$.a[*]": "v", "a.b": "w", "a/b": "x", "a~b": "y"},
        {"Xa": "first", "xA": "second"},
        {"Note": "another", "note": "mine"},
        {"_row_number": "7", "_line": "l", "line": "m", "found": "n", "_reason": "o", "_path": "p"},
        {'a"; drop table raw.shop_things; --': "v"},
        {"\x1b[2J\u202e": "v"},
        {f"key {number}": "v" for number in range(1500)},
    ],
    ids=["empty", "star", "paths", "twins", "twin", "own", "sql", "escape", "many"],
)
def test_keys_of_json_are_kept_whatever_they_are_called(
    make_company: CompanyMaker, more: Row
) -> None:
    company = make_company(**JSON_LINES)
    row = {"thing_id": "t1", "seen_at": "2026-01-02"} | more
    company.drop("shop/things/1.jsonl", json.dumps(row))
    company.load()
    [(note, extra)] = company.rows("select note, _extra from raw.shop_things")
    assert (json.loads(extra) | ({"note": note} if note else {})) == more
    assert not {"\x1b", "\u202e"} & set(company.reasons())


def test_a_key_with_a_nul_is_refused(make_company: CompanyMaker) -> None:
    company = make_company(**JSON_LINES)
    row = {"thing_id": "t1", "seen_at": "2026-01-02", "a\0b": "v"}
    company.drop("shop/things/1.jsonl", json.dumps(row))
    company.load()
    assert company.deliveries() == [("quarantined", "json", 1, 0, 1)]
    assert "a key in it holds a NUL character" in company.reasons()


@pytest.mark.parametrize(
    ("value", "is_loaded"),
    [
        ("[" * DEPTH + "]" * DEPTH, True),
        ('{"a":' * DEPTH + "1" + "}" * DEPTH, True),
        ("[" * DEPTH, False),
        ('"a", "note": "b"', True),  # the key twice
        ('"a", "amount": 1e400', False),
        ('"a", "amount": ' + "9" * DEPTH, False),
        ('"a", "amount": NaN', False),
        ('"\\ud800"', False),  # half of a character
    ],
    ids=["lists", "objects", "unclosed", "twice", "exponent", "digits", "nan", "surrogate"],
)
def test_json_that_is_meant_to_break_a_reader_costs_nothing(
    make_company: CompanyMaker, value: str, is_loaded: bool
) -> None:
    company = make_company(maxBadShare=1, **JSON_LINES)
    start = '{"thing_id": "t1", "seen_at": "2026-01-02", "note": '
    company.drop("shop/things/1.jsonl", f"{start}{value}}}\n")
    before = resource.getrusage(resource.RUSAGE_SELF)
    company.load()
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert company.deliveries() == [("loaded", None, 1, int(is_loaded), int(not is_loaded))]
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    assert after.ru_maxrss - before.ru_maxrss < 500 << 10


@pytest.mark.parametrize("value", ["\x1b[2J\x07", "\u202eabc", "=cmd|' /C calc'!A0", "\x01\x02"])
def test_odd_text_in_a_value_is_loaded_as_it_is(company: Company, value: str) -> None:
    company.drop_things(f"t1,1,{value},2026-01-02\n")
    company.load()
    assert [row[2] for row in company.things()] == [value]


@pytest.mark.parametrize("number", ["9" * 5000, "1e400", "-" + "9" * 40, "0x1F"])
def test_a_number_that_is_none_is_set_aside(company: Company, number: str) -> None:
    company.drop_things(f"t1,{number},a,2026-01-02\n{GOOD}")
    company.load()
    assert [row[0] for row in company.things()] == ["t0"]
    assert [row[0] for row in company.quarantined()] == [1]


def test_nothing_from_a_file_steers_the_terminal(company: Company, cli: RunCli) -> None:
    value = "\x1b]0;owned\x07\x1b[2J\u202e[/red][bold]"
    company.drop(
        "shop/things/\x1b[31m[/red]\u202e.csv", HEADER + f"t1,x{value},a,2026-01-02\n" + GOOD
    )
    company.load()
    shown = cli("quarantine", "show", "shop/things", "-w", company.root)
    listed = cli("quarantine", "list", "-w", company.root)
    assert (shown.exit_code, listed.exit_code) == (0, 0)
    assert "[/red][bold]" in shown.out
    assert "[31m[/red]" in listed.out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown.out + listed.out)


def test_progress_takes_any_file_name() -> None:
    with progress(quiet=False):
        listen = LISTENER.get()
        assert listen is not None
        listen("Load", "shop/things: [/red].csv")
