"""Contract files to contracts, with an error that names the file and the fault."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

from open_data_contract_standard.model import (
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    Server,
)
from pydantic import ValidationError

from orchestration.config import describe_errors, time_zones
from orchestration.contracts.consents import read_consent_register
from orchestration.contracts.event_plan import EventPlan, read_event_plan
from orchestration.contracts.groups import GROUP_KINDS
from orchestration.contracts.identifiers import KINDS, NO_KIND, can_link
from orchestration.contracts.model import TYPES, Column, Contract, Mode, SqlRule
from orchestration.contracts.policies import read_policies, refuse_misspelt
from orchestration.dialects import Dialect, check_dialect, position_of
from orchestration.edited_files import edited_yaml
from orchestration.errors import ConfigurationError

PROPERTIES = (
    "mode", "clock", "eventAt", "updatedAt", "timeZone", "channel", "linksIdentities",
    "journeyStage", "dataType", "maxBadShare", "onBreach", "eventPlan",
    "consentRegister",
)  # fmt: skip
_DECIMAL = re.compile(r"decimal\(\d+, ?\d+\)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@cache
def load_contracts(root: Path) -> tuple[Contract, ...]:
    """Every contract below `root` (`<source>/<extract>.yml`), ordered by table."""
    paths = sorted(root.glob("*/*.yml"))
    if not paths:
        raise ConfigurationError(f"There is no contract below {root}.")
    return tuple(sorted((read_contract(path) for path in paths), key=lambda item: item.table))


def read_contract(path: Path) -> Contract:
    """Read one ODCS 3.1 contract file."""
    try:
        content = edited_yaml(path.read_text("utf-8"), f"Contract {_short(path)}")
        return _build(path, OpenDataContractStandard(**content))
    except ValidationError as error:
        raise ConfigurationError(
            f"Contract {_short(path)} is no ODCS 3.1 contract: {describe_errors(error)}."
        ) from error
    except TypeError as error:
        raise ConfigurationError(f"Contract {_short(path)} is no mapping of keys.") from error
    except ValueError as error:
        raise ConfigurationError(f"Contract {_short(path)}: {error}.") from error


def _build(path: Path, document: OpenDataContractStandard) -> Contract:
    source, extract = path.parent.name, path.stem
    schema = _only_schema(document, f"{source}_{extract}")
    properties = _properties(document.customProperties)
    server = (document.servers or [Server()])[0]
    columns = tuple(_column(item) for item in schema.properties or [])
    contract = Contract(
        source=source,
        extract=extract,
        name=document.name or f"{source} {extract}",
        version=document.version or "",
        description=schema.description or "",
        owner=_owner(document),
        columns=columns,
        mode=properties.get("mode", "append"),
        dialect=_dialect(server, columns),
        is_clock=bool(properties.get("clock", False)),
        event_at=properties.get("eventAt"),
        updated_at=properties.get("updatedAt"),
        time_zone=properties.get("timeZone", "UTC"),
        max_bad_share=float(properties.get("maxBadShare", 0.05)),
        on_breach=properties.get("onBreach", "quarantine"),
        received_at_pattern=_properties(server.customProperties).get("receivedAt"),
        latency_days=_latency_days(document),
        row_count_band=_row_count_band(schema),
        rules=_rules(schema),
        properties=properties,
        path=path,
        purpose=" ".join(((document.description and document.description.purpose) or "").split()),
        links_identities=bool(properties.get("linksIdentities", False)),
        policies=read_policies(properties),
        blocks_on_row_count=_blocks_on_row_count(schema),
        event_plan=_event_plan(properties.get("eventPlan"), columns, server.format or "csv"),
        consent_register=read_consent_register(
            properties.get("consentRegister"), [column.name for column in columns]
        ),
    )
    _validate(contract, document)
    return contract


def _only_schema(document: OpenDataContractStandard, table: str) -> SchemaObject:
    schemas = document.schema_ or []
    if len(schemas) != 1 or schemas[0].name != table:
        raise ValueError(f"`schema` must hold exactly one table, named `{table}`")
    return schemas[0]


def _column(item: SchemaProperty) -> Column:
    properties = _properties(item.customProperties)
    options = item.logicalTypeOptions or {}
    return Column(
        name=item.name or "",
        type=(item.physicalType or "").lower().replace(", ", ","),
        description=item.description or "",
        is_required=bool(item.required or item.primaryKey),
        is_key=bool(item.primaryKey),
        pii=properties.get("piiType"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        pattern=options.get("pattern"),
        values=tuple(str(entry.value) for entry in item.enum or []),
        path=_json_path(properties.get("path")),
        position=position_of(properties["position"]) if "position" in properties else None,
        identity_kind=properties.get("identityKind"),
        verified_by=properties.get("verifiedBy"),
        ties_identity=bool(properties.get("linksIdentities", True)),
        group_kind=properties.get("groupKind"),
    )


def _json_path(path: str | None) -> str | None:
    """A path of names (`customer.address.city`), or one that begins with `$`, as JSONPath."""
    if path is None or path.startswith("$"):
        return path
    return "$" + "".join(f'."{name}"' for name in path.split("."))


def _dialect(server: Server, columns: tuple[Column, ...]) -> Dialect:
    properties = _properties(server.customProperties)
    return Dialect(
        format=server.format or "csv",
        delimiter=server.delimiter or ",",
        encoding=server.encoding or "utf-8",
        quote=properties.get("quote", '"'),
        escape=properties.get("escape"),
        line_end=properties.get("lineEnd", "newline"),
        multiline=bool(properties.get("multiline", False)),
        skip=int(properties.get("skip", 0)),
        skip_footer=int(properties.get("skipFooter", 0)),
        positions=tuple((c.name, *c.position) for c in columns if c.position),
        sheet=properties.get("sheet"),
    )


def _event_plan(value: Any, columns: tuple[Column, ...], format: str) -> EventPlan | None:
    known = {column.name: (column.is_required, column.values) for column in columns}
    return read_event_plan(value, known, format in ("json", "jsonl"), sorted(TYPES))


def _properties(items: list[CustomProperty] | None) -> dict[str, Any]:
    return {item.property: item.value for item in items or [] if item.property}


def _owner(document: OpenDataContractStandard) -> str:
    team = document.team
    return (team.name or "") if team is not None and not isinstance(team, list) else ""


def _latency_days(document: OpenDataContractStandard) -> float | None:
    days = {"d": 1.0, "day": 1.0, "days": 1.0, "h": 1 / 24, "hour": 1 / 24, "hours": 1 / 24}
    for item in document.slaProperties or []:
        if item.property == "latency":
            return float(item.value or 0) * days.get(item.unit or "d", 1.0)
    return None


def _row_count_band(schema: SchemaObject) -> tuple[float, float] | None:
    for rule in schema.quality or []:
        if rule.metric == "rowCount" and rule.mustBeBetween:
            low, high = rule.mustBeBetween
            return (low, high)
    return None


def _blocks_on_row_count(schema: SchemaObject) -> bool:
    return any(
        rule.metric == "rowCount" and rule.severity == "error" for rule in schema.quality or []
    )


def _rules(schema: SchemaObject) -> tuple[SqlRule, ...]:
    return tuple(
        SqlRule(rule.name or rule.id or f"rule_{number}", rule.query, rule.severity != "warning")
        for number, rule in enumerate(schema.quality or [], start=1)
        if rule.type == "sql" and rule.query
    )


def _validate(contract: Contract, document: OpenDataContractStandard) -> None:
    """Raise ValueError with the first promise that Rapport cannot keep."""
    if document.kind != "DataContract" or not (document.apiVersion or "").startswith("v3."):
        raise ValueError("`kind` must be DataContract and `apiVersion` v3.1.0")
    if not contract.columns:
        raise ValueError("the table has no `properties`")
    if contract.mode not in get_args(Mode):
        raise ValueError(f"`mode` is `{contract.mode}`, it must be append or upsert")
    if contract.mode == "upsert" and not contract.key:
        raise ValueError("an upsert contract needs a column with `primaryKey: true`")
    check_dialect(contract.dialect)
    if contract.time_zone not in time_zones():
        raise ValueError(f"`timeZone` `{contract.time_zone}` is no IANA time zone")
    if contract.on_breach not in ("block", "quarantine", "warn"):
        raise ValueError(f"`onBreach` is `{contract.on_breach}`, not block, quarantine or warn")
    if contract.mode != "append" and "onChangedRow" in contract.properties:
        raise ValueError("`onChangedRow` is for `mode: append`: of an upsert the newest row wins")
    refuse_misspelt(contract.properties, PROPERTIES)
    _validate_columns(contract)


def _validate_columns(contract: Contract) -> None:
    names = [column.name for column in contract.columns]
    for column in contract.columns:
        if not _NAME.fullmatch(column.name) or names.count(column.name) > 1:
            raise ValueError(f"column `{column.name}` must be unique, lower case, a-z 0-9 _")
        if column.type not in TYPES and not _DECIMAL.fullmatch(column.type):
            raise ValueError(f"column `{column.name}` has the unknown type `{column.type}`")
        if not column.description:
            raise ValueError(f"column `{column.name}` has no description")
    for role in ("event_at", "updated_at"):
        name = getattr(contract, role)
        if name and name not in names:
            raise ValueError(f"the {role} column `{name}` is not among the properties")
    needs_event_at = {
        "clock: true": contract.is_clock,
        "lateAfter": contract.policies.late_after_days is not None,
        "freshBy: event": contract.policies.fresh_by == "event",
        "eventPlan": contract.event_plan is not None,
    }
    for promise in needs_event_at if not contract.event_at else ():
        if needs_event_at[promise]:
            raise ValueError(f"a contract with `{promise}` needs `eventAt`")
    _validate_identifiers(contract, names)


def _validate_identifiers(contract: Contract, names: list[str]) -> None:
    for column in contract.columns:
        if column.identity_kind not in (None, NO_KIND, *KINDS):
            raise ValueError(
                f"column `{column.name}` has the `identityKind` `{column.identity_kind}`, not one"
                f" of {', '.join((*KINDS, NO_KIND))}"
            )
        if column.group_kind not in (None, NO_KIND, *GROUP_KINDS):
            raise ValueError(
                f"column `{column.name}` has the `groupKind` `{column.group_kind}`, not one of"
                f" {', '.join((*GROUP_KINDS, NO_KIND))}"
            )
        if column.verified_by and column.verified_by not in names:
            raise ValueError(
                f"column `{column.name}` is `verifiedBy` `{column.verified_by}`, which is not"
                " among the properties"
            )
    if contract.links_identities and not can_link(contract):
        raise ValueError(
            "a contract with `linksIdentities: true` needs two identifiers, or one and a primary"
            " key and names: without them its records tie nothing"
        )


def _short(path: Path) -> str:
    return "/".join(path.parts[-3:])
