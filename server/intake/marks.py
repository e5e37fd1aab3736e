"""Which word is the later one: what keeps the order in which messages come from mattering.

Every element remembers the event that last spoke of it (its mark), with what breaks ties. What a message only implies
(a doctor's name in PV1-7, a status that no event stated) is *presumed*: the earliest of it stands, until it is said."""

from functools import lru_cache

from server.store.entry import Marks

PRESUMED = "~"
"""Begins the mark of what is presumed, which is so greater than any that was said."""

INSTANT = len("2026-03-01T12:00:00.000Z")


def is_presumed(mark: str) -> bool:
    return mark.startswith(PRESUMED)


def outlasts(word: str, mark: str) -> bool:
    """Whether what is said with this word counts against what was said with that mark, if anything was."""
    return is_presumed(mark) or mark <= word


@lru_cache(1024)
def wholes(path: str) -> tuple[str, ...]:
    """What a path is a part of: ``identifier:U urn:x`` of ``identifier:U`` and ``identifier``, ``period.end`` of
    ``period``."""
    element = path.split(":", 1)[0].split(".", 1)[0]
    slice = path.split(" ", 1)[0]
    return tuple(each for each in dict.fromkeys((slice, element)) if each != path)


def is_said(marks: Marks, element: str) -> bool:
    """Whether a message has said anything of an element or of a part of it."""
    return any(not is_presumed(mark) and (path == element or element in wholes(path)) for path, mark in marks.items())
