"""A process that has imported everything, and forks a child for each command it is given.

A child is killed where it is told: a run that is forked costs a third of one that starts anew, so
that many can be killed. Requests and answers are lines of JSON on stdin and stdout.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.chmod")
NOT_OURS = ("dagster", "dbt")


class Moments:
    """Counts what changes the workspace, and kills its own process at one of these moments."""

    def __init__(self, root: Path, fatal: int | None, log: Path) -> None:
        self.root, self.fatal, self.log, self.found = root, fatal, log, 0

    def watch(self) -> None:
        sys.addaudithook(self._audit)

    def note(self, what: str) -> None:
        if self.found == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.found += 1
        if self.fatal is None:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(what + "\n")

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        is_write = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        if not is_write and event not in CHANGES:
            return
        for name in arguments[: 2 if event in ("os.rename", "os.symlink") else 1]:
            if isinstance(name, (str, bytes, os.PathLike)):
                path = Path(os.fsdecode(name))
                if path.is_relative_to(self.root):
                    place = path.relative_to(self.root)
                    if place.parts[:1] not in [(part,) for part in NOT_OURS]:
                        self.note(f"{event} {place.as_posix()}")
                        return


class Watched:
    """A DuckDB connection of which every statement is a moment."""

    def __init__(self, connection: Any, moments: Moments) -> None:
        self._connection, self._moments = connection, moments

    def execute(self, sql: str, *rest: Any) -> Any:
        self._moments.note(" ".join(str(sql).split())[:100])
        return self._connection.execute(sql, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _watch_statements(moments: Moments) -> None:
    import duckdb

    connect = duckdb.connect
    duckdb.connect = lambda *given, **named: Watched(connect(*given, **named), moments)


def _watch_steps(fatal: int, log: Path) -> None:
    from orchestration.runs.session import LISTENER

    begun: list[str] = []

    def listen(step: str, message: str) -> None:
        if message:
            return
        if len(begun) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        begun.append(step)
        log.write_text("\n".join(begun) + "\n", "utf-8")

    LISTENER.set(listen)


def _call(request: dict[str, Any]) -> int:
    module, _, name = request["call"].partition(":")
    return int(getattr(importlib.import_module(module), name)(*request["arguments"]) or 0)


def _live(request: dict[str, Any], output: Path, log: Path) -> int:
    """The child: prepare its death, then do what is asked."""
    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT), 1)
    os.dup2(1, 2)
    if "step" in request:
        _watch_steps(request["step"], log)
    if "moment" in request:
        moments = Moments(Path(request["root"]), request["moment"], log)
        moments.watch()
        if request.get("statements"):
            _watch_statements(moments)
    return _outcome(request, sys.stdout)


def _outcome(request: dict[str, Any], output: TextIO) -> int:
    try:
        return _call(request)
    except BaseException:
        traceback.print_exc(file=output)
        return 99


def _cpu_clock(pid: int) -> int:
    """Linux's clock of the CPU time of another process."""
    return (~pid << 3) | 2


def _wait(pid: int, cpu: float | None) -> tuple[int, float]:
    """Wait for a child, killed when it has used so many CPU seconds; (status, CPU seconds)."""
    while cpu is not None:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        with contextlib.suppress(OSError):
            if time.clock_gettime(_cpu_clock(pid)) >= cpu:
                os.kill(pid, signal.SIGKILL)
                break
        time.sleep(0.002)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        output, log = Path(folder) / "output", Path(folder) / "log"
        for path in (output, log):
            path.touch()
        if request.get("here"):
            # warms the process up: what this run imports and parses, each child finds done
            with output.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
                began = time.process_time()
                code = _outcome(request, file)
                cpu = time.process_time() - began
        else:
            # a child must not collect what has threads in this process
            gc.collect()
            gc.freeze()
            pid = os.fork()
            if pid == 0:
                code = _live(request, output, log)
                sys.stdout.flush()
                os._exit(code)
            code, cpu = _wait(pid, request.get("cpu"))
        return {
            "code": code,
            "cpu": cpu,
            "output": output.read_text("utf-8", "replace"),
            "log": log.read_text("utf-8").splitlines(),
        }


def serve() -> None:
    """Answer requests until stdin ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
