"""The text grammar: sound sentences, enough variety, and no prize for memorising."""

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from simulation.texts import (
    EMOTIONS,
    KINDS,
    LANGUAGES,
    NO_CAUSE,
    ROOT_CAUSES,
    TOPICS,
    report,
    write_texts,
    writing,
)
from simulation.texts.grammar import Dimension, Expansion, GrammarBuilder
from simulation.texts.languages import TONES, library
from simulation.texts.style import Truth, context

NEGATIVE = ["anger", "frustration", "disappointment", "confusion", "anxiety", "sadness", "none"]
POSITIVE = ["joy", "gratitude", "surprise", "none"]
OWN_NAMES = {  # what a lookup of the topic's own name would search for
    "delivery": "deliver",
    "price": "price",
    "product_quality": "quality",
    "size_fit": r"\bsize|\bfit",
    "stock": "stock",
    "staff": "staff",
    "waiting": "wait",
    "website": "website|site",
    "app": r"\bapp\b",
    "payment": "pay",
    "billing": "bill|invoice",
    "returns": "return",
    "loyalty": "loyal|points",
    "subscription": "subscri|plan",
}


def truths(count, seed=0):
    """Topics, sentiments, emotions and causes as customers would have them."""
    rng = np.random.default_rng(seed)
    topic = rng.choice(TOPICS, count)
    sentiment = rng.integers(-5, 6, count)
    felt = np.where(sentiment < 0, rng.choice(NEGATIVE, count), rng.choice(POSITIVE, count))
    cause = np.array([rng.choice(ROOT_CAUSES[name] or (NO_CAUSE,)) for name in topic])
    cause = np.where(rng.random(count) < np.where(sentiment < 0, 0.7, 0.1), cause, NO_CAUSE)
    return topic, sentiment, felt, cause


def comments(language, count, seed=0, difficulty=0.0):
    rng = np.random.default_rng(seed)
    said = truths(count, seed)
    return write_texts(rng, "comment", language, *said, difficulty=difficulty), said


def signs(language, count, difficulty=0.0):
    """Comments that are for or against, and which of both."""
    texts, (_, sentiment, _, _) = comments(language, count, 7, difficulty)
    return texts[sentiment != 0], np.sign(sentiment[sentiment != 0])


def accuracy(model, texts, truth, trained):
    return model.fit(texts[:trained], truth[:trained]).score(texts[trained:], truth[trained:])


def memoriser():
    """The nearest text seen in training, by its runs of two to five characters."""
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))
    return make_pipeline(vectors, KNeighborsClassifier(1, metric="cosine"))


def linear():
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10))


@pytest.mark.parametrize("language", LANGUAGES)
def test_memorising_does_not_win_and_learning_does(language):
    texts, truth = signs(language, 2_000)
    memorised = accuracy(memoriser(), texts, truth, 1_000)
    learned = accuracy(linear(), texts, truth, 1_000)
    assert memorised < 0.95
    assert learned > 0.70
    assert learned > memorised


CLAUSES = {
    *("effect_bad", "effect_good", "fact", "feeling", "irony", "not_bad", "not_good", "not_great"),
    *("opinion_bad", "opinion_good", "praise", "problem", "resolved", "tail", "verdict_bad"),
    *("verdict_good", "worry"),
}


