"""Encounter.statusHistory: which statuses events have stated, and from when on each held.

https://hl7.org/fhir/R4/encounter-definitions.html#Encounter.statusHistory. Every statement is kept in the resource's
marks, so an event that comes late finds its place among the others."""

from itertools import pairwise

from mappings.fhir.json import Json
from server.intake.marks import INSTANT
from server.store.entry import Marks

POINT = "status@"
MOST = 100
"""Statements that are kept: the latest."""


def stated(marks: Marks, status: str, word: str) -> Marks:
    """The marks with one statement more."""
    points = sorted(path for path in {*marks, POINT + word} if path.startswith(POINT))
    gone = points[:-MOST]
    return {path: mark for path, mark in {**marks, POINT + word: status}.items() if path not in gone}


def history(marks: Marks) -> list[Json]:
    """The statuses that were left, each with the time in which it held; one that held for no time is none."""
    points = [(path.removeprefix(POINT)[:INSTANT], marks[path]) for path in sorted(marks) if path.startswith(POINT)]
    last = [point for point, after in pairwise([*points, ("", "")]) if point[0] != after[0]]
    changes = [point for before, point in pairwise([("", ""), *last]) if point[1] != before[1]]
    return [
        {"status": status, "period": {"start": start, "end": end}} for (start, status), (end, _) in pairwise(changes)
    ]


def with_history(body: Json, before: Marks, marks: Marks) -> Json:
    """What somebody else has written into the history stays."""
    derived = history(before)
    others = [each for each in body.get("statusHistory", ()) if each not in derived]
    told = [*others, *history(marks)]
    rest = {name: value for name, value in body.items() if name != "statusHistory"}
    return {**rest, "statusHistory": told} if told else rest
