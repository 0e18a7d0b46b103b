"""Whether anything may have to be fetched, told from the files without parsing them.

So a company that fetches nothing pays nothing.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.workspace import CODE_ROOT, Workspace

CONTRACTS = CODE_ROOT / "data_contracts"


def may_fetch(workspace: Workspace) -> bool:
    """Whether a contract or the company names a server beside landing/."""
    return bool(company_files(workspace)) or any(
        has_more_servers(path.read_text("utf-8")) for path in CONTRACTS.glob("*/*.yml")
    )


def company_files(workspace: Workspace) -> list[Path]:
    """The files of servers of a company: `config/servers/<source>/<extract>.yml`."""
    return sorted((workspace.config / "servers").glob("*/*.yml"))


def has_more_servers(text: str) -> bool:
    """Whether a contract may name a server beside landing/."""
    return text.count("server:") > 1