def only_half_of_the_clauses(half):
    """The library with the first or the second half of the phrases of each clause."""
    words = library()
    phrases = words.phrases
    symbol_starts = sorted((first, name) for (_, name), first in words.pools.items())
    firsts = [first for first, _ in symbol_starts]
    counts = np.diff([*firsts, len(phrases.pool_sizes)])
    is_clause = np.repeat([name in CLAUSES for _, name in symbol_starts], counts)
    is_clause &= phrases.pool_sizes > 1
    first_half = np.where(is_clause, (phrases.pool_sizes + 1) // 2, phrases.pool_sizes)
    starts, sizes = phrases.pool_starts, first_half
    if half == 1:
        starts = starts + np.where(is_clause, first_half, 0)
        sizes = np.where(is_clause, phrases.pool_sizes - first_half, sizes)
    return replace(words, phrases=replace(phrases, pool_starts=starts, pool_sizes=sizes))


def held_out_accuracy(model, language, monkeypatch):
    """Trained on one half of the clauses, judged on texts that are made of the other."""
    halves = []
    for half in (0, 1):
        monkeypatch.setattr(writing, "library", partial(only_half_of_the_clauses, half))
        halves.append(signs(language, 2_200))
    (texts, truth), (unseen, unseen_truth) = halves
    return model.fit(texts, truth).score(unseen, unseen_truth)


def test_words_carry_over_to_clauses_never_seen_but_far_from_all(monkeypatch):
    learned = held_out_accuracy(linear(), "en", monkeypatch)
    memorised = held_out_accuracy(memoriser(), "en", monkeypatch)
    assert 0.54 < learned < 0.80
    assert memorised < learned


def test_hard_texts_are_harder():
    easy = accuracy(linear(), *signs("en", 2_000), 1_000)
    hard = accuracy(linear(), *signs("en", 2_000, difficulty=1.0), 1_000)
    assert hard < easy - 0.02


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_vary(language):
    texts, _ = comments(language, 20_000)
    figures = report({language: texts})[language]
    assert figures["vocabulary_size"] > 900
    assert figures["recurring_vocabulary_size"] > 900
    assert figures["long_duplicate_share"] < 0.05
    assert figures["distinct_4_gram_share"] > 0.2


def test_the_own_name_of_a_topic_gives_few_topics_away():
    texts, (topic, *_) = comments("en", 4_000)
    named = [
        re.search(OWN_NAMES[name], text, re.IGNORECASE) is not None
        for name, text in zip(topic, texts, strict=True)
        if name in OWN_NAMES
    ]
    assert np.mean(named) < 0.5


def test_every_kind_and_language_is_written_out_in_full():
    count = 26_000
    rng = np.random.default_rng(3)
    kinds, languages = np.resize(KINDS, count), rng.choice(LANGUAGES, count)
    texts = write_texts(rng, kinds, languages, *truths(count))
    assert texts.shape == (count,)
    assert {type(text) for text in texts} == {str}
    assert [text for text in texts if re.search(r"[<>]|@\w+_topic|None", text)] == []
    assert [text for text in texts if not text.strip() or len(text) > 1_500] == []


def test_every_cause_topic_and_emotion_can_be_told_in_every_tone():
    pairs = [(t, c) for t in TOPICS for c in (*ROOT_CAUSES[t], NO_CAUSE)]
    topic, cause = np.array(pairs, dtype=object).repeat(len(EMOTIONS) * 11, axis=0).T
    emotion = np.resize(np.repeat(EMOTIONS, 11), len(topic))
    sentiment = np.resize(np.arange(-5, 6), len(topic))
    for language in LANGUAGES:
        rng = np.random.default_rng(4)
        texts = write_texts(rng, "message", language, topic, sentiment, emotion, cause)
        assert len(texts) == len(topic)


def test_the_same_generator_gives_the_same_texts_and_another_others():
    first, second, other = (comments("es", 500, seed)[0] for seed in (1, 1, 2))
    assert first.tolist() == second.tolist()
    assert first.tolist() != other.tolist()


def test_single_values_stand_for_every_row():
    rng = np.random.default_rng(0)
    texts = write_texts(rng, "chat", "hu", "delivery", np.array([-5, 4]), "none", "none")
    assert len(texts) == 2
    assert len(write_texts(rng, "chat", "hu", "app", -1, "none", "crash")) == 1
    assert len(write_texts(rng, np.array([]), "hu", "app", [], "none", "crash")) == 0


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (0, "poem", "Unknown kind: poem"),
        (1, "xx", "Unknown language: xx"),
        (2, "moon", "Unknown topic: moon"),
        (4, "envy", "Unknown emotion: envy"),
        (5, "late", "Unknown root cause: app/late"),
    ],
)
def test_a_value_outside_its_list_is_refused(at, value, message):
    told = ["comment", "en", "app", -1, "none", "crash"]
    told[at] = value
    with pytest.raises(ValueError, match=message):
        write_texts(np.random.default_rng(0), *told)


