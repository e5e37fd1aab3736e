"""https://hl7.org/fhir/R4/messageheader-operation-process-message.html"""

from copy import deepcopy

import pytest

V2 = "http://terminology.hl7.org/CodeSystem/v2-0003"
MRN = {"system": "urn:test:mrn", "value": "4711"}
VISIT = {"system": "urn:test:visit", "value": "V1"}
CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ACTIVE = {"coding": [{"system": CLINICAL, "code": "active"}]}
ADMISSION = {
    "resourceType": "Bundle",
    "type": "message",
    "timestamp": "2026-03-01T07:00:00+01:00",
    "entry": [
        {
            "fullUrl": "urn:uuid:267b18ce-3d37-4581-9baa-6fada338038b",
            "resource": {
                "resourceType": "MessageHeader",
                "id": "m1",
                "eventCoding": {"system": V2, "code": "A01"},
                "source": {"endpoint": "https://adt.test/fhir"},
                "focus": [{"reference": "Encounter/e"}],
            },
        },
        {
            "fullUrl": "https://adt.test/fhir/Patient/p",
            "resource": {
                "resourceType": "Patient",
                "id": "p",
                "identifier": [MRN],
                "name": [{"family": "Bauer"}],
                "gender": "female",
            },
        },
        {
            "fullUrl": "https://adt.test/fhir/Encounter/e",
            "resource": {
                "resourceType": "Encounter",
                "id": "e",
                "identifier": [VISIT],
                "status": "in-progress",
                "class": {"code": "IMP"},
                "subject": {"reference": "Patient/p"},
            },
        },
        {
            "fullUrl": "https://adt.test/fhir/AllergyIntolerance/a",
            "resource": {
                "resourceType": "AllergyIntolerance",
                "id": "a",
                "clinicalStatus": ACTIVE,
                "patient": {"reference": "https://adt.test/fhir/Patient/p"},
            },
        },
    ],
}


def message(id="m1", code="A01", at="2026-03-01T07:00:00+01:00", *resources):
    """The admission, with other resources if any are given."""
    sent = deepcopy(ADMISSION)
    sent["timestamp"] = at
    sent["entry"][0]["resource"].update(id=id, eventCoding={"system": V2, "code": code})
    if resources:
        sent["entry"][1:] = [{"resource": each} for each in resources]
    return sent


async def only(ask, type):
    [entry] = (await ask("GET", type)).json()["entry"]
    return entry["resource"]


async def test_what_it_tells_is_stored(ask):
    answer = await ask("POST", "$process-message", ADMISSION)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    header = body["entry"][0]["resource"]
    assert body["type"] == "message"
    assert header["response"] == {"identifier": "m1", "code": "ok"}
    assert header["eventCoding"] == {"system": V2, "code": "A01"}
    assert header["destination"] == [{"endpoint": "https://adt.test/fhir"}]
    patient, encounter = await only(ask, "Patient"), await only(ask, "Encounter")
    assert (patient["identifier"], patient["name"]) == ([MRN], [{"family": "Bauer"}])
    for reference in (encounter["subject"], (await only(ask, "AllergyIntolerance"))["patient"]):
        assert reference == {"reference": f"Patient/{patient['id']}"}
    assert patient["id"] != "p"


async def test_the_same_message_again_does_nothing(ask, store):
    first = await ask("POST", "$process-message", ADMISSION)
    again = await ask("POST", "$process-message", ADMISSION)

    assert again.json() == first.json()
    assert store.last("default") == 1


async def test_another_message_of_the_same_id_is_refused(ask, issues):
    await ask("POST", "$process-message", ADMISSION)
    answer = await ask("POST", "$process-message", message(code="A08"))

    assert answer.status_code == 409
    assert issues(answer)[0][:2] == ("duplicate", "Bundle.entry[0].resource.id")


async def test_a_later_message_changes_what_it_speaks_of(ask):
    """What it says nothing of stays, and what is told late of an earlier time comes too late, as in HL7 v2."""
    await ask("POST", "$process-message", ADMISSION)
    late, told = {"name": [{"family": "Bauer-Early"}]}, {"name": [{"family": "Bauer-Late"}]}
    known = {"resourceType": "Patient", "identifier": [MRN]}
    await ask("POST", "$process-message", message("m2", "A08", "2026-03-02T07:00:00Z", {**known, **told}))
    await ask("POST", "$process-message", message("m3", "A08", "2026-02-01T07:00:00Z", {**known, **late}))

    patient = await only(ask, "Patient")
    assert (patient["name"], patient["gender"]) == (told["name"], "female")


async def test_what_has_no_identifier_is_known_by_its_senders_name(ask):
    await ask("POST", "$process-message", ADMISSION)
    allergy = ADMISSION["entry"][3]["resource"] | {"patient": {"reference": "Patient/p"}}
    patient = {"resourceType": "Patient", "id": "p", "identifier": [MRN]}
    again = message("m2", "A08", "2026-03-02T07:00:00Z", patient, {**allergy, "criticality": "high"})

    assert (await ask("POST", "$process-message", again)).status_code == 200
    assert (await only(ask, "AllergyIntolerance"))["criticality"] == "high"


def changed(place, **elements):
    sent = deepcopy(ADMISSION)
    sent["entry"][place]["resource"].update(elements)
    return sent


REFUSED = {
    "no message": ({"resourceType": "Bundle", "type": "collection"}, 400, "this is no message"),
    "of nothing": (
        {"resourceType": "Bundle", "type": "message"},
        400,
        "breaks bdl-12: type = 'message' implies entry.first().resource.is(MessageHeader)",
    ),
    "a merge": (message(code="A40"), 422, "this event is not processed here"),
    "another event": (
        changed(0, eventCoding={"system": "urn:x", "code": "A01"}),
        422,
        "this event is not processed here",
    ),
    "what is not FHIR": (changed(1, gender="banana"), 400, "must be a code of administrative-gender"),
    "two patients' numbers": (
        message("m2", "A08", "2026-03-02T07:00:00Z", {"resourceType": "Patient", "identifier": [MRN, VISIT]}),
        422,
        "the identifiers belong to more than one stored patient",
    ),
}


@pytest.mark.parametrize(("body", "status", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, put, issues, body, status, text):
    put({"Patient/one": {"identifier": [MRN]}, "Patient/two": {"identifier": [VISIT]}})

    answer = await ask("POST", "$process-message", body)

    assert (answer.status_code, issues(answer)[0][2]) == (status, text)


async def test_it_is_not_answered_later(ask):
    assert (await ask("POST", "$process-message?async=true", ADMISSION)).status_code == 400
    assert (await ask("GET", "$process-message")).status_code == 405


@pytest.mark.parametrize("scope", ["system/Patient.cu system/Encounter.cu", "patient/*.cu"])
async def test_every_type_has_to_be_allowed(ask, store, scope):
    assert (await ask("POST", "$process-message", ADMISSION)).status_code == 403
    assert store.last("default") == 0
