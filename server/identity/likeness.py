"""How likely two descriptions of a patient are of the same person.

Each row of ``COMPARISONS`` looks at one thing that both say; what only one of them says counts for nothing. What agrees
is set against all that was compared, and never against less than ``ENOUGH``: to agree in little proves little."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from mappings.fhir.json import Json
from mappings.fhir.values import normalized

SAME, CLOSE, DIFFERENT = Decimal(1), Decimal("0.5"), Decimal(0)
ENOUGH = Decimal(14)

CERTAIN = "certain"
GRADES = ((Decimal("0.95"), CERTAIN), (Decimal("0.8"), "probable"), (Decimal("0.45"), "possible"))
NOT = "certainly-not"

Agreement: TypeAlias = Decimal | None
"""None: one of them does not say."""


class Likeness(NamedTuple):
    """``grade`` is of http://hl7.org/fhir/ValueSet/match-grade; of what is certainly not, the score is 0."""

    score: Decimal
    grade: str


def likeness(one: Json, other: Json) -> Likeness:
    compared = [(Decimal(weight), agreement(one, other)) for weight, agreement in COMPARISONS]
    said = [(weight, agreed) for weight, agreed in compared if agreed is not None]
    total = max(sum((weight for weight, _ in said), Decimal(0)), ENOUGH)
    score = sum((weight * agreed for weight, agreed in said), Decimal(0)) / total
    grade = next((grade for least, grade in GRADES if score >= least), NOT)
    return Likeness(score if grade != NOT else Decimal(0), grade)


def identifiers(one: Json, other: Json) -> Agreement:
    """The same number of the same authority; another number of it is another person, as a rule."""
    mine, theirs = set(_identifiers(one)), set(_identifiers(other))
    if mine & theirs:
        return SAME
    return DIFFERENT if {system for system, _ in mine} & {system for system, _ in theirs} else None


def birth_date(one: Json, other: Json) -> Agreement:
    """Close where only the month, or only the day, or their order differs."""
    mine, theirs = one.get("birthDate"), other.get("birthDate")
    if not mine or not theirs:
        return None
    if mine == theirs:
        return SAME
    parts = [str(each).split("-") for each in (mine, theirs)]
    return CLOSE if sorted(parts[0]) == sorted(parts[1]) or _but_one(*parts) else DIFFERENT


def family_name(one: Json, other: Json) -> Agreement:
    return _overlap(_names(one, "family"), _names(other, "family"))


def given_name(one: Json, other: Json) -> Agreement:
    """Close where one is how the other begins: an initial, a short form."""
    mine, theirs = _names(one, "given"), _names(other, "given")
    found = _overlap(mine, theirs)
    begins = any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs)
    return CLOSE if found == DIFFERENT and begins else found


def gender(one: Json, other: Json) -> Agreement:
    return _overlap(_known(one.get("gender")), _known(other.get("gender")))


def telecom(one: Json, other: Json) -> Agreement:
    """Not to have the same telephone says nothing: people have several."""
    return SAME if set(_numbers(one)) & set(_numbers(other)) else None


def postal_code(one: Json, other: Json) -> Agreement:
    """People move, so another one says nothing."""
    return SAME if set(_postal_codes(one)) & set(_postal_codes(other)) else None


COMPARISONS: tuple[tuple[int, Callable[[Json, Json], Agreement]], ...] = (
    (14, identifiers),
    (5, birth_date),
    (4, family_name),
    (3, given_name),
    (1, gender),
    (2, telecom),
    (1, postal_code),
)


def _overlap(mine: set[str], theirs: set[str]) -> Agreement:
    if not mine or not theirs:
        return None
    return SAME if mine & theirs else DIFFERENT


def _but_one(mine: list[str], theirs: list[str]) -> bool:
    return (
        len(mine) == len(theirs)
        and mine[0] == theirs[0]
        and mine[1:] != theirs[1:]
        and any(a == b for a, b in zip(mine[1:], theirs[1:], strict=True))
    )


def _identifiers(patient: Json) -> Iterator[tuple[str, str]]:
    for each in patient.get("identifier", ()):
        if "system" in each and "value" in each:
            yield each["system"], each["value"]


def _names(patient: Json, part: str) -> set[str]:
    found = (each.get(part, ()) for each in patient.get("name", ()))
    texts: Iterable[str] = (text for each in found for text in ((each,) if isinstance(each, str) else each) if text)
    return {normalized(text) for text in texts}


def _known(gender: str | None) -> set[str]:
    return {gender} - {"unknown"} if gender else set()


def _numbers(patient: Json) -> Iterator[str]:
    """Telephones by their last digits, since country codes come and go; everything else as it is."""
    for each in patient.get("telecom", ()):
        value = normalized(each.get("value", ""))
        digits = "".join(filter(str.isdigit, value))
        yield from (digits[-10:],) if "@" not in value and len(digits) >= len("5551212") else filter(None, (value,))


def _postal_codes(patient: Json) -> Iterator[str]:
    return (normalized(each["postalCode"])[:5] for each in patient.get("address", ()) if "postalCode" in each)