def test_difficulty_raises_irony_and_what_is_left_unsaid():
    rows = np.zeros(5_000, dtype=np.int64)
    truth = Truth(rows, rows - 4, rows, rows, has_emotion=rows == 0)
    shares = []
    for difficulty in (0.0, 1.0):
        dimensions = context(np.random.default_rng(0), rows, truth, difficulty)
        is_ironic = dimensions[2] == TONES.index("negative_ironic")
        is_implied = dimensions[8] >= len(TOPICS) + sum(map(len, ROOT_CAUSES.values()))
        shares.append((is_ironic.mean(), is_implied.mean()))
    assert 0.01 < shares[0][0] < 0.05 < 0.1 < shares[1][0]
    assert shares[0][1] < 0.3 < 0.4 < shares[1][1]


def test_calls_have_no_emoji_and_posts_do():
    emoji = {sign for signs in library().emoji.values() for sign in signs}
    share = {}
    for kind in ("post", "call_turn_customer"):
        texts = write_texts(np.random.default_rng(0), kind, "en", *truths(2_000))
        share[kind] = np.mean([any(sign in text for sign in emoji) for text in texts])
    assert share["call_turn_customer"] == 0
    assert share["post"] > 0.1


def grammar(symbols, dimension_of=None):
    dimensions = {"colour": Dimension("colour", ("red", "blue"))}
    builder = GrammarBuilder(dimensions, dimension_of or {})
    builder.add("en", symbols)
    return builder


def written(symbols, value=0, dimension_of=None):
    builder = grammar(symbols, dimension_of)
    rows = np.zeros(1, dtype=np.int64)
    random = np.random.default_rng(0).random
    expansion = Expansion(builder.build(), np.array([[0], [value]]), random)
    first = np.array([builder.pools["en", "text"]])
    return expansion.write(first, rows, np.ones(1, dtype=bool))[0]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("<thing>", "It works"),
        ("<thing>. <thing>", "It works. It works"),
        ("<thing><end> <thing>", "It works! It works"),
        ("well, <thing>", "Well, it works"),
        ("¿<thing>?", "¿It works?"),
        ("@shop <thing>", "@shop it works"),
        ("<thing>\n<thing>", "It works\nIt works"),
        ("<number> years", "7 years"),
        ("2nd <thing>", "2nd it works"),
    ],
)
def test_sentences_begin_with_a_capital(phrase, text):
    symbols = {"text": [phrase], "thing": ["it works"], "end": ["!"], "number": ["7..7"]}
    assert written(symbols) == text


def test_a_row_draws_the_phrases_of_its_value():
    symbols = {"text": ["a <thing>"], "thing": {"red": ["rose"], "blue": ["sky"]}}
    assert written(symbols, 0, {"thing": "colour"}) == "A rose"
    assert written(symbols, 1, {"thing": "colour"}) == "A sky"


def test_a_symbol_without_a_needed_phrase_is_refused():
    with pytest.raises(ValueError, match="<thing> has no phrase for blue"):
        grammar({"thing": {"red": ["rose"]}}, {"thing": "colour"})
    with pytest.raises(ValueError, match="<thing> is used but not defined"):
        grammar({"text": ["<thing>"]}).build()


def test_report_counts_words_and_duplicates():
    figures = report({"en": ["one two three four five", "one two three four five", "Two!"]})["en"]
    assert figures["vocabulary_size"] == 5
    assert figures["duplicate_share"] == pytest.approx(1 / 3)
    assert figures["distinct_4_gram_share"] == pytest.approx(0.5)
