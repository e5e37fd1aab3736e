"""When care was given, which is what the dates of $everything and $docref are about, and not when it was recorded.

https://hl7.org/fhir/R4/patient-operation-everything.html"""

from collections.abc import Iterator, Mapping

from server.fhir.registry import resource_type
from server.fhir.search.parse import conditions
from server.store.query import All, Any, Not, Query

CARE_DATE: Mapping[str, tuple[str, ...]] = {
    "Account": ("period",),
    "ChargeItem": ("occurrence",),
    "Communication": ("sent",),
    "Condition": ("onset-date",),
    "DetectedIssue": ("identified",),
    "DeviceRequest": ("event-date",),
    "DocumentReference": ("period", "date"),
    "Goal": ("start-date",),
    "ImagingStudy": ("started",),
    "MedicationAdministration": ("effective-time",),
    "MedicationDispense": ("whenhandedover",),
    "MedicationStatement": ("effective",),
    "NutritionOrder": ("datetime",),
    "QuestionnaireResponse": ("authored",),
    "ServiceRequest": ("occurrence",),
    "Specimen": ("collected",),
    "VisionPrescription": ("datewritten",),
}
"""The search parameters that say it, where it is not ``date``: the first one that a resource has. Claims' own dates are
when they were made."""


def during(type: str, start: str | None, end: str | None) -> Query:
    """All but what ended before, or began after. What has no date is in."""
    codes = [each for each in CARE_DATE.get(type, ("date",)) if each in resource_type(type).parameters]
    return All(tuple(query for at, code in enumerate(codes) for query in _during(type, codes[:at], code, start, end)))


def _during(type: str, before: list[str], code: str, start: str | None, end: str | None) -> Iterator[Query]:
    said = tuple(conditions(type, ((f"{each}:missing", "false"),)) for each in before)
    for prefix, day in (("eb", start), ("sa", end)):
        if day:
            outside = conditions(type, ((code, prefix + day),))
            yield Any((*said, Not(outside)))
