"""E-mails, chats and messages between customers and the service."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Floats, Ints, Objects, lookup
from simulation.channels.blanks import known, known_moments
from simulation.channels.remarks import Remark, write
from simulation.channels.service.calls import agent_ids, coded_reason, recognised_as
from simulation.channels.service.contacts import CHAT, EMAIL, MESSAGING
from simulation.channels.service.feelings import sentiment_of
from simulation.channels.visitors import device_used, visitors_of
from simulation.texts import write_texts

RECOGNISED_BY_ADDRESS, LOGGED_IN_SHARE, RECOGNISED_BY_NUMBER = 0.75, 0.6, 0.6
BOT_SHARE, RATED_SHARE, EMAIL_STATED_SHARE, SECOND_MESSAGE_SHARE = 0.3, 0.35, 0.7, 0.55
SERVICE_ADDRESS = "service@outfitters.example"
NETWORKS = ("whatsapp", "sms", "messenger")
# A chat: who writes each line.
WRITERS = {
    "en": ("Customer", "Agent"), "es": ("Cliente", "Agente"), "pt": ("Cliente", "Agente"),
    "hu": ("Ügyfél", "Ügyintéző"),
}  # fmt: skip
RE = {"en": "Re: ", "es": "RE: ", "pt": "RE: ", "hu": "Válasz: "}
SUBJECTS = {
    "en": "About my {}", "es": "Consulta: {}", "pt": "Pedido de ajuda: {}", "hu": "Kérdés: {}",
}  # fmt: skip
TOPIC_WORDS = {
    "en": {"delivery": "delivery", "billing": "bill", "returns": "return", "payment": "payment"},
    "es": {"delivery": "entrega", "billing": "factura", "returns": "devolución", "payment": "pago"},
    "pt": {"delivery": "entrega", "billing": "fatura", "returns": "devolução",
           "payment": "pagamento"},
    "hu": {"delivery": "szállítás", "billing": "számla", "returns": "visszáru",
           "payment": "fizetés"},
}  # fmt: skip
OTHER_WORD = {"en": "order", "es": "pedido", "pt": "encomenda", "hu": "rendelés"}


def remark_of(rng: np.random.Generator, contacts: pd.DataFrame) -> Remark:
    """What the customer of each contact has to say."""
    emotion = contacts["emotion_start"].to_numpy(dtype=object)
    return Remark(
        language=contacts["language"].to_numpy(dtype=object),
        topic=contacts["topic"].to_numpy(dtype=object),
        sentiment=sentiment_of(rng, emotion, contacts["intensity"]),
        emotion=emotion,
        root_cause=contacts["root_cause"].to_numpy(dtype=object),
    )


def answers(
    block: Block, rng: np.random.Generator, contacts: pd.DataFrame, kind: str = "call_turn_agent"
) -> Objects:
    """What an agent writes back."""
    language = contacts["language"].to_numpy(dtype=str)
    topic, cause = (contacts[name].to_numpy(dtype=str) for name in ("topic", "root_cause"))
    return write_texts(rng, kind, language, topic, 0, "none", cause)


def _of_channel(contacts: pd.DataFrame, channel: int) -> pd.DataFrame:
    return contacts[(contacts["channel"] == channel).to_numpy()].reset_index(drop=True)


def _seconds(contacts: pd.DataFrame, name: str) -> Floats:
    found: Floats = np.round(contacts[name].to_numpy(dtype=float) * 86400, 3)
    return found


def _days(seconds: Floats) -> Ints:
    return (seconds // 86400).astype(np.int64)


def write_emails(block: Block, contacts: pd.DataFrame) -> None:
    """Write `service/emails`: the customer's, and the answer to it."""
    rng = block.rng("service.emails")
    asked = _of_channel(contacts, EMAIL)
    sent, replied = _seconds(asked, "at"), _seconds(asked, "replied")
    key = asked["contact_id"].to_numpy(dtype=object)
    remark = remark_of(rng, asked)
    body = write(block, rng, "email", remark, source="service/emails", keys=key, day=_days(sent))
    language = asked["language"].to_numpy(dtype=object)
    subject = _subjects(asked)
    shared = {
        "thread_id": asked["issue_id"].to_numpy(dtype=object),
        "ticket_id": asked["ticket_id"].to_numpy(dtype=object),
        "customer_id": recognised_as(block, asked, RECOGNISED_BY_ADDRESS),
        "language": language,
    }
    person = asked["person"].to_numpy(dtype=np.int64)
    question = pd.DataFrame(shared).assign(
        message_id=key,
        from_address=block.facts["accounts"]["email"].to_numpy(dtype=object)[person],
        direction="inbound",
        subject=subject,
        body=body,
        sent_at=block.at(0, sent),
    )
    answer = pd.DataFrame(shared).assign(
        message_id=block.ids("ER", len(asked)),
        from_address=SERVICE_ADDRESS,
        direction="outbound",
        subject=pd.Series(language).map(RE).to_numpy(dtype=object) + subject,
        body=answers(block, rng, asked),
        sent_at=block.at(0, replied),
    )
    days = np.concatenate([_days(sent), _days(replied)])
    block.emit("service/emails", pd.concat([question, answer], ignore_index=True), day=days)


