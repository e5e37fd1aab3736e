"""The answer to a message: MSH, MSA, and an ERR for each thing that is wrong.

HL7 v2.7 chapter 2, sections 2.9.2 (original mode), 2.9.3 (enhanced mode), 2.14.5 (ERR) and 2.14.8 (MSA). What is echoed
was written by a stranger: it keeps the sender's own delimiters, loses control characters, and is cut to a bound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mappings.v2.definitions import DEFAULT, version_number
from mappings.v2.delimiters import STANDARD, Delimiters, delimiters
from mappings.v2.escape import escape
from mappings.v2.header import header_fields
from mappings.v2.message import Message
from mappings.v2.segment import Segment

Code = Literal["AA", "AE", "AR", "CA", "CE", "CR"]

ERRORS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
"""Table 0357."""

ECHO = 250
"""Characters of a field that are echoed: MSH-10 may have 199, a hierarchic designator 227."""
TEXT = 200
ERR_SEGMENTS = 20

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ERR_NAMES_THE_PLACE = (2, 5)
_ELD_PLACE = 3


@dataclass(frozen=True, slots=True)
class AckError:
    """``location`` as ``segment^sequence^field^repetition^component``; ``code`` of table 0357; ``severity`` E, W, I or
    F (table 0516). ``text`` holds nothing of the message."""

    location: str
    code: str = "207"
    severity: str = "E"
    text: str = ""


def ack(
    message: Message | None, code: Code, errors: Sequence[AckError] = (), *, control_id: str, at: datetime
) -> bytes:
    """``message``: what is answered, or the ``header`` of what could not be parsed, or None without even that."""
    answered = message or _NOTHING
    written = answered.delimiters
    msa = ["MSA", code, _echo(answered, 10)]
    if (version_number(answered.version) or version_number(DEFAULT)) >= _ERR_NAMES_THE_PLACE:
        err = [_err(error, written) for error in errors[:ERR_SEGMENTS]]
    else:
        msa += [escape(error.text[:TEXT], written) for error in errors[:1]]
        err = [_err_before_v25(errors[:ERR_SEGMENTS], written)] if errors else []
    segments = (_msh(answered, control_id, at), msa, *err)
    text = "".join(written.field.join(segment).rstrip(written.field) + "\r" for segment in segments)
    return text.encode(answered.codec, "replace")


def header(data: bytes) -> Message | None:
    """As much of MSH as there is in bytes that are no message; its bytes are echoed as they are, whatever they mean."""
    fields = [field.decode("latin-1") for field in header_fields(data)]
    if len(fields) < 3:  # noqa: PLR2004
        return None
    _, separator, encoding_characters, *rest = fields
    written = delimiters(separator, encoding_characters, "latin-1")
    if written is None:
        written, rest = STANDARD, [escape(field, STANDARD) for field in rest]
    raw = written.field.join(("MSH", written.encoding_characters, *rest))
    return Message((Segment("MSH", 1, raw, written),), written, "latin-1")


def accept_code(outcome: Literal["A", "E", "R"], accept: str, application: str) -> Code | None:
    """The accept acknowledgment that MSH-15 and MSH-16 ask for; none in original mode, where both are empty."""
    if not (accept or application) or not _wanted(accept, outcome):
        return None
    codes: dict[str, Code] = {"A": "CA", "E": "CE", "R": "CR"}
    return codes[outcome]


def application_code(outcome: Literal["A", "E", "R"], accept: str, application: str) -> Code | None:
    """The application acknowledgment that they ask for; always one in original mode."""
    if (accept or application) and not _wanted(application, outcome):
        return None
    codes: dict[str, Code] = {"A": "AA", "E": "AE", "R": "AR"}
    return codes[outcome]


def _wanted(condition: str, outcome: str) -> bool:
    """Table 0155: always, never, on error or reject only, on success only. Empty is never, if the other is valued."""
    return condition in ("AL", "SU" if outcome == "A" else "ER")


def _msh(answered: Message, control_id: str, at: datetime) -> list[str]:
    written = answered.delimiters
    trigger = escape(answered.trigger[:ECHO], written)
    return [
        "MSH",
        written.encoding_characters,
        *(_echo(answered, number) for number in (5, 6, 3, 4)),
        at.strftime("%Y%m%d%H%M%S%z"),
        "",
        written.component.join(("ACK", trigger, "ACK")) if trigger else "ACK",
        escape(control_id, written),
        _echo(answered, 11) or "P",
        _echo(answered, 12) or DEFAULT,
        *("",) * 5,
        _echo(answered, 18),
    ]


def _err(error: AckError, written: Delimiters) -> list[str]:
    place = _composite(error.location.split("^"), written.component, written)
    what = _composite((error.code, ERRORS.get(error.code, ""), "HL70357"), written.component, written)
    return ["ERR", "", place, what, error.severity, "", "", "", escape(error.text[:TEXT], written)]


def _err_before_v25(errors: Sequence[AckError], written: Delimiters) -> list[str]:
    """One ERR whose ERR-1 repeats: segment, sequence, field, and the code with its text as subcomponents."""
    return ["ERR", written.repetition.join(_eld(error, written) for error in errors)]


def _eld(error: AckError, written: Delimiters) -> str:
    place = (*error.location.split("^"), "", "", "")[:_ELD_PLACE]
    what = (error.code, ERRORS.get(error.code, ""), "HL70357") if written.subcomponent else (error.code,)
    parts = _composite(place, written.component, written), _composite(what, written.subcomponent, written)
    return written.component.join(parts)


def _composite(parts: Sequence[str], separator: str, written: Delimiters) -> str:
    return separator.join(escape(part[:TEXT], written) for part in parts)


def _echo(answered: Message, number: int) -> str:
    """The field as it was written: under the same delimiters it means the same, and parts nothing."""
    return _CONTROL.sub("", answered.header[number].raw)[:ECHO]


_NOTHING = Message((Segment("MSH", 1, "MSH|^~\\&", STANDARD),), STANDARD, "ascii")
