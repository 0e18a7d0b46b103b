"""What is said in recorded calls, turn by turn, and the phrases that speech analytics finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from simulation.block import Block
from simulation.channels.arrays import Floats, Ints, Objects, spread
from simulation.channels.service.feelings import sentiment_of
from simulation.texts import write_texts

RECORDED_SHARE, MEAN_PAIRS, MOST_PAIRS = 0.92, 3.9, 10
USUAL_TALK_SECONDS, LETTERS_A_SECOND = 140.0, 15.0
OVERLAP_SHARE, MOST_SHARE_OF_TALK, SLOWEST_PACE = 0.12, 0.9, 1.4
PHONETIC_PER_CALL, MISSED_SHARE = 0.06, 0.1
# Words on the watch list, by language.
WATCH_LIST = {
    "en": (
        "furious",
        "refund",
        "waiting for",
        "charged",
        "cancel",
        "manager",
        "crash",
        "thank you",
    ),
    "es": ("furios", "reembolso", "esperando", "cobr", "cancel", "encargad", "harto", "gracias"),
    "pt": ("furios", "reembolso", "à espera", "cobr", "cancel", "gerente", "farto", "obrigad"),
    "hu": ("dühös", "visszatérítés", "várok", "terhel", "lemond", "vezető", "elegem", "köszön"),
}


def transcribe(block: Block, calls: pd.DataFrame) -> None:
    """Write `calls/turns` and `calls/phrases` of most answered calls, told the day after."""
    rng = block.rng("service.speech")
    answered = ~calls["is_abandoned"].to_numpy(dtype=bool)
    recorded = answered & (rng.random(len(calls)) < RECORDED_SHARE)
    calls = calls[recorded].reset_index(drop=True)
    turns = _turns(rng, calls)
    turns["text"] = _texts(block, rng, calls, turns)
    _time_turns(rng, calls, turns)
    day = (calls["start"].to_numpy(dtype=float) // 86400).astype(np.int64) + 1
    call = turns["call"].to_numpy()
    columns = turns[["turn_number", "speaker", "start_second", "end_second", "text"]].assign(
        call_id=calls["call_id"].to_numpy(dtype=object)[call],
        language=calls["language"].to_numpy(dtype=object)[call],
        confidence=np.round(rng.beta(14, 1.6, len(turns)), 3),
    )
    block.emit("calls/turns", columns, day=day[call])
    _tell_truth(block, calls, day)
    _emit_phrases(block, rng, columns, call, day)


def _turns(rng: np.random.Generator, calls: pd.DataFrame) -> pd.DataFrame:
    """Agent and customer in turn: the more, the longer the talk."""
    talk = calls["talk"].to_numpy(dtype=float)
    mean = np.clip(MEAN_PAIRS * np.sqrt(talk / USUAL_TALK_SECONDS), 1.2, MOST_PAIRS)
    pairs = np.clip(1 + rng.poisson(mean - 1), 1, MOST_PAIRS)
    call, number = spread(2 * pairs)
    return pd.DataFrame(
        {
            "call": call,
            "turn_number": number + 1,
            "speaker": np.where(number % 2 == 0, "agent", "customer").astype(object),
            "progress": number / (2 * pairs[call] - 1),
        }
    )


def _time_turns(rng: np.random.Generator, calls: pd.DataFrame, turns: pd.DataFrame) -> None:
    """Turns last as long as their words; what is left of the talk is silence, a hold beside it."""
    call, number = turns["call"].to_numpy(), turns["turn_number"].to_numpy() - 1
    talk = calls["talk"].to_numpy(dtype=float)
    words = turns["text"].str.len().to_numpy(dtype=float) / LETTERS_A_SECOND
    words = (words + 0.6) * rng.uniform(0.85, 1.25, len(call))
    pace = np.minimum(MOST_SHARE_OF_TALK * talk / _sum(words, call, calls), SLOWEST_PACE)
    length = words * pace[call]
    # Agents who look something up are silent before they answer.
    is_agent = number % 2 == 0
    pause = rng.exponential(np.where(is_agent, 1.0, 0.25)) + 0.02
    pause[number == 0] = 0.01
    silence = talk - _sum(length, call, calls)
    pause *= (silence / _sum(pause, call, calls))[call]
    overlap = (rng.random(len(call)) < OVERLAP_SHARE) & (number > 0)
    pause = np.where(overlap, -np.minimum(rng.uniform(0.2, 1.2, len(call)), length / 2), pause)
    is_held = number == np.minimum(np.bincount(call), 3)[call] - 1
    pause = pause + np.where(is_held, calls["hold"].to_numpy(dtype=float)[call], 0.0)
    total = np.cumsum(pause + length)
    first = np.searchsorted(call, np.arange(len(calls)))
    end = total - (total - pause - length)[first][call]
    turns["start_second"] = np.round(np.maximum(end - length, 0), 2)
    turns["end_second"] = np.round(end, 2)


def _sum(values: Floats, call: Ints, calls: pd.DataFrame) -> Floats:
    return np.bincount(call, values, minlength=len(calls)).astype(np.float64)


def _texts(
    block: Block, rng: np.random.Generator, calls: pd.DataFrame, turns: pd.DataFrame
) -> Objects:
    """The customer's turns go from the feeling at the start to that at the end."""
    call = turns["call"].to_numpy()
    is_customer = (turns["speaker"] == "customer").to_numpy()
    is_early = turns["progress"].to_numpy() < 0.6
    names = ("emotion_start", "emotion_end", "topic", "root_cause", "language")
    start, end, topic, cause, language = (calls[n].to_numpy(dtype=str)[call] for n in names)
    emotion = np.where(is_customer, np.where(is_early, start, end), "none")
    strength = calls["intensity"].to_numpy(dtype=object)[call]
    sentiment = np.where(is_customer, sentiment_of(rng, emotion, strength), 0)
    return write_texts(
        rng,
        np.where(is_customer, "call_turn_customer", "call_turn_agent"),
        language,
        topic,
        sentiment,
        emotion,
        np.where(is_early | ~is_customer, cause, "none"),
        difficulty=block.settings.preset.text_difficulty,
    )


