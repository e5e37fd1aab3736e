"""A v2 message's way in: bytes to entry to acknowledgement.

Whatever comes is kept, also what cannot be applied, and every entry holds the acknowledgement that was given for it:
the same bytes again get the same answer, and do nothing."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Literal

from mappings.v2.ack import AckError, Code, accept_code, ack, application_code, header
from mappings.v2.message import Message, NotHl7, parse
from mappings.v2_to_fhir.draft import Issue, Mapped
from mappings.v2_to_fhir.messages import convert
from mappings.v2_to_fhir.site import Site
from server.identity.locate import identities
from server.intake.accept import refusal
from server.intake.fold import NOTHING, Folded, Refused, fold
from server.store.entry import Entry
from server.store.snapshot import Fold, Snapshot
from server.store.store import Store

MAX_LISTED = 10
"""Issues that are kept with an entry; a message wrong in more places is wrong enough."""

Outcome = Literal["A", "E", "R"]

ORIGINAL: Mapping[Outcome, Code] = {"A": "AA", "E": "AE", "R": "AR"}
CONDITIONS = frozenset({"AL", "NE", "ER", "SU"})

STATUS: Mapping[Outcome, str] = {"A": "accepted", "E": "error", "R": "rejected"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a message: accepted, in error or rejected; what follows; and what was not understood."""

    outcome: Outcome
    follows: Folded = NOTHING
    issues: tuple[Issue, ...] = ()


Judge = Callable[[Snapshot], Verdict]


@dataclass(frozen=True, slots=True)
class Read:
    """A message as far as it is read when it comes. ``wants`` says which identities judging it asks for."""

    message: Message | None
    judge: Judge
    wants: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True, slots=True)
class Intake:
    """The one way in for v2 messages of a tenant, whatever carried them. ``site_of`` gives a sender's conventions."""

    store: Store
    site_of: Callable[[str], Site]
    tenant: str = "default"

    def receive(self, raw: bytes, origin: str, replay_of: str | None = None) -> "Future[Entry]":
        """The entry that the message made, or made before; its ``reply`` holds the acknowledgements.

        The future fails with Unavailable when the store cannot take it: then nothing was acknowledged."""
        read = self._read(raw)
        facts = {"replay_of": replay_of} if replay_of else {}
        dedupe = None if replay_of else dedupe_key(read.message, raw)
        return self.store.submit(self.tenant, folding(raw, read, origin, facts), dedupe, read.wants)

    def _read(self, raw: bytes) -> Read:
        try:
            message = parsed(raw, self.site_of)
        except NotHl7 as error:
            return Read(header(raw), refusing("R", Issue(error.text, error.location, error.code, True)))
        if refused := refusal(message):
            return Read(message, refusing(*refused))
        return applying(message, self.site_of(message.sender))


def parsed(raw: bytes, site_of: Callable[[str], Site]) -> Message:
    """In the character set of its sender, who is known by MSH before anything else is read. Raises NotHl7."""
    named = header(raw)
    return parse(raw, site_of(named.sender).charset if named else None)


def refusing(outcome: Outcome, *issues: Issue) -> Judge:
    verdict = Verdict(outcome, issues=issues)
    return lambda _: verdict


def applying(message: Message, site: Site) -> Read:
    """What it takes to apply a message. It is mapped once, when its turn has come, and not at all if it came before:
    what two threads of Python compute at the same time takes both of them longer (an eighth, measured)."""

    @cache
    def mapped() -> Mapped:
        return convert(message, site)

    return Read(message, lambda snapshot: judged(message, mapped(), snapshot), lambda: identities(mapped().drafts))


def judged(message: Message, mapped: Mapped, snapshot: Snapshot) -> Verdict:
    if mapped.fatal:
        return Verdict("E", issues=mapped.fatal)
    issues = (*(Issue(flaw.text, flaw.location, flaw.code) for flaw in message.flaws), *mapped.issues)
    try:
        return Verdict("A", fold(mapped, snapshot), issues)
    except Refused as refused:
        return Verdict("E", issues=(refused.issue,))


def dedupe_key(message: Message | None, raw: bytes) -> str:
    """Sender, control id and content: a control id used again for other content is another message."""
    named = f"{message.sender}|{message.control_id}" if message else ""
    return f"v2|{named}|{sha256(raw).hexdigest()}"


def folding(raw: bytes, read: Read, origin: str, facts: Mapping[str, str]) -> Fold:
    """The entry as a function of what is stored."""
    message = read.message

    def entry(snapshot: Snapshot) -> Entry:
        verdict, id = read.judge(snapshot), snapshot.new_id()
        codes = acknowledged(message, verdict.outcome)
        errors = [AckError(each.location, each.code, "E", each.text) for each in verdict.issues if each.fatal]
        replies = [ack(message, code, errors, control_id=f"{id}-{code}", at=snapshot.at) for code in codes]
        return Entry(
            tenant=snapshot.tenant,
            id=id,
            at=snapshot.at,
            actor=message.sender if message else "",
            origin=origin,
            writes=verdict.follows.writes,
            renewals=verdict.follows.renewals,
            reply=b"".join(replies),
            raw=raw,
            about={**about(message, verdict), "ack": " ".join(codes), **facts},
        )

    return entry


def acknowledged(message: Message | None, outcome: Outcome) -> Sequence[Code]:
    """Original mode: one application acknowledgement. Enhanced: what MSH-15 and MSH-16 ask for, the accept one first.

    Where they ask for none, the application one is given all the same: over MLLP a sender waits for an answer, and
    without one could not tell what is kept from what is lost. An acknowledgement is never acknowledged.
    HL7 v2.7 chapter 2, section 2.9."""
    if message and message.code == "ACK":
        return ()
    accept, application = (asked(message, number) for number in (15, 16))
    codes = (accept_code(outcome, accept, application), application_code(outcome, accept, application))
    return [code for code in codes if code] or [ORIGINAL[outcome]]


def asked(message: Message | None, number: int) -> str:
    """A condition of table 0155; anything else says nothing."""
    condition = message.header[number].text if message else ""
    return condition if condition in CONDITIONS else ""


def about(message: Message | None, verdict: Verdict) -> Mapping[str, str]:
    """The short facts of the message log: places and codes, never values."""
    return {
        "control_id": message.control_id if message else "",
        "sender": message.sender if message else "",
        "type": f"{message.code}^{message.trigger}" if message else "",
        "status": STATUS[verdict.outcome],
        "issues": "; ".join(f"{each.location} {each.code} {each.text}" for each in verdict.issues[:MAX_LISTED]),
    }
