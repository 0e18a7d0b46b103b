"""Contract rules as SQL: each value cast with a reason where it breaks the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestration.contracts import Column, Contract
from orchestration.sql import identifier, literal

TEXT = "VARCHAR"
DELETED = "_deleted"
WITH_OFFSET = r":[0-9.]+\s*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
TITLES = "^(mr|mrs|ms|miss|dr|prof|herr|frau|sir)[.]? +"
NUL_ESCAPE = r"\u0000"
NUL_IN_JSON = r"(^|[^\\])(\\\\)*\\u0000"


@dataclass(frozen=True)
class Source:
    """The relation that rows come from: its columns with their DuckDB types.

    `extra` are the columns that the contract does not know, each with its name in the relation.
    """

    relation: str
    types: Mapping[str, str]
    extra: Mapping[str, str] = field(default_factory=dict)
    is_json: bool = False
    is_parquet: bool = False

    @property
    def has_tombstones(self) -> bool:
        """Whether rows may say that their key exists no more."""
        return DELETED in self.types and DELETED not in self.extra

    @property
    def is_deleted(self) -> str:
        """SQL for whether a row says so."""
        return "coalesce(_cast_deleted, false)" if self.has_tombstones else "false"


@dataclass(frozen=True)
class Origin:
    """SQL for where a row comes from: its delivery, and when that was received."""

    delivery_id: str
    received_at: str


def known_columns(contract: Contract) -> set[str]:
    """The columns that a delivery may bring; of an upsert contract also the mark of a tombstone."""
    marks = {DELETED} if contract.mode == "upsert" else set()
    return {column.name for column in contract.columns} | marks


def batch_sql(contract: Contract, source: Source, origin: Origin, time_zone: str) -> str:
    """A select of typed columns, those of its origin, `_extra`, `_reason` and `_raw_text`."""
    present = [column for column in contract.columns if column.name in source.types]
    inner = ["_row_number", f"{origin.delivery_id} as _delivery_id"]
    inner += [
        f"{origin.received_at} as _received_at",
        *(f"{identifier(c.name)} as {_raw(c)}" for c in present),
    ]
    inner += [f"{_typed(c, source.types[c.name], time_zone)} as {_cast(c)}" for c in present]
    inner += [f"{_extra(source.extra)} as _extra"]
    inner += ["_line", "_is_json"] if source.is_json else []
    if source.has_tombstones:
        given = f"nullif(trim(cast({DELETED} as varchar)), '')"
        inner += [f"{given} as _raw_deleted", f"try_cast({given} as boolean) as _cast_deleted"]
    carried = ["_row_number", "_delivery_id", "_received_at", "_extra"]
    deleted = f"{source.is_deleted} as _is_deleted"
    outer = [
        *carried,
        deleted,
        *_outputs(contract, source),
        f"{_reasons(contract, source)} as _reason",
    ]
    names = [name for name in contract.raw_columns if not name.startswith("_")]
    wanted = [*carried, "_is_deleted", "_reason", *map(identifier, names)]
    return (
        f"select {', '.join(wanted)},"
        f" case when _reason is not null then {_raw_text(present, source)} end as _raw_text"
        f" from (select {', '.join(outer)}, {_kept(present, source)}"
        f" from (select {', '.join(inner)} from {source.relation}))"
    )


def _kept(present: Sequence[Column], source: Source) -> str:
    names = [_raw(column) for column in present] + (["_line"] if source.is_json else [])
    names += ["_raw_deleted"] if source.has_tombstones else []
    return ", ".join(names)


def _outputs(contract: Contract, source: Source) -> list[str]:
    """Each column of the contract under its own name, missing ones as null."""
    outputs = []
    for column in contract.columns:
        is_present = column.name in source.types
        value = _cast(column) if is_present else f"cast(null as {column.type})"
        outputs.append(f"{value} as {identifier(column.name)}")
        if column.normalised_name:
            normal = _normalised(column) if is_present else "cast(null as varchar)"
            outputs.append(f"{normal} as {identifier(column.normalised_name)}")
    return outputs


def _typed(column: Column, given: str, time_zone: str) -> str:
    name = identifier(column.name)
    if given == TEXT:
        return _from_text(column, name, time_zone)
    if column.type == "timestamp":
        return _from_timestamp(name, given, time_zone)
    if column.type in ("bigint", "integer") and given in ("DOUBLE", "FLOAT"):
        return f"case when {name} = round({name}) then try_cast({name} as {column.type}) end"
    return f"try_cast({name} as {column.type})"


def _from_text(column: Column, text: str, time_zone: str) -> str:
    """A value of the column's type, or null; what costs much is asked of unusual texts only."""
    if column.type == "varchar":
        return f"nullif({text}, '')"
    cast = _cast_text(text, column.type)
    as_written = f"cast({cast} as varchar) = {text}"
    if column.type == "timestamp":
        with_offset = f"try_cast(trim({text}) as timestamptz) at time zone 'UTC'"
        naive = _in_utc(cast, time_zone)
        has_offset = f"regexp_matches(trim({text}), {literal(WITH_OFFSET)})"
        return (
            f"case when {as_written} then {naive} when {has_offset} then {with_offset}"
            f" else {naive} end"
        )
    if column.type in ("bigint", "integer"):
        is_whole = f"regexp_full_match(trim({text}), '[+-]?[0-9]+')"
        return f"case when {as_written} or {is_whole} then {cast} end"
    if column.type == "double":
        return f"case when isfinite({cast}) then {cast} end"
    return cast


