"""What a converter makes of a text, settled: without what is empty, drafts in it as references, faults set aside.

A text means the same wherever it stands, and hospitals repeat themselves (the same doctors, wards, codes, the same
patient's address in every message), so what was made of short ones is remembered."""

from functools import lru_cache
from typing import Any, NamedTuple

from mappings.v2.message import Delimiters, Field, Repetition
from mappings.v2_to_fhir.datatypes.dtm import in_order
from mappings.v2_to_fhir.draft import Draft
from mappings.v2_to_fhir.notation import Converter, Unreadable, Value
from mappings.v2_to_fhir.sender import Sender

NAMES = frozenset({"url"})
"""An extension that has nothing but its name says nothing."""

ENDS_EARLY = Unreadable("a period that ends before it starts")

REMEMBERED, SHORT = 8192, 200
"""How many texts are remembered, of how many characters at most."""


class Settled(NamedTuple):
    """``value`` is shared with whoever else said the same, and not to be changed; None when nothing was said."""

    value: Any
    referred: tuple[Draft, ...] = ()
    faults: tuple[Unreadable, ...] = ()


def converted(convert: Converter, node: Value, sender: Sender) -> Settled:
    """``convert`` depends on nothing but the text, how it is written, and who sent it."""
    if len(node.raw) > SHORT:
        return settled(convert(node, sender))
    return _remembered(convert, isinstance(node, Repetition), node.raw, node.delimiters, sender)


@lru_cache(REMEMBERED)
def _remembered(convert: Converter, repeats: bool, raw: str, delimiters: Delimiters, sender: Sender) -> Settled:
    return settled(convert(Repetition(raw, delimiters) if repeats else Field(raw, delimiters), sender))


def settled(value: Any) -> Settled:
    beside = _Beside([], [])
    return Settled(_settled(value, beside), tuple(beside.referred), tuple(beside.faults))


class _Beside(NamedTuple):
    """What is found beside a value."""

    referred: list[Draft]
    faults: list[Unreadable]


def _settled(value: Any, beside: _Beside) -> Any:
    kind = type(value)
    if kind is str:
        return value or None
    if kind is dict:
        return _object(value, beside)
    if kind is list:
        return [each for item in value if (each := _settled(item, beside)) is not None] or None
    if kind is Unreadable:
        beside.faults.append(value)
        return None
    return _reference(value, beside) if kind is Draft else value


def _object(value: dict[str, Any], beside: _Beside) -> dict[str, Any] | None:
    found = {}
    for name, item in value.items():
        if item is None or item == "":
            continue
        if type(item) is str:
            found[name] = item
        elif (each := _settled(item, beside)) is not None:
            found[name] = each
    if "start" in found and "end" in found and not in_order(found["start"], found["end"]):
        beside.faults.append(ENDS_EARLY)
        del found["end"]
    return found if found and found.keys() != NAMES else None


def _reference(draft: Draft, beside: _Beside) -> dict[str, Any]:
    body = _object(draft.body, beside) or {}
    beside.referred.append(Draft(draft.identity, body, stub=draft.stub))
    return {"reference": draft.identity.urn}