def _subjects(asked: pd.DataFrame) -> Objects:
    """A line that names the topic; people do not write much there."""
    subject = np.full(len(asked), "", dtype=object)
    language, topic = asked["language"].to_numpy(), asked["topic"].to_numpy()
    for spoken, words in TOPIC_WORDS.items():
        for name in np.unique(topic.astype(str)):
            line = SUBJECTS[spoken].format(words.get(name, OTHER_WORD[spoken]))
            subject[(language == spoken) & (topic == name)] = line
    return subject


def write_chats(block: Block, contacts: pd.DataFrame) -> None:
    """Write `service/chats`; the chatbot answers some alone."""
    rng = block.rng("service.chats")
    chats = _of_channel(contacts, CHAT)
    count, person = len(chats), chats["person"].to_numpy(dtype=np.int64)
    start = _seconds(chats, "at")
    abandoned = chats["is_abandoned"].to_numpy(dtype=bool)
    by_bot = ~abandoned & (rng.random(count) < BOT_SHARE) & (chats["attempt"] == 0).to_numpy()
    wait = np.where(by_bot, 1.5, chats["wait_seconds"].to_numpy(dtype=float))
    length = np.round(np.where(by_bot, 60, 200) * np.exp(rng.normal(0.2, 0.5, count)))
    end = start + wait + np.where(abandoned, 0, length)
    key = chats["contact_id"].to_numpy(dtype=object)
    resolved = chats["is_resolved"].to_numpy(dtype=bool)
    seems = resolved | (rng.random(count) < 0.25)
    outcome = np.where(abandoned, "abandoned", np.where(seems, "resolved", "unresolved"))
    device = device_used(rng, block.settings.seed, person)
    email = block.facts["accounts"]["email"].to_numpy(dtype=object)[person]
    block.emit(
        "service/chats",
        {
            "chat_id": key,
            "visitor_id": visitors_of(block, person, device, _days(start)),
            "customer_id": recognised_as(block, chats, LOGGED_IN_SHARE),
            "email": known(rng.random(count) < EMAIL_STATED_SHARE, email),
            "agent_id": known(~by_bot, agent_ids(chats)),
            "is_bot_only": by_bot,
            "reason": known(~abandoned, coded_reason(rng, chats)),
            "started_at": block.at(0, start),
            "answered_at": known_moments(block, np.where(abandoned, np.nan, start + wait)),
            "ended_at": block.at(0, end),
            "is_abandoned": abandoned,
            "outcome": outcome.astype(object),
            "transcript": _transcripts(block, rng, chats, key, _days(start)),
            "language": chats["language"].to_numpy(dtype=object),
            "rating": np.where(abandoned, np.nan, _ratings(rng, resolved)),
        },
        day=_days(end),
    )