def _cast_text(text: str, type_: str) -> str:
    """Blanks of any kind around a value do not count; trimming is left to where it matters."""
    trimmed, direct = (f"try_cast({value} as {type_})" for value in (f"trim({text})", text))
    either = f"coalesce({direct}, {trimmed})"
    if type_.startswith("decimal"):  # DuckDB takes `4e ` for a decimal, though not `4e`
        return f"case when contains({text}, ' ') then {trimmed} else {either} end"
    return either


def _from_timestamp(name: str, given: str, time_zone: str) -> str:
    if given == "TIMESTAMP WITH TIME ZONE":
        return f"{name} at time zone 'UTC'"
    return _in_utc(f"try_cast({name} as timestamp)", time_zone)


def _in_utc(value: str, time_zone: str) -> str:
    """A naive local time as UTC; of an ambiguous hour the first (DuckDB takes the second)."""
    if time_zone == "UTC":
        return value
    zone = literal(time_zone)
    second = f"({value} at time zone {zone})"
    first = f"(({value} - interval 1 hour) at time zone {zone} + interval 1 hour)"
    return f"least({second}, {first}) at time zone 'UTC'"


def _normalised(column: Column) -> str:
    value = _cast(column)
    if column.pii == "email":
        return f"nullif(lower(trim({value})), '')"
    if column.pii == "postcode":
        return f"nullif(upper(regexp_replace({value}, '[^0-9A-Za-z]', '', 'g')), '')"
    if column.pii == "name":
        plain = f"lower(strip_accents(trim({value})))"
        return f"nullif(regexp_replace({plain}, {literal(TITLES)}, ''), '')"
    return f"normalise_phone({value})"


def _reasons(contract: Contract, source: Source) -> str:
    checks = [check for column in contract.columns for check in _checks(column, source)]
    if source.is_json:
        checks.insert(0, ("not _is_json", "the line is no JSON object"))
        escaped = f"contains(_line, {literal(NUL_ESCAPE)})"  # looked for first, since it is cheap
        is_nul = f"{escaped} and regexp_matches(_line, {literal(NUL_IN_JSON)})"
        checks.append((is_nul, "a value holds a NUL character"))
    if source.has_tombstones:
        is_no_mark = "_raw_deleted is not null and _cast_deleted is null"
        checks.append((is_no_mark, f"{DELETED}: not a boolean"))
    if source.is_parquet:  # a text with one is refused whole
        texts = [c.name for c in contract.columns if source.types.get(c.name) == TEXT]
        checks += [
            (f"contains({identifier('_raw_' + name)}, chr(0))", f"{name}: holds a NUL character")
            for name in texts
        ]
    checks += _time_checks(contract) if contract.event_at in source.types else []
    if not checks:
        return "cast(null as varchar)"
    is_bad = " or ".join(f"({condition})" for condition, _ in checks)
    cases = ", ".join(
        f"case when {condition} then {literal(text)} end" for condition, text in checks
    )
    return f"case when {is_bad} then concat_ws('; ', {cases}) end"


