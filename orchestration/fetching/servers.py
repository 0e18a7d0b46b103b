"""What is fetched, from where: the further servers of contracts, and those of a company."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestration.config import describe_errors
from orchestration.contracts import Contract
from orchestration.edited_files import edited_yaml
from orchestration.errors import ConfigurationError
from orchestration.fetching.options import (
    NAME,
    ApiServer,
    DatabaseServer,
    FolderServer,
    Options,
    options_of,
)
from orchestration.fetching.quick import company_files, has_more_servers
from orchestration.workspace import Workspace

ABOUT = ("server", "type", "description", "environment", "roles", "id", "customProperties")


@dataclass(frozen=True)
class Server:
    """One place that one contract is fetched from."""

    contract: Contract
    name: str
    options: Options

    @property
    def slug(self) -> str:
        """`<source>/<extract>/<server>`, which is also its folder."""
        return f"{self.contract.slug}/{self.name}"


def servers_of(workspace: Workspace, contracts: Iterable[Contract]) -> list[Server]:
    """Every server to fetch from, by contract and name; one of the company's own files wins."""
    by_slug = {contract.slug: contract for contract in contracts}
    entries: dict[tuple[str, str], Server] = {}
    for contract in by_slug.values():
        for entry in _more_servers(contract):
            server = _server(contract, entry, contract.path)
            entries[contract.slug, server.name] = server
    for path in company_files(workspace):
        slug = f"{path.parent.name}/{path.stem}"
        if slug not in by_slug:
            raise ConfigurationError(f"{_short(path)}: there is no contract {slug}.")
        for entry in _entries(edited_yaml(path.read_text("utf-8"), _short(path)), path):
            server = _server(by_slug[slug], entry, path)
            entries[slug, server.name] = server
    return [entries[key] for key in sorted(entries)]


def chosen(servers: Sequence[Server], targets: Sequence[str]) -> list[Server]:
    """The servers of the contracts that are named, and single servers by their own name."""
    known = {name for server in servers for name in (server.contract.slug, server.slug)}
    if unknown := [target for target in targets if target not in known]:
        there_are = ", ".join(server.slug for server in servers) or "none"
        raise ConfigurationError(
            f"Nothing is fetched for {unknown[0]}: servers to fetch from are {there_are}."
        )
    return [item for item in servers if not targets or {item.contract.slug, item.slug} & {*targets}]


def _more_servers(contract: Contract) -> list[dict[str, Any]]:
    """The servers after the first, which is landing/ itself."""
    if not has_more_servers(contract.text):
        return []
    return list(_entries(edited_yaml(contract.text, _short(contract.path)), contract.path))[1:]


def _entries(document: Any, path: Path) -> Iterator[dict[str, Any]]:
    servers = document.get("servers") if isinstance(document, dict) else None
    if not isinstance(servers, list) or not all(isinstance(item, dict) for item in servers):
        raise ConfigurationError(f"{_short(path)}: `servers` must be a list of servers.")
    yield from servers


def _server(contract: Contract, entry: dict[str, Any], path: Path) -> Server:
    name = str(entry.get("server") or "")
    if not NAME.fullmatch(name) or name == "landing":
        raise ConfigurationError(
            f"{_short(path)}: a server needs a name of its own as `server`, of a-z, 0-9, _ and -."
        )
    try:
        options = options_of(str(entry.get("type")), _given(entry))
        server = Server(contract, name, options)
        _check(server)
    except ValidationError as error:
        raise ConfigurationError(
            f"{_short(path)}: server `{name}`: {describe_errors(error)}."
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"{_short(path)}: server `{name}`: {error}.") from error
    return server


def _given(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of the standard and the custom properties of one server, in one."""
    own = {key: value for key, value in entry.items() if key not in ABOUT}
    for item in entry.get("customProperties") or []:
        if not isinstance(item, dict) or "property" not in item:
            raise ValueError("`customProperties` must be a list of `property` and `value`")
        if item["property"] in own:
            raise ValueError(f"`{item['property']}` is given twice")
        own[str(item["property"])] = item.get("value")
    return own


def _check(server: Server) -> None:
    """Raise ValueError where options do not fit the contract."""
    contract, options = server.contract, server.options
    if isinstance(options, FolderServer):
        return
    known = {column.name for column in contract.columns}
    if unknown := sorted(set(options.columns) - known):
        raise ValueError(f"`columns` names {', '.join(unknown)}, which the contract does not have")
    if isinstance(options, ApiServer):
        return
    removes = options.deletes or options.soft_delete_column
    if removes and contract.mode != "upsert":
        raise ValueError("deleted rows are known to contracts of the mode upsert alone")


def _short(path: Path) -> str:
    return "/".join(path.parts[-4:])


__all__ = ["ApiServer", "DatabaseServer", "FolderServer", "Server"]
