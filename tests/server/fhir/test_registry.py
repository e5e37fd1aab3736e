"""One row per type of R4; what is not as R4 has it is said in one place."""

import pytest

from server.fhir.outcome import MethodNotAllowed, NotSupported
from server.fhir.registry import ALL, names, permitted, referring, resource_type


def test_every_type_of_r4():
    assert len(names()) == 146
    assert {name for name in names() if resource_type(name).interactions != ALL} == {"Parameters"}


def test_parameters_are_those_that_can_be_asked():
    known = resource_type("Patient").parameters

    assert {"_id", "_lastUpdated", "_tag", "identifier", "birthdate", "general-practitioner"} <= known.keys()
    assert not {"_filter", "_content", "_query", "age", "phonetic"} & known.keys()
    assert "near" not in resource_type("Location").parameters
    assert [each.code for each in resource_type("Observation").parameters["code-value-quantity"].components] == [
        "code",
        "value-quantity",
    ]


def test_what_r4_has_the_wrong_way_round():
    (relates_to, relation) = resource_type("DocumentReference").parameters["relationship"].components

    assert (relates_to.expression, relation.expression) == ("target", "code")


@pytest.mark.parametrize("name", ["Resource", "DomainResource", "patient", "HumanName", "", "-client"])
def test_what_is_no_type(name):
    with pytest.raises(NotSupported):
        resource_type(name)


def test_what_a_type_does_not_do():
    with pytest.raises(MethodNotAllowed, match="Parameters has no create here"):
        permitted("Parameters", "create")
    assert permitted("Patient", "create").name == "Patient"


def test_what_may_refer_to_a_patient():
    found = referring("Patient")

    assert found["Encounter"] == ("patient", "subject")
    assert found["Coverage"] == ("beneficiary", "patient", "payor", "policy-holder", "subscriber")
    assert "Organization" not in found
