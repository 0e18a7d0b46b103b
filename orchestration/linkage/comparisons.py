"""One comparison library for every company: what two values of a type say about two records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.linkage.attributes import Attribute, Kind
from orchestration.sql import identifier, literal

SWAPPED = "first_name_l = last_name_r and last_name_l = first_name_r"


@dataclass(frozen=True)
class Level:
    """One grade of agreement: its name, its condition, the column whose shares of values count."""

    label: str
    condition: str
    share_of: str | None = None


SAME_NUMBER = (
    "(length(email_number_l) > 1 and email_number_l = email_number_r"
    " and damerau_levenshtein(email_name_l, email_name_r) <= 2)"
)
OTHER_NUMBER = (
    "(length(email_number_l) > 1 and length(email_number_r) > 1"
    " and email_number_l <> email_number_r)"
)
EXPLAINED = (
    f"email_name_l <> email_name_r and not {SAME_NUMBER} and not {OTHER_NUMBER}"
    " and jaro_winkler_similarity(email_name_l, email_name_r) >= 0.88"
    " and ({})"
)
ALIKE_EMAIL = "jaro_winkler_similarity(email_l, email_r)"
ALIKE_NAME = "jaro_winkler_similarity(email_name_l, email_name_r)"
ALIKE = "coalesce(jaro_winkler_similarity({0}_l, {0}_r) >= 0.88, false)"
DIFFERENT = Level("different", "ELSE")
MISSING = "unknown"


@dataclass(frozen=True)
class Comparison:
    """What is compared, from the strictest level to `else`; silent where `unknown` holds.

    What is not `is_counted` agrees otherwise among the records that keys have tied than among those
    that they left apart.
    """

    name: str
    columns: tuple[str, ...]
    unknown: str
    levels: tuple[Level, ...]
    is_counted: bool = True

    @property
    def level_column(self) -> str:
        """The column in which Splink says which level a pair reached."""
        return f"gamma_{self.name}"

    def label_sql(self) -> str:
        """SQL for the level that a scored pair reached; Splink counts levels from the last."""
        column = identifier(self.level_column)
        labels = [level.label for level in (*self.levels, DIFFERENT)]
        cases = [
            f"when {len(labels) - 1 - place} then {literal(label)}"
            for place, label in enumerate(labels)
        ]
        return f"case {column} {' '.join(cases)} else 'unknown' end"


def comparisons_of(attributes: Sequence[Attribute], columns: Sequence[str]) -> list[Comparison]:
    """The comparisons for the compared columns that there are."""
    present = set(columns)
    found = [*_names(present), *_single(present), *_email(present), *_address(present)]
    for item in attributes:
        if item.column in present and item.kind is Kind.IDENTIFIER:
            found.append(_identifier(item.column))
        elif item.column in present and item.kind is Kind.TEXT:
            found.append(_text(item.column))
        elif item.column in present and item.kind is Kind.CATEGORY:
            found.append(_category(item.column))
    return found


def _names(present: set[str]) -> list[Comparison]:
    both = {"first_name", "last_name"} <= present
    found = []
    for name in ("first_name", "last_name"):
        if name not in present:
            continue
        unknown, levels = _unknown(name), [_exact(name)]
        if both and name == "first_name":
            levels.append(Level("swapped with last name", SWAPPED))
        elif both:
            # A swap is one event: it is judged once, as a level of the first name.
            unknown = f"{unknown} or ({SWAPPED} and last_name_l <> last_name_r)"
        levels += [_similar(name, share) for share in (0.92, 0.88, 0.7)]
        columns = ("first_name", "last_name") if both else (name,)
        found.append(Comparison(name, columns, unknown, tuple(levels)))
    return found


def _single(present: set[str]) -> list[Comparison]:
    found = []
    if "birth_date" in present:
        levels = (
            _exact("birth_date"),
            _edits("birth_date", 1),
            _edits("birth_date", 2),
            Level("same year", "left(birth_date_l, 4) = left(birth_date_r, 4)"),
        )
        found.append(Comparison("birth_date", ("birth_date",), _unknown("birth_date"), levels))
    if "phone" in present:
        found.append(_identifier("phone"))
    if Kind.CREATED_ON in present:
        found.append(_created())
    return found


def _email(present: set[str]) -> list[Comparison]:
    if "email" not in present:
        return []
    levels = (
        _missing("email"),
        _exact("email"),
        Level("same name before @", "email_name_l = email_name_r"),
        Level("name before @ misspelt around a number", SAME_NUMBER),
        Level("email similar by 0.92", f"{ALIKE_EMAIL} >= 0.92 and not {OTHER_NUMBER}"),
        Level("email_name similar by 0.88", f"{ALIKE_NAME} >= 0.88 and not {OTHER_NUMBER}"),
    )
    names = [name for name in ("first_name", "last_name") if name in present]
    columns = ("email", "email_name", "email_number", *names)
    unknown = "false"
    if names:
        # Addresses made of the same name are alike: that tells nothing that the name did not.
        alike = " or ".join(ALIKE.format(name) for name in names)
        unknown = EXPLAINED.format(alike)
    return [Comparison("email", columns, unknown, levels, is_counted=False)]


def _address(present: set[str]) -> list[Comparison]:
    """Street, postcode and city as one: who shares a street shares the others, too.

    Where a record has no street its place stands alone, as a comparison of its own: that a place
    agrees says more where the street is not known to differ.
    """
    place = [name for name in ("postcode", "city") if name in present]
    levels: list[Level] = []
    if "postcode" in present:
        levels += [_exact("postcode"), _edits("postcode", 1)]
    if "city" in present:
        levels += [_exact("city"), _similar("city", 0.88)]
    unknown = " and ".join(f"({_unknown(name)})" for name in place)
    if "street" not in present:
        return [Comparison("address", tuple(place), unknown, tuple(levels))] if place else []
    streets = (_exact("street"), _similar("street", 0.92))
    found = [
        Comparison("address", ("street", *place), _unknown("street"), (*streets, *levels)),
    ]
    if place:
        unknown = f"not ({_unknown('street')}) or ({unknown})"
        found.append(Comparison("place", ("street", *place), unknown, tuple(levels)))
    return found


def _identifier(name: str) -> Comparison:
    levels = (_missing(name), _exact(name), _edits(name, 1), _edits(name, 2))
    return Comparison(name, (name,), "false", levels, is_counted=False)


def _created() -> Comparison:
    """When two records were made: a person often comes to be known in several places at once."""
    name = Kind.CREATED_ON.value
    levels = (_exact(name), *(_days(name, count) for count in (7, 30, 180)))
    return Comparison(name, (name,), _unknown(name), levels, is_counted=False)


def _text(name: str) -> Comparison:
    levels = (_exact(name), _similar(name, 0.92), _similar(name, 0.8))
    return Comparison(name, (name,), _unknown(name), levels)


def _category(name: str) -> Comparison:
    return Comparison(name, (name,), _unknown(name), (_exact(name),))


def _unknown(name: str) -> str:
    return f"{name}_l is null or {name}_r is null"


def _missing(name: str) -> Level:
    """Of a key: records that lack it are those that it could not tie."""
    return Level(MISSING, _unknown(name))


def _exact(name: str) -> Level:
    return Level(f"same {name}", f"{name}_l = {name}_r", name)


def _similar(name: str, share: float) -> Level:
    condition = f"jaro_winkler_similarity({name}_l, {name}_r) >= {share}"
    return Level(f"{name} similar by {share:.2f}", condition)


def _edits(name: str, count: int) -> Level:
    # Two letters swapped are one edit here and two for levenshtein, which is three times as fast.
    near = f"levenshtein({name}_l, {name}_r) <= {2 * count}"
    condition = f"{near} and damerau_levenshtein({name}_l, {name}_r) <= {count}"
    return Level(f"{name} {count} edit{'s' if count > 1 else ''} apart", condition)


def _days(name: str, count: int) -> Level:
    apart = f"abs(date_diff('day', cast({name}_l as date), cast({name}_r as date)))"
    return Level(f"{name} within {count} days", f"{apart} <= {count}")