def _tell_truth(block: Block, calls: pd.DataFrame, day: Ints) -> None:
    """One row per call in truth/texts: what the customer means with all turns."""
    rng = block.rng("service.speech.truth")
    told = calls[["language", "topic", "root_cause"]].assign(
        source="calls/turns",
        record_key=calls["call_id"],
        emotion=calls["emotion_start"],
        sentiment=sentiment_of(rng, calls["emotion_start"], calls["intensity"]),
    )
    block.truth("texts", told, day=day)


def _emit_phrases(
    block: Block, rng: np.random.Generator, turns: pd.DataFrame, call: Ints, day: Ints
) -> None:
    """Phrases found in the text, and some that merely sound like one."""
    texts = pc.utf8_lower(pa.array(turns["text"].to_numpy(dtype=object), pa.string()))
    language, parts = turns["language"].to_numpy(dtype=object), []
    for spoken, phrases in WATCH_LIST.items():
        rows = np.flatnonzero(language == spoken)
        own = texts.take(pa.array(rows))
        for phrase in phrases:
            place = pc.find_substring(own, phrase).to_numpy(zero_copy_only=False)
            hits = np.flatnonzero((place >= 0) & (rng.random(len(rows)) >= MISSED_SHARE))
            parts.append(pd.DataFrame({"row": rows[hits], "phrase": phrase, "match_type": "text"}))
        alike = rows[rng.random(len(rows)) < PHONETIC_PER_CALL / 8]
        heard = np.array(phrases, dtype=object)[rng.integers(0, len(phrases), len(alike))]
        parts.append(pd.DataFrame({"row": alike, "phrase": heard, "match_type": "phonetic"}))
    found = pd.concat(parts, ignore_index=True).sort_values(["row", "phrase"], kind="stable")
    row = found["row"].to_numpy(dtype=np.int64)
    start, end = (turns[name].to_numpy()[row] for name in ("start_second", "end_second"))
    begin = np.round(start + rng.uniform(0.05, 0.8, len(row)) * (end - start), 2)
    is_text = (found["match_type"] == "text").to_numpy()
    sure = np.where(is_text, rng.uniform(0.8, 1, len(row)), rng.uniform(0.35, 0.8, len(row)))
    columns = found.drop(columns="row").assign(
        call_id=turns["call_id"].to_numpy(dtype=object)[row],
        start_second=begin,
        end_second=np.round(begin + rng.uniform(0.3, 0.9, len(row)), 2),
        confidence=np.round(sure, 3),
        speaker=turns["speaker"].to_numpy(dtype=object)[row],
    )
    unique = ~columns.duplicated(["call_id", "phrase", "start_second"]).to_numpy()
    columns = columns[unique].reset_index(drop=True)
    block.emit("calls/phrases", columns, day=day[call[row]][unique])
