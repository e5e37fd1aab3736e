"""References of a message's drafts, as they are in the store."""

from decimal import Decimal

from mappings.v2_to_fhir.draft import Draft, Identity
from server.intake.fold import referring

WHO = Identity.of("Patient", "urn:a", "1")
LOOKS_LIKE_ONE = f'"reference":"{WHO.urn}"'
HERE = {WHO.urn: "Patient/p1"}


def draft(body, defaults=None) -> Draft:
    return Draft(Identity.of("Encounter", "urn:v", "1"), body, defaults=defaults or {})


def test_references_are_resolved_at_any_depth_and_in_defaults() -> None:
    told = draft({"subject": WHO.reference, "participant": [{"individual": WHO.reference}]}, {"x": WHO.reference})
    there = {"reference": "Patient/p1"}
    found = referring(told, HERE)
    assert found.body == {"subject": there, "participant": [{"individual": there}]}
    assert found.defaults == {"x": there}
    assert told.body["subject"] == WHO.reference


def test_what_only_looks_like_a_reference_stays_as_it_was_sent() -> None:
    odd = {"text": LOOKS_LIKE_ONE, "display": WHO.urn, "value": Decimal("1.50"), "subject": WHO.reference}
    assert referring(draft(odd), HERE).body == {**odd, "subject": {"reference": "Patient/p1"}}


def test_a_draft_without_references_is_left_as_it_is() -> None:
    told = draft({"status": "finished", "partOf": {"reference": Identity.of("Encounter", "urn:v", "9").urn}})
    assert referring(told, HERE) is told
