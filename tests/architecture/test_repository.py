"""What must not lie in the repository, and what the lock must hold."""

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LONGEST, TESTS

LEFT_OUT = {
    *(".git", ".venv", "build", "dist", "node_modules", "wheelhouse", "workspace"),
    *("__pycache__", ".hypothesis", ".idea", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *(".import_linter_cache", ".vscode", "logs", "target"),
}
BINARY = {".duckdb", ".gz", ".ico", ".parquet", ".png", ".wal", ".whl", ".zip", ".zst"}
STATE = {".duckdb", ".joblib", ".pickle", ".pkl", ".wal"}
SERIALISERS = {"cloudpickle", "dill", "joblib", "pickle", "shelve"}
MACHINE_PATH = re.compile(
    r"(?<![\w./:~$})\]])/(?:home|root|Users|mnt|opt|srv|tmp|var|work)/\w|\b[A-Z]:\\\w"
)
REGISTRY = re.compile(
    r"(?:--(?:extra-)?index-url|index-url|find-links)[ =]+\S*(?:https?|file):|"
    r"https?://\S*(?:pypi|pythonhosted|npmjs|artifactory)\S*",
    re.IGNORECASE,
)
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|"
    r"\bxox[abprs]-[\w-]{10,}|\b(?:password|passwd|secret|api_key|token)\s*[:=]\s*"
    r"[\"'][^\"'{}$<>\s]{8,}[\"']",
    re.IGNORECASE,
)


def repository_files(root: Path) -> Iterator[Path]:
    """Every file that belongs to the repository, without asking git."""
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in LEFT_OUT and not f.endswith(".egg-info")]
        yield from (Path(folder, name) for name in sorted(names))


def lines(root: Path) -> Iterator[tuple[str, str]]:
    """Place and text of every line of every text file but this one."""
    for path in repository_files(root):
        if path.suffix in BINARY or path == Path(__file__).resolve() or path.stat().st_size > 10**6:
            continue
        name = path.relative_to(root).as_posix()
        text = path.read_text("utf-8", errors="replace")
        yield from ((f"{name}:{n}", line) for n, line in enumerate(text.splitlines(), 1))


def places(root: Path, pattern: re.Pattern[str]) -> list[str]:
    hits = ((place, pattern.search(line)) for place, line in lines(root))
    return [f"{place}: {hit.group(0)}" for place, hit in hits if hit]


def serialisers_imported(root: Path) -> list[str]:
    """Modules that import a serialiser which runs code when it reads."""
    found = []
    for path in repository_files(root):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found += [
                f"{path.relative_to(root).as_posix()} imports {name}"
                for name in names
                if name.split(".")[0] in SERIALISERS
            ]
    return found


def locked(text: str) -> dict[str, str]:
    """Package to version of a lock file."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_no_file_names_a_path_of_one_machine(root):
    assert not places(root, MACHINE_PATH), "\n".join(places(root, MACHINE_PATH))


def test_no_file_names_a_package_registry(root):
    assert not places(root, REGISTRY), "\n".join(places(root, REGISTRY))


def test_no_file_holds_a_secret(root):
    assert not places(root, SECRET), "\n".join(places(root, SECRET))


def test_no_state_lies_in_the_repository(root):
    assert [str(path) for path in repository_files(root) if path.suffix in STATE] == []


def test_nothing_is_pickled(root):
    assert serialisers_imported(root) == []


def test_the_tests_that_begin_first_are_there():
    assert [name for name in LONGEST if not (TESTS / name).exists()] == []


def test_the_lock_is_hashed_and_names_no_index(root):
    text = (root / "requirements.lock").read_text("utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"https?:|file:|index-url|find-links|@ |(?<!\w)/\w", text)


def test_the_lock_holds_every_pin_of_the_project(root):
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    held = locked((root / "requirements.lock").read_text("utf-8"))
    for requirement in wanted:
        name, _, version = re.match(r"([\w-]+)(==)?([\w.]+)?", requirement).groups()
        assert name.lower() in held, f"make lock: {name}"
        assert version in (None, held[name.lower()]), f"make lock: {requirement}"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "data = '/home/" + "ada/extracts'"),
        (MACHINE_PATH, "see /Users/" + "ada/x"),
        (MACHINE_PATH, "C:" + "\\data"),
        (REGISTRY, "--index-url https" + "://pypi.example/simple"),
        (REGISTRY, "https" + "://files.pythonhosted.org/packages/x.whl"),
        (SECRET, "password = '" + "correct-horse'"),
        (SECRET, "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ],
)
def test_a_planted_line_is_found(pattern, text, tmp_path):
    (tmp_path / "notes.md").write_text(f"fine\n{text}\n")
    assert [place.split(": ")[0] for place in places(tmp_path, pattern)] == ["notes.md:2"]


@pytest.mark.parametrize(
    "text",
    [
        "landing/home/x",
        "`config/home/`",
        "https://example.org/home/page",
        "password: str",
        "./tmp/x",
    ],
)
def test_a_harmless_line_is_left_alone(text, tmp_path):
    (tmp_path / "notes.md").write_text(text)
    assert [hit for p in (MACHINE_PATH, REGISTRY, SECRET) for hit in places(tmp_path, p)] == []


def test_a_planted_pickle_is_found(tmp_path):
    (tmp_path / "a.py").write_text("from pickle import loads\n")
    (tmp_path / "b.py").write_text("import joblib.memory as m\n")
    assert serialisers_imported(tmp_path) == ["a.py imports pickle", "b.py imports joblib.memory"]
