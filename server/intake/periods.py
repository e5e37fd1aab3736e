"""Periods that several messages tell: start and end as they were said, and as FHIR lets them stand together.

https://hl7.org/fhir/R4/datatypes.html#Period (per-1): of two that do not agree, what was said is kept in the resource's
marks, so that nothing of it is lost when one of them is said anew."""

from mappings.fhir.json import Json
from mappings.v2_to_fhir.datatypes.dtm import in_order
from server.store.entry import Marks

DAY = len("2026-03-01")
ENDS = ("start", "end")


def shown(period: Json) -> Json:
    """Start and end of one day have to be given alike, or neither comes first: the finer is told as the coarser is.
    An end before its start is not told."""
    start, end = period.get("start", ""), period.get("end", "")
    if not (start and end):
        return period
    if not in_order(start, end):
        return {name: value for name, value in period.items() if name != "end"}
    if start[:DAY] != end[:DAY] or (len(start) > DAY) == (len(end) > DAY):
        return period
    return {**period, "start": start[:DAY], "end": end[:DAY]}


def agreed(period: Json, marks: Marks, element: str) -> Json:
    """As it was said, of a period as it is shown; unless somebody has changed it since."""
    said = {name: value for name in ENDS if (value := marks.get(f"{element}.{name}="))}
    whole = {**period, **said}
    return whole if said and shown(whole) == period else period


def hidden(whole: Json, marks: Marks, element: str) -> dict[str, str]:
    """The marks, with what was said of a period and is not shown."""
    told = shown(whole)
    kept = {path: mark for path, mark in marks.items() if path not in {f"{element}.{name}=" for name in ENDS}}
    return kept | {f"{element}.{name}=": whole[name] for name in ENDS if whole.get(name) != told.get(name)}
