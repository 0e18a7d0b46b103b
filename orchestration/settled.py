"""What need not be done again while the version of what it was done for stands."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import duckdb

from orchestration.sql import insert_rows

RAW_VERSIONS = """
    select contract, md5(string_agg(delivery_id || ' ' || run_id, ',' order by delivery_id))
    from quality.deliveries where status = 'loaded' group by contract
"""


def raw_versions(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """For each contract with rows, what its raw table was loaded from, as one short text.

    It follows from the manifest alone: deliveries that are withdrawn, superseded or loaded anew
    change it, and taking a bad delivery out again gives the version from before.
    """
    return dict(connection.execute(RAW_VERSIONS).fetchall())


@dataclass(frozen=True)
class Done:
    """One thing that was done, for which version, and what came of it."""

    version: str
    run_id: str
    detail: str


@dataclass
class Settled:
    """The part of `quality.settled` about one kind of work."""

    connection: duckdb.DuckDBPyConnection
    kind: str
    done: dict[str, Done] = field(default_factory=dict)
    _noted: list[tuple[object, ...]] = field(default_factory=list)

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection, kind: str) -> Settled:
        """Everything known of a kind of work."""
        rows = connection.execute(
            "select subject, version, run_id, detail from quality.settled where kind = ?", [kind]
        ).fetchall()
        return cls(connection, kind, {subject: Done(*rest) for subject, *rest in rows})

    def find(self, subject: str, version: str) -> Done | None:
        """What was done for exactly this version, if anything."""
        done = self.done.get(subject)
        return done if done and done.version == _short(version) else None

    def note(self, subject: str, version: str, run_id: str, detail: str = "") -> Done:
        """Note that it was done; `write` makes it lasting."""
        done = Done(_short(version), run_id, detail)
        self._noted.append((self.kind, subject, done.version, run_id, detail))
        return done

    def write(self) -> None:
        """Insert everything noted, within the transaction of the caller if there is one."""
        insert_rows(self.connection, "quality.settled", self._noted, or_replace=True)
        self._noted = []


def _short(version: str) -> str:
    return hashlib.sha256(version.encode()).hexdigest()[:20]