def _transcripts(
    block: Block, rng: np.random.Generator, chats: pd.DataFrame, key: Objects, day: Ints
) -> Objects:
    """Customer, agent, customer: one line each, the last one with the feeling at the end."""
    remark = remark_of(rng, chats)
    first = write(block, rng, "chat", remark, source="service/chats", keys=key, day=day)
    reply = answers(block, rng, chats)
    closing = chats.assign(emotion_start=chats["emotion_end"], root_cause="none")
    last = remark_of(rng, closing)
    thanks = write_texts(
        rng, "chat", last.language.astype(str), last.topic.astype(str), last.sentiment,
        last.emotion.astype(str), "none", difficulty=block.settings.preset.text_difficulty,
    )  # fmt: skip
    language = chats["language"].to_numpy(dtype=object)
    customer = pd.Series(language).map({k: v[0] for k, v in WRITERS.items()}).to_numpy(object)
    agent = pd.Series(language).map({k: v[1] for k, v in WRITERS.items()}).to_numpy(object)
    opening: Objects = customer + ": " + first
    full = opening + "\n" + agent + ": " + reply + "\n" + customer + ": " + thanks
    return np.where(chats["is_abandoned"].to_numpy(dtype=bool), opening, full)


def _ratings(rng: np.random.Generator, resolved: np.ndarray) -> Floats:
    """Stars of the few who rate: 1 to 5."""
    stars = np.rint(np.where(resolved, 4.3, 2.2) + rng.normal(0, 0.9, len(resolved)))
    rates = rng.random(len(resolved)) < RATED_SHARE
    found: Floats = np.where(rates, np.clip(stars, 1, 5), np.nan)
    return found


def write_messages(block: Block, contacts: pd.DataFrame) -> None:
    """Write `service/messages`: a question, the answer, and often a word in return."""
    rng = block.rng("service.messages")
    asked = _of_channel(contacts, MESSAGING)
    count, person = len(asked), asked["person"].to_numpy(dtype=np.int64)
    sent, replied = _seconds(asked, "at"), _seconds(asked, "replied")
    key = asked["contact_id"].to_numpy(dtype=object)
    remark = remark_of(rng, asked)
    text = write(
        block, rng, "message", remark, source="service/messages", keys=key, day=_days(sent)
    )
    closing = remark_of(rng, asked.assign(emotion_start=asked["emotion_end"], root_cause="none"))
    thanks = write_texts(
        rng, "message", closing.language.astype(str), closing.topic.astype(str),
        closing.sentiment, closing.emotion.astype(str), "none",
    )  # fmt: skip
    network = rng.choice(len(NETWORKS), count, p=(0.62, 0.23, 0.15))
    phone = block.facts["accounts"]["phone"].to_numpy(dtype=object)[person]
    shared = pd.DataFrame(
        {
            "conversation_id": asked["issue_id"].to_numpy(dtype=object),
            "network": lookup(NETWORKS, network),
            "phone_number": known(network != 2, phone),
            "customer_id": recognised_as(block, asked, RECOGNISED_BY_NUMBER),
            "language": asked["language"].to_numpy(dtype=object),
        }
    )
    again = rng.random(count) < SECOND_MESSAGE_SHARE
    returned = replied + np.round(30 + rng.exponential(1200, count), 3)
    parts = [
        shared.assign(message_id=key, direction="inbound", text=text, at=sent),
        shared.assign(
            message_id=block.ids("MR", count),
            direction="outbound",
            text=answers(block, rng, asked),
            at=replied,
        ),
        shared.assign(
            message_id=block.ids("MT", count), direction="inbound", text=thanks, at=returned
        )[again],
    ]
    messages = pd.concat(parts, ignore_index=True)
    seconds = messages.pop("at").to_numpy(dtype=float)
    messages["sent_at"] = block.at(0, seconds)
    block.emit("service/messages", messages, day=_days(seconds))
