"""Which messages can be taken at all: the checks before anything is mapped, in order.

R: this can never work here. E: this message is not right. Conditions are of HL7 table 0357."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from mappings.v2.message import Message
from mappings.v2_to_fhir.draft import Issue
from mappings.v2_to_fhir.messages import TRIGGERS

Refusal: TypeAlias = tuple[Literal["E", "R"], Issue]

VERSIONS = frozenset(
    {"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"}
)
PROCESSING = frozenset({"", "P", "D", "T"})
LONGEST_CONTROL_ID = 199
"""HL7 v2.7 and later allow 199 characters, earlier versions 20."""


def known_code(message: Message) -> Refusal | None:
    if message.code in {code for code, _ in TRIGGERS}:
        return None
    return "R", Issue("this kind of message is not taken here", "MSH^1^9^1^1", "200", True)


def known_trigger(message: Message) -> Refusal | None:
    if (message.code, message.trigger) in TRIGGERS:
        return None
    return "R", Issue("this event is not taken here", "MSH^1^9^1^2", "201", True)


def known_version(message: Message) -> Refusal | None:
    if not message.version or message.version in VERSIONS:
        return None
    return "R", Issue("this version of HL7 is not known here", "MSH^1^12", "203", True)


def known_processing(message: Message) -> Refusal | None:
    if message.segment("MSH")[11].text in PROCESSING:
        return None
    return "R", Issue("this processing id is not taken here", "MSH^1^11", "202", True)


def has_control_id(message: Message) -> Refusal | None:
    """Without one, no acknowledgement could say what it acknowledges."""
    if message.control_id and len(message.control_id) <= LONGEST_CONTROL_ID:
        return None
    return "E", Issue("a control id of 1 to 199 characters is needed", "MSH^1^10", "101", True)


CHECKS: tuple[Callable[[Message], Refusal | None], ...] = (
    known_code,
    known_trigger,
    known_version,
    known_processing,
    has_control_id,
)


def refusal(message: Message) -> Refusal | None:
    """The first check that the message does not pass."""
    return next((found for check in CHECKS if (found := check(message))), None)
