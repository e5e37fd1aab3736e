"""Laying what a message says over what is stored.

Absent leaves, a value replaces, null deletes (HL7 v2.5.1 chapter 2.5.3.4). An element stays as the latest event that
spoke of it left it, in whatever order the messages come (``marks.py``)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mappings.fhir.json import Json
from mappings.v2_to_fhir.draft import Draft
from mappings.v2_to_fhir.slices import OLD, Slicing, slicing
from server.intake.marks import PRESUMED, is_presumed, is_said, outlasts, wholes
from server.intake.periods import agreed, hidden, shown
from server.store.entry import Marks

PARTS: Mapping[str, frozenset[str]] = {
    "Encounter": frozenset({"period", "hospitalization"}),
    "Account": frozenset({"servicePeriod"}),
    "Coverage": frozenset({"period"}),
}
"""Elements filled by several fields that come at different times (PV1-44 at admission, PV1-45 at discharge): their
parts are laid over one by one."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "Patient": ("deceased", "multipleBirth"),
    "ChargeItem": ("occurrence", "product"),
    "Condition": ("onset", "abatement"),
}
"""Elements with several spellings of which only one may stand."""

NONE: frozenset[str] = frozenset()


def lay(stored: Json | None, draft: Draft, marks: Marks, word: str) -> tuple[Json, Marks]:
    """The new body and its marks; ``word`` is the event's place in time. ``stored`` is left untouched."""
    laying = Laying(draft.type, stored, marks, word)
    if draft.stub:
        laying.presume(draft.body)
    else:
        for path in sorted(draft.cleared):
            laying.clear(path)
        for element, value in draft.body.items():
            laying.say(element, value)
    laying.presume(draft.defaults)
    laying.require(draft.defaults)
    return laying.body, laying.marks


class Laying:
    """One resource while a message is laid over it."""

    def __init__(self, type: str, stored: Json | None, marks: Marks, word: str) -> None:
        self.type = type
        self.body: Json = dict(stored) if stored else {"resourceType": type}
        self.marks = dict(marks)
        self.word = word

    def presume(self, elements: Json) -> None:
        """Fills in what nobody has spoken of; of what several presume, the earliest stands."""
        word = PRESUMED + self.word
        for element, value in elements.items():
            name = register(self.type, element)
            mark = self.marks.get(name, "")
            if mark > word if is_presumed(mark) else not (self._spellings(name) or is_said(self.marks, name)):
                self._set(name, element, value)
                self.marks[name] = word

    def require(self, elements: Json) -> None:
        """What FHIR demands is there, also where a message said that it is null."""
        for element, value in elements.items():
            if not self._spellings(register(self.type, element)):
                self.body[element] = value

    def say(self, element: str, value: Any) -> None:
        slices, name = slicing(self.type, element), register(self.type, element)
        if slices:
            self._say_slices(element, value, slices)
        elif element in PARTS.get(self.type, NONE):
            for part, each in value.items():
                self._part(element, part, each)
        elif value is True and name in CHOICES.get(self.type, ()):
            self._say_yes(element, name)
        elif self._heard(name):
            self._set(name, element, value)
            if value is False:
                self._still(name)

    def clear(self, path: str) -> None:
        element, _, part = path.partition(".")
        if slices := slicing(self.type, path.split(":", 1)[0]):
            self._clear_slices(path, slices)
        elif part:
            self._part(element, part, None)
        elif self._heard(name := register(self.type, element)):
            self._drop(name)
            self._still(name)

    def _heard(self, path: str) -> bool:
        """Whether nothing later was said of this, or of what it is a part of; then this word is noted."""
        counts = self._counts(path)
        if counts:
            self.marks[path] = self.word
        return counts

    def _counts(self, path: str) -> bool:
        for each in wholes(path):
            mark = self.marks.get(each, "")
            if is_presumed(mark):
                self._drop(each)
                del self.marks[each]
            elif mark > self.word:
                return False
        return outlasts(self.word, self.marks.get(path, ""))

    def _set(self, name: str, element: str, value: Any) -> None:
        if not element.startswith("_") and self._spellings(name) != (element,):
            self._drop(name)
        self.body[element] = value

    def _drop(self, name: str) -> None:
        for spelling in self._spellings(name):
            del self.body[spelling]

    def _spellings(self, name: str) -> tuple[str, ...]:
        """The names under which an element stands."""
        if name in CHOICES.get(self.type, ()):
            return tuple(each for each in self.body if each.lstrip("_").startswith(name))
        return tuple(each for each in (name, f"_{name}") if each in self.body)

    def _say_yes(self, element: str, choice: str) -> None:
        """A bare yes takes nothing away: who died on a day that is known is still known to have died then."""
        counts = self._heard(f"{choice}?") and outlasts(self.word, self.marks.get(choice, ""))
        if counts and not any(self.body[each] for each in self._spellings(choice)):
            self._set(choice, element, True)

    def _still(self, choice: str) -> None:
        """What was taken away had hidden a later yes."""
        if self.marks.get(f"{choice}?", "") >= self.word:
            self._set(choice, f"{choice}Boolean", True)

    def _part(self, element: str, part: str, value: Any) -> None:
        if not self._heard(f"{element}.{part}"):
            return
        whole = {**agreed(self.body.get(element, {}), self.marks, element), part: value}
        whole = {name: each for name, each in whole.items() if each is not None}
        self.marks = hidden(whole, self.marks, element)
        self._drop(element)
        if whole:
            self.body[element] = shown(whole)

    def _say_slices(self, element: str, value: list[Json], slices: Slicing) -> None:
        stored = self.body.get(element, ())
        old = [number(each) for each in stored if element == "identifier" and slices.name(each) == OLD]
        told = [each for each in value if number(each) not in old] if old else value  # an old one stays old
        heard = {name for name in map(slices.name, told) if self._heard(f"{element}:{name}")}
        if heard and stored != told:
            kept = [each for each in stored if slices.name(each) not in heard]
            new = [each for each in told if slices.name(each) in heard]
            self.body[element] = slices.arranged([*new, *kept])

    def _clear_slices(self, path: str, slices: Slicing) -> None:
        element = path.split(":", 1)[0]
        gone = set()
        for name in map(slices.name, self.body.get(element, ())):
            each = f"{element}:{name}"
            if name != OLD and (path == each or path in wholes(each)) and self._counts(each):
                gone.add(name)
        self._heard(path)
        left = [each for each in self.body.pop(element, ()) if slices.name(each) not in gone]
        if left:
            self.body[element] = left


@lru_cache(1024)
def register(type: str, element: str) -> str:
    """What has one mark: a choice in all its forms, an element with its ``_`` sibling."""
    name = element.lstrip("_")
    return next((choice for choice in CHOICES.get(type, ()) if name.startswith(choice)), name)


def number(identifier: Json) -> tuple[Any, Any]:
    return identifier.get("system"), identifier.get("value")