def _time_checks(contract: Contract) -> list[tuple[str, str]]:
    """What an event later than its receipt breaks, or one that comes too late."""
    name, policies = str(contract.event_at), contract.policies
    event = _cast(contract.column(name))
    future = f"{event} > _received_at + interval {policies.future_seconds} second"
    checks = [(future, f"{name}: later than its receipt")]
    if policies.late_seconds is not None and policies.on_late == "quarantine":
        late = f"{event} < _received_at - interval {policies.late_seconds} second"
        told = f"late: {name} is more than {policies.late_after_days:g} days before its receipt"
        checks.append((late, told))
    return checks


def _checks(column: Column, source: Source) -> list[tuple[str, str]]:
    """(condition of a breach, reason without the value) for one column."""
    if column.name not in source.types:
        return []
    raw, cast = _raw(column), _cast(column)
    is_text, is_lost = source.types[column.name] == TEXT, f"{cast} is null"
    is_given, is_empty = f"{raw} is not null", f"{raw} is null"
    if is_text:
        is_given, is_empty = (
            f"{is_given} and not {_is_blank(raw)}",
            f"{is_empty} or {_is_blank(raw)}",
        )
    checks = []
    if not (is_text and column.type == "varchar"):  # a text is lost only where it is empty
        checks += [(f"{is_lost} and {is_given}", f"{column.name}: not a {column.type}")]
        is_empty = f"{is_lost} and ({is_empty})"
    if column.is_required:
        if source.has_tombstones and not column.is_key:  # a tombstone needs its key alone
            is_empty = f"({is_empty}) and not {source.is_deleted}"
        checks.append((is_empty, f"{column.name}: required but empty"))
    if column.minimum is not None:
        checks.append((f"{cast} < {column.minimum}", f"{column.name}: below {column.minimum}"))
    if column.maximum is not None:
        checks.append((f"{cast} > {column.maximum}", f"{column.name}: above {column.maximum}"))
    if column.pattern:
        matches = f"regexp_full_match({cast}, {literal(column.pattern)})"
        checks.append((f"not {matches}", f"{column.name}: not in the agreed form"))
    if column.values:
        value = cast if column.type == "varchar" else f"cast({cast} as varchar)"
        others = " and ".join(f"{value} <> {literal(agreed)}" for agreed in column.values)
        checks.append((others, f"{column.name}: not among the agreed values"))
    return checks


def _is_blank(text: str) -> str:
    """Whether nothing but blanks is in a text; most are told by their first character."""
    is_printable = f"{text} >= '!' and {text} < chr(127)"
    return f"(not ({is_printable}) and trim({text}) = '')"


def _raw_text(present: Sequence[Column], source: Source) -> str:
    if source.is_json:
        return "_line"
    fields = ", ".join(f"{identifier(c.name)} := {_raw(c)}" for c in present)
    fields += f", {DELETED} := _raw_deleted" if source.has_tombstones else ""
    return f"to_json(struct_pack({fields}))::varchar"


def _extra(names: Mapping[str, str]) -> str:
    if not names:
        return "cast(null as json)"
    fields = ", ".join(f"{literal(name)}, {identifier(names[name])}" for name in names)
    return f"json_object({fields})"


def _raw(column: Column) -> str:
    return identifier(f"_raw_{column.name}")


def _cast(column: Column) -> str:
    return identifier(f"_cast_{column.name}")


def text_as(column: Column, text: str, time_zone: str) -> str:
    """The value of a text as a row of this contract would read it; null where it is none."""
    return _from_text(column, text, time_zone)
