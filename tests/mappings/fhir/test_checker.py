"""What the checker accepts and refuses; each mistake with its place and words."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.fhir.checker import check
from mappings.fhir.problem import MOST

Json = dict[str, Any]
NULLS = [None, None]


@pytest.mark.parametrize("name", ["patient", "claim", "bundle", "questionnaire"])
def test_what_conforms_has_no_problems(name: str, request: pytest.FixtureRequest) -> None:
    assert check(request.getfixturevalue(name)) == []


PATIENT: dict[str, tuple[Json, str, str]] = {
    "an unknown element": ({"surname": "Quill"}, "Patient.surname", "is not an element of Patient"),
    "an unknown element that is no name": ({"Ada Quill": 1}, "Patient", "has an unknown element"),
    "an unknown element below": ({"name": [{"famly": "Q"}]}, "Patient.name[0].famly", "is not an element of HumanName"),
    "null": ({"gender": None}, "Patient.gender", "must not be null"),
    "a null object": ({"contact": [None]}, "Patient.contact[0]", "must not be null"),
    "an empty array": ({"name": []}, "Patient.name", "must not be an empty array"),
    "an empty array of primitives": ({"name": [{"given": []}]}, "Patient.name[0].given", "must not be an empty array"),
    "an empty object": ({"name": [{}]}, "Patient.name[0]", "must not be an empty object"),
    "only an id": ({"name": [{"id": "n"}]}, "Patient.name[0]", "must have an element beside its id"),
    "an object for an array": ({"name": {"family": "Q"}}, "Patient.name", "must be an array"),
    "an array for an object": ({"maritalStatus": [{"text": "x"}]}, "Patient.maritalStatus", "must not be an array"),
    "a text for an object": ({"maritalStatus": "M"}, "Patient.maritalStatus", "must be an object"),
    "an object for a text": (
        {"birthDate": {"value": "2000"}},
        "Patient.birthDate",
        "must be a date: YYYY, YYYY-MM or YYYY-MM-DD",
    ),
    "a text for a boolean": ({"active": "true"}, "Patient.active", "must be true or false"),
    "a number for a boolean": ({"active": 1}, "Patient.active", "must be true or false"),
    "a text for an integer": ({"multipleBirthInteger": "2"}, "Patient.multipleBirth.ofType(integer)", ""),
    "a wrong code": ({"gender": "banana"}, "Patient.gender", "must be a code of administrative-gender"),
    "an array for a code": ({"gender": ["male"]}, "Patient.gender", "must not be an array, but a code of"),
    "a long id": ({"id": "x" * 65}, "Patient.id", "must be an id: 1 to 64 letters, digits, - and ."),
    "no day of the calendar": ({"birthDate": "1983-02-29"}, "Patient.birthDate", "must be a date"),
    "a blank text": ({"name": [{"family": "  "}]}, "Patient.name[0].family", "must be text, not blank"),
    "a control character": ({"name": [{"family": "Q\x1f"}]}, "Patient.name[0].family", "must be text"),
    "white space in a URI": ({"implicitRules": "urn: x"}, "Patient.implicitRules", "must be a URI"),
    "two types of a choice": ({"deceasedDateTime": "2020"}, "Patient.deceased", "must have only one type"),
    "two types of a choice, one beside": (
        {"_deceasedDateTime": {"id": "x", "extension": [{"url": "u:x", "valueCode": "y"}]}},
        "Patient.deceased",
        "must have only one type",
    ),
    "a wrong target": (
        {"managingOrganization": {"reference": "Device/1"}},
        "Patient.managingOrganization",
        "must refer to Organization",
    ),
    "a wrong absolute target": (
        {"managingOrganization": {"reference": "https://quill.test/Device/1/_history/2"}},
        "Patient.managingOrganization",
        "must refer to Organization",
    ),
    "a wrong target's type": (
        {"managingOrganization": {"type": "Device", "display": "x"}},
        "Patient.managingOrganization",
        "must refer to Organization",
    ),
    "a wrong contained target": (
        {
            "generalPractitioner": [{"reference": "#org"}],
            "managingOrganization": {"display": "x"},
            "contained": [{"resourceType": "Device", "id": "org"}],
        },
        "Patient.generalPractitioner[0]",
        "must refer to Organization or Practitioner or PractitionerRole",
    ),
    "a reference to nothing contained": (
        {"managingOrganization": {"reference": "#nobody"}},
        "Patient.managingOrganization",
        "breaks ref-1",
    ),
    "a period that ends before": (
        {"contact": [{"name": {"text": "x"}, "period": {"start": "2021", "end": "2020-05"}}]},
        "Patient.contact[0].period",
        "breaks per-1",
    ),
    "a period that may end before": (
        {"contact": [{"name": {"text": "x"}, "period": {"start": "2020-05-02", "end": "2020-05-02T09:00:00Z"}}]},
        "Patient.contact[0].period",
        "breaks per-1",
    ),
    "a contact without a way to it": ({"contact": [{"gender": "male"}]}, "Patient.contact[0]", "breaks pat-1"),
    "a telecom without a system": ({"telecom": [{"value": "1"}]}, "Patient.telecom[0]", "breaks cpt-2"),
    "an extension without a URL": ({"extension": [{"valueCode": "x"}]}, "Patient.extension[0].url", "is required"),
    "an extension with a relative URL": (
        {"extension": [{"url": "nickname", "valueCode": "x"}]},
        "Patient.extension[0].url",
        "must be an absolute URL",
    ),
    "an identifier's extension with a relative URL": (
        {"identifier": [{"value": "1", "extension": [{"url": "nickname", "valueCode": "x"}]}]},
        "Patient.identifier[0].extension[0].url",
        "must be an absolute URL",
    ),
    "an identifier of no absolute system": (
        {"identifier": [{"system": "mrn", "value": "1"}]},
        "Patient.identifier[0].system",
        "must be an absolute URI",
    ),
    "a reference with white space": (
        {"managingOrganization": {"reference": "two words"}},
        "Patient.managingOrganization.reference",
        "must be a URL or # and an id, without white space",
    ),
    "a part of an extension": ({"extension": [{"url": "u:x", "extension": [{"url": "y", "valueCode": "z"}]}]}, "", ""),
    "an extension with nothing": ({"extension": [{"url": "u:x"}]}, "Patient.extension[0]", "breaks ext-1"),
    "an extension with both": (
        {"extension": [{"url": "u:x", "valueCode": "y", "extension": [{"url": "u:z", "valueCode": "y"}]}]},
        "Patient.extension[0]",
        "breaks ext-1",
    ),
    "an extension of an unknown type": (
        {"extension": [{"url": "u:x", "valueBanana": 1}]},
        "Patient.extension[0].valueBanana",
        "is not an element of Extension",
    ),
    "nested contained": (
        {
            "contained": [
                {
                    "resourceType": "Organization",
                    "id": "org",
                    "name": "x",
                    "contained": [{"resourceType": "Device", "id": "d"}],
                }
            ]
        },
        "Patient.contained[0]",
        "breaks dom-3",
    ),
    "contained and not referred to": ({"managingOrganization": {"display": "x"}}, "Patient", "breaks dom-3"),
    "contained with a version": (
        {"contained": [{"resourceType": "Organization", "id": "org", "name": "x", "meta": {"versionId": "1"}}]},
        "Patient",
        "breaks dom-4",
    ),
    "contained with a label": (
        {
            "contained": [
                {"resourceType": "Organization", "id": "org", "name": "x", "meta": {"security": [{"code": "R"}]}}
            ]
        },
        "Patient",
        "breaks dom-5",
    ),
    "a contained mistake": (
        {"contained": [{"resourceType": "Organization", "id": "org", "name": 1}]},
        "Patient.contained[0].name",
        "must be text",
    ),
    "contained of an unknown type": (
        {"contained": [{"resourceType": "Banana", "id": "org"}]},
        "Patient.contained[0]",
        "must have the resourceType of an R4 resource",
    ),
    "contained text": ({"contained": ["org"]}, "Patient.contained[0]", "must be an object"),
    "beside what is not there": ({"_surname": {"id": "x"}}, "Patient._surname", "is not an element of Patient"),
    "beside an object": ({"_name": [{"id": "x"}]}, "Patient._name", "is not an element of Patient"),
    "only an id beside nothing": ({"_gender": {"id": "x"}, "gender": "male"}, "", ""),
    "a mistake beside": (
        {"_birthDate": {"extension": [{"valueCode": "x"}]}},
        "Patient.birthDate.extension[0].url",
        "is required",
    ),
    "an array beside one value": ({"_birthDate": [{"id": "x"}]}, "Patient.birthDate", "must not be an array"),
    "an object beside an array": (
        {"name": [{"given": ["A"], "_given": {"id": "x"}}]},
        "Patient.name[0].given",
        "must be an array",
    ),
    "arrays of unlike length": (
        {"name": [{"given": ["A"], "_given": [None, {"id": "x"}]}]},
        "Patient.name[0].given",
        "must be as long an array as _given",
    ),
    "null and nothing beside": ({"name": [{"given": ["A", None]}]}, "Patient.name[0].given[1]", "must not be null"),
    "null and null beside": (
        {"name": [{"given": NULLS, "_given": NULLS}]},
        "Patient.name[0].given[0]",
        "must not be null",
    ),
    "a script in the narrative": (
        {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>'}},
        "Patient.text.div",
        "has an element that a narrative may not have",
    ),
    "a narrative without its div": ({"text": {"status": "generated"}}, "Patient.text.div", "is required"),
    "another resource type's name": (
        {"resourceType": ["Patient"]},
        "Resource",
        "must have the resourceType of an R4 resource",
    ),
}


@pytest.mark.parametrize(("changes", "expression", "text"), PATIENT.values(), ids=PATIENT)
def test_a_mistake_in_a_patient(patient: Json, changes: Json, expression: str, text: str) -> None:
    found = check({**patient, **changes})
    if not expression:
        assert found == []
        return
    assert found[0].expression == expression
    assert found[0].text.startswith(text)


def test_a_rule_of_what_is_required_does_not_rely_on_it() -> None:
    assert [each.expression for each in check({"resourceType": "Bundle", "id": "b"})] == ["Bundle.type"]


def test_a_full_url_is_that_of_its_resource(bundle: Json) -> None:
    bundle["entry"][0]["fullUrl"] = "https://quill.test/fhir/Patient/another"
    bundle["entry"][1]["fullUrl"] = "urn:uuid:00000000-0000-4000-8000-000000000000"
    assert [each.expression for each in check(bundle)] == ["Bundle.entry[0].fullUrl"]


CLAIM: dict[str, tuple[Callable[[Json], Any], str, str]] = {
    "no status": (lambda claim: claim.pop("status"), "Claim.status", "is required"),
    "no insurance": (lambda claim: claim.pop("insurance"), "Claim.insurance", "is required"),
    "insurance []": (lambda claim: claim.update(insurance=[]), "Claim.insurance", "must not be an empty array"),
    "no coverage": (lambda claim: claim["insurance"][0].pop("coverage"), "Claim.insurance[0].coverage", "is required"),
    "sequence 0": (
        lambda claim: claim["item"][0].update(sequence=0),
        "Claim.item[0].sequence",
        "must be a JSON integer",
    ),
    "sequence as text": (
        lambda claim: claim["item"][0].update(sequence="1"),
        "Claim.item[0].sequence",
        "must be a JSON",
    ),
    "sequence as true": (
        lambda claim: claim["item"][0].update(sequence=True),
        "Claim.item[0].sequence",
        "must be a JSON",
    ),
    "a diagnosis 0": (
        lambda claim: claim["item"][0].update(diagnosisSequence=[1, 0]),
        "Claim.item[0].diagnosisSequence[1]",
        "must be a JSON integer, 1 or more",
    ),
    "an amount as text": (
        lambda claim: claim["total"].update(value="250.00"),
        "Claim.total.value",
        "must be a JSON number",
    ),
    "a unit's code without its system": (
        lambda claim: claim["item"][0]["quantity"].pop("system"),
        "Claim.item[0].quantity",
        "breaks qty-3",
    ),
    "a comparator where R4 allows none": (
        lambda claim: claim["item"][0]["quantity"].update(comparator="<"),
        "Claim.item[0].quantity.comparator",
        "is not an element of SimpleQuantity",
    ),
    "a wrong status": (lambda claim: claim.update(status="paid"), "Claim.status", "must be a code of fm-status"),
    "a patient that is a device": (
        lambda claim: claim.update(patient={"reference": "Device/1"}),
        "Claim.patient",
        "must refer to Patient",
    ),
    "a relative code system": (
        lambda claim: claim["type"]["coding"][0].update(system="codes"),
        "Claim.type.coding[0].system",
        "must be the absolute URI of a code system",
    ),
    "a value set for a code system": (
        lambda claim: claim["type"]["coding"][0].update(system="http://hl7.org/fhir/ValueSet/claim-type"),
        "Claim.type.coding[0].system",
        "must be the absolute URI of a code system",
    ),
    "a time without a zone": (
        lambda claim: claim.update(created="2024-03-05T09:30:00"),
        "Claim.created",
        "must be a dateTime",
    ),
}


@pytest.mark.parametrize(("spoil", "expression", "text"), CLAIM.values(), ids=CLAIM)
def test_a_mistake_in_a_claim(claim: Json, spoil: Callable[[Json], Any], expression: str, text: str) -> None:
    spoil(claim)
    (found,) = check(claim)
    assert found.expression == expression
    assert found.text.startswith(text)


def test_a_missing_status_may_be_explained_beside(claim: Json) -> None:
    del claim["status"]
    claim["_status"] = {"extension": [{"url": "https://quill.test/absent", "valueCode": "masked"}]}
    assert check(claim) == []


BUNDLE: dict[str, tuple[Callable[[Json], Any], str, str]] = {
    "an entry's mistake": (
        lambda bundle: bundle["entry"][0]["resource"].update(gender="x"),
        "Bundle.entry[0].resource.gender",
        "must be a code of administrative-gender",
    ),
    "a relative fullUrl": (
        lambda bundle: bundle["entry"][1].update(fullUrl="Claim/c1"),
        "Bundle.entry[1].fullUrl",
        "must be an absolute URL",
    ),
    "a versioned fullUrl": (
        lambda bundle: bundle["entry"][1].update(fullUrl="https://quill.test/fhir/Claim/c1/_history/1"),
        "Bundle.entry[1]",
        "breaks bdl-8",
    ),
    "the same resource twice": (
        lambda bundle: bundle["entry"].append(bundle["entry"][0]),
        "Bundle",
        "breaks bdl-7",
    ),
    "found without an id": (
        lambda bundle: bundle["entry"][1]["resource"].pop("id"),
        "Bundle.entry[1].resource.id",
        "is required in a search's result",
    ),
    "an outcome that is none": (
        lambda bundle: bundle["entry"][0]["search"].update(mode="outcome"),
        "Bundle.entry[0].resource",
        "must be an OperationOutcome",
    ),
    "two next pages": (
        lambda bundle: bundle["link"].extend([{"relation": "next", "url": "u:1"}, {"relation": "next", "url": "u:2"}]),
        "Bundle.link[1].relation",
        "must be there only once",
    ),
    "a batch without requests": (
        lambda bundle: bundle.update(type="batch", total=None),
        "Bundle.total",
        "must not be null",
    ),
    "a transaction without requests": (
        lambda bundle: (bundle.update(type="transaction"), bundle.pop("total")),
        "Bundle",
        "breaks bdl-2",
    ),
}


@pytest.mark.parametrize(("spoil", "expression", "text"), BUNDLE.values(), ids=BUNDLE)
def test_a_mistake_in_a_bundle(bundle: Json, spoil: Callable[[Json], Any], expression: str, text: str) -> None:
    spoil(bundle)
    found = check(bundle)
    assert found[0].expression == expression
    assert found[0].text.startswith(text)


def test_what_is_nested_keeps_its_invariants(questionnaire: Json) -> None:
    questionnaire["item"][0]["item"][0].update(type="display", required=True)
    (found,) = check(questionnaire)
    assert found.expression == "Questionnaire.item[0].item[0]"
    assert found.text.startswith("breaks que-6: ")


def test_a_concept_bound_to_a_value_set_has_a_code_of_it() -> None:
    condition = {
        "resourceType": "Condition",
        "clinicalStatus": {"text": "over"},
        "subject": {"reference": "Patient/p1"},
    }
    (found,) = check(condition)
    assert found[:2] == ("Condition.clinicalStatus", "must have a code of condition-clinical")
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    condition["clinicalStatus"] = {"coding": [{"code": "local"}, {"system": system, "code": "active"}]}
    assert check(condition) == []


WRONG_KINDS = (
    None,
    True,
    1,
    1.5,
    "",
    "Patient",
    [],
    {},
    [[]],
    {"resourceType": 1},
    {"resourceType": "Banana"},
    ...,
)


@pytest.mark.parametrize("value", WRONG_KINDS, ids=repr)
def test_what_is_no_resource_is_refused(value: Any) -> None:
    assert check(value)


def test_depth_is_bounded() -> None:
    extension: Json = {"url": "u:x", "valueCode": "y"}
    for _ in range(5000):
        extension = {"url": "u:x", "extension": [extension]}
    (found,) = check({"resourceType": "Patient", "extension": [extension]})
    assert found.text == "lies deeper than 64 elements"
    assert found.code == "too-long"


def test_the_number_of_problems_is_bounded(patient: Json) -> None:
    found = check({**patient, "name": [{"x": 1}] * 10_000, **{f"unknown{number}": 1 for number in range(10_000)}})
    assert len(found) == MOST


def test_no_value_is_repeated(patient: Json) -> None:
    secret = "Quill-7f3a"
    spoiled = {name: [{"x": secret}, secret] if isinstance(each, list) else secret for name, each in patient.items()}
    found = check({**spoiled, "resourceType": "Patient", secret * 9: 1})
    assert len(found) > 10
    assert secret not in str(found)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.just([]), st.just({}),
    st.sampled_from(["#org", "Patient/1", "2024-02-30", "male", "urn:uuid:x"]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "id", "url", "extension", "reference", "coding", "meta", "start", "value"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(data=st.data())
def test_whatever_comes_is_answered(data: st.DataObject) -> None:
    """Any element of a resource replaced by any JSON value: problems, never an exception."""
    base: Json = data.draw(st.sampled_from(SPOILT))
    name = data.draw(st.sampled_from(sorted(base)))
    for each in check({**base, name: data.draw(VALUES)}):
        assert each.expression
        assert each.text


SPOILT: tuple[Json, ...] = (
    {
        "resourceType": "Patient", "id": "x", "meta": {}, "text": {}, "contained": [], "extension": [], "name": [],
        "_birthDate": {}, "birthDate": "", "contact": [], "link": [], "managingOrganization": {}, "telecom": [],
    },
    {
        "resourceType": "Bundle", "type": "document", "entry": [{"resource": {"resourceType": "Basic"}}], "link": [],
        "total": 1, "identifier": {}, "timestamp": "",
    },
    {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "group"}], "code": []},
    {"resourceType": "Timing", "x": 1},
    {"resourceType": "CapabilityStatement", "rest": [{}], "kind": "instance", "fhirVersion": "4.0.1", "format": []},
    {"resourceType": "Observation", "code": {}, "status": "final", "component": [], "value": 1, "valueQuantity": {}},
)  # fmt: skip


def test_what_must_be_there_and_is_not_breaks_no_rule_that_reads_it() -> None:
    problems = check({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]})

    assert [each.expression for each in problems if each.code == "required"] == ["Bundle.type"]


def test_an_id_beside_one_of_several_values_is_enough() -> None:
    def named(given: object, beside: object) -> list[str]:
        name = {"given": given, "_given": beside}
        return [each.text for each in check({"resourceType": "Patient", "name": [name]})]

    assert named(["A", "B"], [None, {"id": "b"}]) == []
    assert named(["A", None], [None, {"id": "b"}]) != []
