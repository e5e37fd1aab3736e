"""What people may do, by their role, as the gate goes by it."""

import pytest

from mappings.fhir.r4.tables import resource_types
from server.auth.gate import ACTIONS, DIRECTORY, Principal, reach, within
from server.auth.roles import ROLES, narrowed, rights
from server.auth.scopes import parse
from server.store.query import EVERYTHING, NOTHING

ALL = parse("user/*.cruds")


def acting(role: str, scopes: str = "user/*.cruds", patient: str | None = None) -> Principal:
    return Principal("default", "app", narrowed(parse(scopes), role), "who", patient, rights=rights(role))


@pytest.mark.parametrize("role", ROLES)
def test_an_app_of_a_person_reaches_what_the_role_does_and_no_more(role) -> None:
    own = ROLES[role].own
    who = acting(role, patient="ann" if own else None)
    for type in resource_types():
        for action in "cruds":
            allowed = any(each.reaches(type) and action in each.actions for each in rights(role))
            directory = type in DIRECTORY and action in "rs"
            most = within("Patient", "ann", type) if own and not directory else EVERYTHING
            assert reach(who, action, type) == (most if allowed else NOTHING), (type, action)


@pytest.mark.parametrize("role", ROLES)
def test_nobodys_app_reaches_more_than_it_was_granted(role) -> None:
    who = acting(role, "user/Claim.r", "ann")
    for type in resource_types():
        for action in ACTIONS.values():
            if (type, action) != ("Claim", "r"):
                assert reach(who, action, type) == NOTHING


def test_a_persons_scopes_without_a_person_reach_nothing() -> None:
    who = Principal("default", "app", ALL, patient="ann")
    assert all(reach(who, action, type) == NOTHING for type in resource_types() for action in "cruds")


MAY = {
    ("registration", "Patient"): "crus",
    ("registration", "Claim"): "",
    ("coder", "Claim"): "rus",
    ("coder", "Consent"): "",
    ("biller", "Claim"): "crus",
    ("biller", "Observation"): "",
    ("supervisor", "Claim"): "cruds",
    ("payer", "ExplanationOfBenefit"): "crus",
    ("payer", "Observation"): "",
    ("patient", "Observation"): "rs",
    ("support-1", "Claim"): "",
    ("support-2", "Claim"): "rs",
    ("support-3", "Observation"): "rs",
    ("administrator", "Observation"): "cruds",
    ("auditor", "AuditEvent"): "rs",
    ("auditor", "Claim"): "",
    ("practitioner", "Observation"): "crus",
}


@pytest.mark.parametrize(("role", "type"), MAY)
def test_what_a_role_may(role, type) -> None:
    found = set().union(*(each.actions for each in rights(role) if each.reaches(type)))
    assert "".join(action for action in "cruds" if action in found) == MAY[role, type]
