"""Find the pairs of records that are likely one person though no key says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import duckdb

from orchestration.linkage.bench import CHANGED, copy_changed, copy_records, open_bench
from orchestration.linkage.blocking import find_rules, pairs_now, write_pairs
from orchestration.linkage.blocking_keys import key_names, write_keys
from orchestration.linkage.comparisons import Comparison, comparisons_of
from orchestration.linkage.counting import (
    Shares,
    count_among_known,
    count_among_namesakes,
    count_among_others,
)
from orchestration.linkage.model import LinkageModel
from orchestration.linkage.records import compared_columns, prepare_records
from orchestration.linkage.rest_learned import (
    expected_matches,
    learn_prior,
    learn_rest,
    write_teachers,
)
from orchestration.linkage.scoring import score_pairs, weight_of
from orchestration.linkage.settings import LinkageSettings
from orchestration.linkage.splink_linker import columns_with_shares
from orchestration.linkage.tables import (
    PAIR_COLUMNS,
    clear,
    copy_pairs,
    create_tables,
    replace_pairs,
)
from orchestration.linkage.training import learn_weights
from orchestration.linkage.value_shares import count_values, met_by_chance, write_shares

GROWTH = 2
NOT_LEARNED = 0.5


@dataclass(frozen=True)
class Counted:
    """How often two people agree, and how often two records of one: empty where few are known."""

    at_random: Shares
    known: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class Linked:
    """What one call did: the model to keep, whether it is new, and how much was compared.

    There is no model where there is nothing to compare, or nothing to learn from.
    """

    model: LinkageModel | None
    is_trained: bool
    is_full: bool
    record_count: int
    compared_pair_count: int


def link_records(
    connection: duckdb.DuckDBPyConnection,
    records: str,
    settings: LinkageSettings,
    *,
    model: LinkageModel | None = None,
    changed: str | None = None,
    trained_on: str = "",
) -> Linked:
    """Bring `identity.scored_pairs` up to date; the caller makes it lasting.

    Parameters
    ----------
    records : str
        A relation with `record_id` and the columns that the settings name. Rows with one
        `record_id` are versions of one record.
    model : LinkageModel, optional
        The last model. It is used when it was trained for these settings, the records have not
        doubled since and no value has become so common that pairs multiply; else one is trained,
        and everything is compared again.
    changed : str, optional
        A relation with the `record_id` of every record that is new, changed or gone, or has come
        to another entity. Only pairs with these are compared; the result is that of comparing
        all. Leave it out when the least probability changed.
    trained_on : str
        The date on the card of a model that is trained now.
    """
    create_tables(connection)
    if not settings.has_work:
        clear(connection)
        return Linked(None, False, True, 0, 0)
    with open_bench(connection) as bench:
        copy_records(connection, bench, records, settings)
        linked = _compare(connection, bench, settings, model, changed, trained_on)
    replace_pairs(connection, None if linked.is_full else changed)
    return linked


def _compare(
    connection: duckdb.DuckDBPyConnection,
    bench: duckdb.DuckDBPyConnection,
    settings: LinkageSettings,
    model: LinkageModel | None,
    changed: str | None,
    trained_on: str,
) -> Linked:
    """Score pairs on the bench with the model given if it fits, else with a new one; copy them."""
    count = prepare_records(bench, settings.attributes)
    columns = list(compared_columns(settings.attributes))
    keys = key_names(columns)
    write_keys(bench, keys)
    comparisons = comparisons_of(settings.attributes, columns)
    is_trained = model is None or not _fits(bench, model, settings, count)
    if model is None or is_trained:
        at_random = count_among_others(bench, comparisons)
        known = count_among_known(bench, comparisons, at_random)
        if settings.numbered and not known:
            connection.execute(f"create or replace temp table found_pairs ({PAIR_COLUMNS})")
            return Linked(None, False, True, count, 0)
        counted = Counted(at_random, known)
        model, pairs = _train(bench, settings, comparisons, keys, count, counted, trained_on)
    else:
        if changed is not None:
            copy_changed(connection, bench, changed)
        pairs = write_pairs(bench, model.rules, None if changed is None else CHANGED)
        write_shares(bench, columns_with_shares(comparisons), model.shares)
        score_pairs(
            bench,
            comparisons,
            model,
            weight_of(settings.least_probability) - weight_of(model.prior),
        )
    copy_pairs(connection, bench, settings, comparisons, model.prior)
    return Linked(model, is_trained, is_trained or changed is None, count, pairs)


def _fits(
    bench: duckdb.DuckDBPyConnection, model: LinkageModel, settings: LinkageSettings, count: int
) -> bool:
    """Whether a model serves: for these settings, and neither records nor blocks outgrew it."""
    if model.trained_for != settings.training_hash:
        return False
    if count > GROWTH * int(model.card["record_count"]):
        return False
    pairs = max(sum(rule.pairs for rule in model.rules), settings.limits.least_pairs)
    return pairs_now(bench, model.rules) <= GROWTH**2 * pairs


def _train(
    bench: duckdb.DuckDBPyConnection,
    settings: LinkageSettings,
    comparisons: Sequence[Comparison],
    keys: Sequence[str],
    count: int,
    counted: Counted,
    trained_on: str,
) -> tuple[LinkageModel, int]:
    """Learn a model from all pairs that the rules found now bring together; scores them, too."""
    rules = tuple(find_rules(bench, keys, count, settings.limits))
    pairs = write_pairs(bench, rules)
    at_random, known = counted.at_random, counted.known
    # where keys have tied most records already, namesakes are other people
    others = count_among_namesakes(bench, comparisons, at_random) if known else at_random
    shares = count_values(bench, met_by_chance(comparisons, at_random, others))
    write_shares(bench, columns_with_shares(comparisons), shares)
    weights = learn_weights(bench, comparisons, rules, others, known)
    model = LinkageModel(settings.training_hash, NOT_LEARNED, rules, weights, shares)
    score_pairs(bench, comparisons, model)
    write_teachers(bench, comparisons, bool(known))
    if known:
        model = replace(model, weights=learn_rest(bench, comparisons, weights))
        score_pairs(bench, comparisons, model)
        write_teachers(bench, comparisons, bool(known))
    prior = learn_prior(bench)
    card = {
        "record_count": count,
        "compared_pair_count": pairs,
        "expected_match_count": expected_matches(bench, prior),
        "trained_on": trained_on,
        "splink": version("splink"),
    }
    return replace(model, prior=prior, card=card), pairs
