"""https://hl7.org/fhir/R4/search.html: what each kind of parameter finds, over a small seeded store."""

from urllib.parse import urlencode

import pytest

from server.fhir.outcome import Invalid
from server.fhir.search.parse import conditions
from server.store import links

MRN = "urn:test:mrn"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
SYSTOLIC = {"system": "http://loinc.org", "code": "8480-6", "display": "Systolic"}
DIASTOLIC = {"system": "http://loinc.org", "code": "8462-4"}
MMHG = {"unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
PATIENTS = {
    "anna": {
        "identifier": [
            {"system": MRN, "value": "1", "type": {"coding": [{"system": V2, "code": "MR"}], "text": "Record number"}},
            {"system": "urn:test:ssn", "value": "9"},
        ],
        "active": True,
        "name": [{"use": "official", "family": "Müller", "given": ["Anna", "Zoë"]}],
        "text": {
            "status": "additional",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Allergic to <b>Penicillin</b>, caf&#233;</p></div>',
        },
        "gender": "female",
        "birthDate": "1970-06-15",
        "address": [{"city": "Köln", "line": ["Domstraße 1"], "postalCode": "50667"}],
        "telecom": [{"system": "phone", "value": "+49 221 1"}, {"system": "email", "value": "anna@example.org"}],
        "generalPractitioner": [{"reference": "Practitioner/doc"}],
        "meta": {"tag": [{"system": "urn:test:tag", "code": "vip"}], "profile": ["http://example.org/p|1.0"]},
    },
    "ben": {
        "identifier": [{"system": MRN, "value": "2"}],
        "active": False,
        "name": [{"family": "Mueller", "given": ["Ben"]}, {"family": "O'Neil, Jr", "use": "old"}],
        "gender": "male",
        "birthDate": "1970",
        "generalPractitioner": [{"reference": "http://causeway.test/fhir/Practitioner/doc"}],
    },
    "cleo": {
        "identifier": [{"value": "1"}],
        "name": [{"text": "Cleo Smith"}],
        "birthDate": "1970-06-16",
        "deceasedDateTime": "2020-02-29T10:00:00+01:00",
        "link": [{"other": {"reference": "Patient/anna"}, "type": "seealso"}],
    },
}
OTHERS = {
    "Practitioner/doc": {"name": [{"family": "House"}]},
    "Encounter/e1": {
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/anna"},
        "period": {"start": "2026-01-10T08:00:00Z", "end": "2026-01-12T12:00:00Z"},
        "length": {"value": 2.5, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"},
    },
    "Encounter/e2": {
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/ben/_history/1"},
        "period": {"start": "2026-01-12"},
    },
    "Encounter/e3": {
        "status": "planned",
        "class": {"code": "IMP"},
        "subject": {"reference": "Group/g", "identifier": {"system": "urn:test:group", "value": "g7"}},
        "length": {"value": 100, "unit": "min"},
    },
    "RiskAssessment/r1": {
        "status": "final",
        "subject": {"display": "any"},
        "prediction": [{"probabilityDecimal": 0.5}],
    },
    "RiskAssessment/r2": {
        "status": "final",
        "subject": {"display": "any"},
        "prediction": [{"probabilityDecimal": 0.50}],
    },
    "RiskAssessment/r3": {
        "status": "final",
        "subject": {"display": "any"},
        "prediction": [{"probabilityDecimal": 0.05}],
    },
    "Observation/o1": {
        "status": "final",
        "code": {
            "text": "Blood pressure",
            "coding": [{"system": "http://loinc.org", "code": "85354-9", "display": "BP panel"}],
        },
        "subject": {"reference": "Patient/anna"},
        "encounter": {"reference": "Encounter/e1"},
        "component": [
            {"code": {"coding": [SYSTOLIC]}, "valueQuantity": {"value": 120, **MMHG}},
            {"code": {"coding": [DIASTOLIC]}, "valueQuantity": {"value": 70, **MMHG}},
        ],
    },
    "Observation/o2": {
        "status": "final",
        "code": {"coding": [SYSTOLIC]},
        "subject": {"reference": "http://causeway.test/fhir/Patient/ben"},
        "effectiveTiming": {"event": ["2026-01-01", "2026-03-01"]},
        "valueQuantity": {"value": 150, **MMHG},
    },
    "Observation/o3": {
        "status": "registered",
        "code": {"text": "only words"},
        "subject": {"reference": "Group/g"},
        "valueCodeableConcept": {"coding": [{"system": "urn:test:kinds", "code": "spaniel"}]},
    },
    "CodeSystem/kinds": {
        "url": "urn:test:kinds",
        "status": "active",
        "content": "complete",
        "concept": [
            {"code": "animal", "concept": [{"code": "dog", "concept": [{"code": "spaniel"}]}]},
            {"code": "stone"},
        ],
    },
    "ValueSet/dogs": {
        "url": "urn:test:dogs",
        "status": "active",
        "compose": {
            "include": [
                {"system": "urn:test:kinds", "filter": [{"property": "concept", "op": "is-a", "value": "dog"}]},
                {"system": "http://loinc.org", "concept": [{"code": "85354-9"}]},
            ],
            "exclude": [{"system": "urn:test:kinds", "concept": [{"code": "dog"}]}],
        },
    },
    "ValueSet/over": {
        "url": "urn:test:over",
        "version": "2",
        "status": "active",
        "compose": {
            "include": [
                {"system": "http://hl7.org/fhir/encounter-status", "concept": [{"code": "finished"}]},
                {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"},
                {"valueSet": ["urn:test:dogs"]},
            ]
        },
    },
    "List/l": {
        "status": "current",
        "mode": "working",
        "entry": [{"item": {"reference": "Patient/ben"}}, {"item": {"reference": "Encounter/e1"}}],
    },
    "MolecularSequence/m": {
        "coordinateSystem": 0,
        "referenceSeq": {
            "chromosome": {"coding": [{"code": "1"}]},
            "genomeBuild": "38",
            "windowStart": 5,
            "windowEnd": 9,
        },
        "variant": [{"start": 7, "end": 90}, {"start": 100, "end": 200}],
    },
    "DocumentReference/d": {
        "status": "current",
        "content": [{"attachment": {"url": "http://example.org/d"}}],
        "relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/old"}}],
    },
    "ValueSet/v1": {"status": "draft", "url": "http://example.org/vs/one"},
    "ValueSet/v2": {"status": "draft", "url": "http://example.org/vs/one/part"},
}


@pytest.fixture
async def seeded(ask):
    for id, body in PATIENTS.items():
        assert (await ask("PUT", f"Patient/{id}", {"resourceType": "Patient", "id": id, **body})).status_code == 201
    for key, body in OTHERS.items():
        type, id = key.split("/")
        sent = await ask("PUT", key, {"resourceType": type, "id": id, **body})
        assert sent.status_code == 201, sent.text


CASES = {
    # token
    "token: code": ("Patient?identifier=1", "anna cleo"),
    "token: system and code": (f"Patient?identifier={MRN}|1", "anna"),
    "token: another system": ("Patient?identifier=urn:test:other|1", ""),
    "token: no system": ("Patient?identifier=|1", "cleo"),
    "token: any of a system": ("Patient?identifier=urn:test:ssn|", "anna"),
    "token: case matters": ("Encounter?status=Finished", ""),
    "token: is no prefix": ("Encounter?status=finish", ""),
    "token: OR": ("Encounter?status=finished,planned", "e1 e3"),
    "token: AND": (f"Patient?identifier={MRN}|1&identifier=9", "anna"),
    "token: not": ("Patient?gender:not=male", "anna cleo"),
    "token: not any of": ("Encounter?status:not=finished,planned", "e2"),
    "token: missing": ("Patient?gender:missing=true", "cleo"),
    "token: not missing": ("Patient?gender:missing=false", "anna ben"),
    "token: boolean": ("Patient?active=true", "anna"),
    "token: coding": ("Encounter?class=IMP", "e1 e3"),
    "token: contact point": ("Patient?telecom=anna@example.org", "anna"),
    "token: where": ("Patient?phone=anna@example.org", ""),
    "token: computed": ("Patient?deceased=true", "cleo"),
    "token: computed, where nothing is": ("Patient?deceased=false", "anna ben"),
    "token: a code's own system": ("Patient?gender=http://hl7.org/fhir/administrative-gender|male", "ben"),
    "token: another system's code": ("Patient?gender=urn:test:other|male", ""),
    "token: all of a code's own system": ("Patient?gender=http://hl7.org/fhir/administrative-gender|", "anna ben"),
    "token: text of a concept": ("Observation?code:text=blood", "o1"),
    "token: text of a coding": ("Observation?code:text=bp%20p", "o1"),
    "token: text of an identifier's type": ("Patient?identifier:text=record", "anna"),
    "token: of a type": (f"Patient?identifier:of-type={V2}|MR|1", "anna"),
    "token: of another type": (f"Patient?identifier:of-type={V2}|MR|9", ""),
    "token: words are something": ("Observation?code:missing=false", "o1 o2 o3"),
    "token: in a value set": ("Observation?value-concept:in=urn:test:dogs", "o3"),
    "token: in a value set of several systems": ("Observation?code:in=urn:test:dogs", "o1"),
    "token: in a value set, whole systems": ("Encounter?class:in=urn:test:over", "e1 e2"),
    "token: in a value set, a code": ("Encounter?status:in=urn:test:over|2", "e1"),
    "token: in a value set of value sets": ("Observation?code:in=urn:test:over", "o1"),
    "token: in one of R4's own": ("Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender", "anna ben"),
    "token: not in a value set": ("Observation?code:not-in=urn:test:dogs", "o2 o3"),
    "token: below": ("Observation?value-concept:below=urn:test:kinds|animal", "o3"),
    "token: not below": ("Observation?value-concept:below=urn:test:kinds|stone", ""),
    "token: above": ("Observation?value-concept:above=urn:test:kinds|spaniel", "o3"),
    "token: not above": ("Observation?value-concept:above=urn:test:kinds|dog", ""),
    # composite
    "composite: of one element": ("Observation?component-code-value-quantity=8480-6$gt100", "o1"),
    "composite: not of two": ("Observation?component-code-value-quantity=8462-4$gt100", ""),
    "composite: with systems": (
        "Observation?component-code-value-quantity=http://loinc.org|8480-6$120|http://unitsofmeasure.org|mm[Hg]",
        "o1",
    ),
    "composite: another unit": ("Observation?component-code-value-quantity=8480-6$120||kPa", ""),
    "composite: here or there": ("Observation?combo-code-value-quantity=8480-6$ge120", "o1 o2"),
    "composite: OR": ("Observation?combo-code-value-quantity=8480-6$150,8462-4$70", "o1 o2"),
    "composite: positions": ("MolecularSequence?chromosome-variant-coordinate=1$gt50$lt250", "m"),
    "composite: positions of two": ("MolecularSequence?chromosome-variant-coordinate=1$lt50$gt150", ""),
    "composite: window": ("MolecularSequence?chromosome-window-coordinate=1$5$ge9", "m"),
    "composite: reference": ("DocumentReference?relationship=DocumentReference/old$replaces", "d"),
    "composite: missing": ("Observation?code-value-quantity:missing=true", "o1 o3"),
    # chains
    "chain": ("Observation?subject:Patient.family=mue", "o2"),
    "chain, any type": ("Encounter?subject.birthdate=1970-06-15", "e1"),
    "chain, a modifier": ("Observation?patient.family:exact=Mueller", "o2"),
    "chain, OR": ("Observation?patient.gender=male,female", "o1 o2"),
    "chain, several levels": ("Observation?encounter.subject:Patient.general-practitioner.name=house", "o1"),
    "chain, several types": ("Patient?general-practitioner.name=house", "anna ben"),
    "chain, not": ("Observation?patient.gender:not=male", "o1"),
    "chain, by id": ("Observation?encounter._id=e1", "o1"),
    "reverse chain": ("Patient?_has:Observation:patient:code=8480-6", "ben"),
    "reverse chain, nested": (
        "Practitioner?_has:Patient:general-practitioner:_has:Encounter:patient:status=finished",
        "doc",
    ),
    "reverse chain and chain": ("Encounter?_has:Observation:encounter:patient.family=mull", "e1"),
    "chain and reverse chain": ("Encounter?patient._has:Observation:patient:code=8480-6", "e2"),
    "reverse chain, none": ("Patient?_has:Observation:patient:code=nothing", ""),
    "list": ("Patient?_list=l", "ben"),
    "list, of another type": ("Observation?_list=l", ""),
    # string
    "string: prefix without case and accent": ("Patient?family=mull", "anna"),
    "string: not in the middle": ("Patient?family=ueller", ""),
    "string: accent asked": ("Patient?given=ZOE", "anna"),
    "string: any part of a name": ("Patient?name=anna", "anna"),
    "string: text of a name": ("Patient?name=cleo%20s", "cleo"),
    "string: exact": ("Patient?family:exact=Müller", "anna"),
    "string: exact minds case": ("Patient?family:exact=müller", ""),
    "string: exact is the whole": ("Patient?family:exact=Mü", ""),
    "string: contains": ("Patient?family:contains=ELLE", "ben"),
    "string: address": ("Patient?address=domstrasse", "anna"),
    "string: an escaped comma": ("Patient?family=o'neil\\,%20j", "ben"),
    "string: an unescaped comma is OR": ("Patient?family=o'neil,mü", "anna ben"),
    # date
    "date: a day": ("Patient?birthdate=1970-06-15", "anna"),
    "date: a year holds its days": ("Patient?birthdate=1970", "anna ben cleo"),
    "date: a day holds no year": ("Patient?birthdate=1970-06", "anna cleo"),
    "date: ne": ("Patient?birthdate=ne1970-06-15", "ben cleo"),
    "date: gt": ("Patient?birthdate=gt1970-06-15", "ben cleo"),
    "date: lt": ("Patient?birthdate=lt1970-06-16", "anna ben"),
    "date: ge": ("Patient?birthdate=ge1970-06-16", "ben cleo"),
    "date: le": ("Patient?birthdate=le1970-06-15", "anna ben"),
    "date: sa": ("Patient?birthdate=sa1970-06-15", "cleo"),
    "date: eb": ("Patient?birthdate=eb1970-06-16", "anna"),
    "date: between": ("Patient?birthdate=ge1970-06-15&birthdate=le1970-06-15", "anna ben"),
    "date: period, overlap by two": ("Encounter?date=ge2026-01-11&date=le2026-01-11", "e1"),
    "date: open period": ("Encounter?date=gt2030", "e2"),
    "date: starts after": ("Encounter?date=sa2026-01-11", "e2"),
    "date: eq holds the whole period": ("Encounter?date=2026-01", "e1"),
    "date: another zone": ("Patient?death-date=2020-02-29T09:00:00Z", "cleo"),
    "date: minutes": ("Patient?death-date=2020-02-29T09:00Z", "cleo"),
    "date: about, near": ("Encounter?date=ap2026-01-11", "e1 e2"),
    "date: about, too far": ("Patient?birthdate=ap2020", ""),
    "date: one of several": ("Observation?date=2026-01-01", ""),
    "date: all of several": ("Observation?date=2026", "o2"),
    "date: missing": ("Encounter?date:missing=true", "e3"),
    "date: lastUpdated": ("Patient?_lastUpdated=gt2026-03-01T08:00:00Z", "ben cleo"),
    # number and quantity
    "number: as many digits as written": ("RiskAssessment?probability=0.5", "r1 r2"),
    "number: implied precision": ("RiskAssessment?probability=0.1", "r3"),
    "number: gt": ("RiskAssessment?probability=gt0.05", "r1 r2"),
    "number: le": ("RiskAssessment?probability=le5e-2", "r3"),
    "number: ne": ("RiskAssessment?probability=ne0.5", "r3"),
    "quantity: number alone": ("Encounter?length=2.5", "e1"),
    "quantity: with its code": ("Encounter?length=gt2|http://unitsofmeasure.org|d", "e1"),
    "quantity: unit as written": ("Encounter?length=ge100||min", "e3"),
    "quantity: another unit": ("Encounter?length=ge0||h", ""),
    "quantity: about": ("Encounter?length=ap95", "e3"),
    # reference
    "reference: type and id": ("Encounter?subject=Patient/anna", "e1"),
    "reference: id alone": ("Encounter?subject=anna", "e1"),
    "reference: absolute": ("Encounter?subject=http://causeway.test/fhir/Patient/anna", "e1"),
    "reference: of a type": ("Encounter?subject:Patient=anna", "e1"),
    "reference: of another type": ("Encounter?subject:Group=anna", ""),
    "reference: patient": ("Encounter?patient=ben", "e2"),
    "reference: patient is no group": ("Encounter?patient=Group/g", ""),
    "reference: stored as this server's address": ("Patient?general-practitioner=Practitioner/doc", "anna ben"),
    "reference: somebody else's address": ("Encounter?subject=http://elsewhere.test/fhir/Patient/anna", ""),
    "reference: by identifier": ("Encounter?subject:identifier=urn:test:group|g7", "e3"),
    "reference: OR": ("Encounter?subject=anna,Patient/ben", "e1 e2"),
    "reference: missing": ("Patient?general-practitioner:missing=true", "cleo"),
    # uri
    "uri: whole": ("ValueSet?url=http://example.org/vs/one", "v1"),
    "uri: below": ("ValueSet?url:below=http://example.org/vs/one", "v1 v2"),
    "uri: above": ("ValueSet?url:above=http://example.org/vs/one/part", "v1 v2"),
    # for all types
    "id": ("Patient?_id=anna", "anna"),
    "text": ("Patient?_text=penicillin", "anna"),
    "text: several words": ("Patient?_text=Café%20Allergic", "anna"),
    "text: not all of the words": ("Patient?_text=penicillin%20none", ""),
    "text: no tag": ("Patient?_text=div", ""),
    "text: OR": ("Patient?_text=none,penicillin", "anna"),
    "text, chained": ("Encounter?patient._text=penicillin", "e1"),
    "several ids": ("Patient?_id=anna,cleo,nobody", "anna cleo"),
    "tag": ("Patient?_tag=urn:test:tag|vip", "anna"),
    "profile": ("Patient?_profile=http://example.org/p", "anna"),
    "nothing asked": ("Patient", "anna ben cleo"),
}


async def test_finds(ask, seeded):
    """One seeding serves all: what a search finds never depends on another search."""
    wrong = {
        label: found
        for label, (query, expected) in CASES.items()
        if (found := await ids(ask, query)) != expected.split()
    }

    assert wrong == {}


async def ids(ask, query):
    response = await ask("GET", query)
    assert response.status_code == 200, (query, response.text)
    return sorted(each["resource"]["id"] for each in response.json().get("entry", ()))


class TestScope:
    """What a chain leads over, and what a value set is made of, is searched for by the same client."""

    @pytest.fixture
    def scope(self):
        return "system/*.cu system/Encounter.rs system/Observation.rs system/Patient.rs?gender=male system/Patient.r"

    REACHED = {  # noqa: RUF012
        "chain to what may be searched for": ("Encounter?patient.family=mue", "e2"),
        "chain to what may not": ("Encounter?patient.family=mull", ""),
        "not in what may not": ("Encounter?patient.family:missing=false", "e2"),
        "chain over what may not": ("Observation?encounter.patient.family=mull", ""),
        "reverse chain": ("Patient?_has:Observation:patient:code=8480-6", "ben"),
        "reverse chain, of a type that may not": ("Patient?_has:Group:member:_id=g", ""),
        "chain to a type that may not": ("Encounter?subject:Group._id=g", ""),
        "list that may not": ("Patient?_list=l", ""),
    }

    async def test_finds(self, ask, seeded):
        wrong = {
            label: found
            for label, (query, expected) in self.REACHED.items()
            if (found := await ids(ask, query)) != expected.split()
        }

        assert wrong == {}

    async def test_a_condition_leads_over_nothing_else_either(self, ask, seeded):
        body = {"resourceType": "Encounter", "status": "planned", "class": {"code": "IMP"}}

        assert (await ask("PUT", "Encounter?patient.family=mue", body)).status_code == 200
        assert (await ask("PUT", "Encounter?patient.family=mull", body)).status_code == 201

    async def test_counts_no_others(self, ask, seeded):
        body = (await ask("GET", "Encounter?patient.birthdate:missing=false&_summary=count")).json()

        assert body["total"] == 1

    async def test_knows_no_value_set_that_may_not_be_searched_for(self, ask, seeded, issues):
        response = await ask("GET", "Observation?code:in=urn:test:dogs")

        assert issues(response) == [("not-found", None, "the value set is not known here")]


SORTED = {
    "up": ("birthdate", ["ben", "anna", "cleo"]),
    "down": ("-birthdate", ["cleo", "anna", "ben"]),
    "by name, who has none comes last": ("family", ["ben", "anna", "cleo"]),
    "by id": ("-_id", ["cleo", "ben", "anna"]),
    "by change": ("-_lastUpdated", ["cleo", "ben", "anna"]),
    "by two": ("-gender,birthdate", ["ben", "anna", "cleo"]),
    "by two, the first the same": ("deceased,-birthdate", ["anna", "ben", "cleo"]),
}


@pytest.mark.parametrize(("sort", "expected"), SORTED.values(), ids=SORTED)
async def test_sorts(ask, seeded, sort, expected):
    body = (await ask("GET", f"Patient?_sort={sort}")).json()

    assert [each["resource"]["id"] for each in body["entry"]] == expected


async def test_pages(ask, seeded):
    url, pages = "Patient?_sort=-birthdate&_count=1", []
    while url:
        body = (await ask("GET", url)).json()
        pages.append([each["resource"]["id"] for each in body["entry"]])
        url = next((each["url"] for each in body["link"] if each["relation"] == "next"), None)

    assert pages == [["cleo"], ["anna"], ["ben"]]


async def test_a_chain_over_a_canonical_is_refused(ask, issues):
    response = await ask("GET", "QuestionnaireResponse?questionnaire.title=x")

    assert issues(response) == [("not-supported", None, "questionnaire: a chain over a canonical is not supported")]


async def test_what_leads_over_too_much_is_refused(ask, seeded, issues, monkeypatch):
    monkeypatch.setattr(links, "LINKED", 1)
    response = await ask("GET", "Patient?link:Patient.link:Patient.link:Patient._id=anna,ben")

    assert response.status_code == 400
    text = "this search leads over more resources than are looked at"
    assert issues(response) == [("too-costly", None, text)]


def test_what_is_told_by_a_resource_alone_has_no_links():
    with pytest.raises(Invalid, match="a chain, _has and _list are not supported here"):
        conditions("Encounter", (("patient.family", "x"),))


async def test_bundle(ask, seeded):
    body = (await ask("GET", "Patient?family=mull&foo=bar&_format=json")).json()

    stored = (await ask("GET", "Patient/anna")).json()
    assert body == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 1,
        "link": [{"relation": "self", "url": "http://causeway.test/fhir/Patient?family=mull"}],
        "entry": [
            {"fullUrl": "http://causeway.test/fhir/Patient/anna", "resource": stored, "search": {"mode": "match"}},
            {
                "resource": {
                    "resourceType": "OperationOutcome",
                    "issue": [
                        {
                            "severity": "warning",
                            "code": "not-supported",
                            "diagnostics": "search parameter foo is not known",
                        }
                    ],
                },
                "search": {"mode": "outcome"},
            },
        ],
    }


async def test_nothing_found_has_no_entries(ask):
    body = (await ask("GET", "Patient?identifier=nobody")).json()

    assert "entry" not in body
    assert body["total"] == 0


TOTALS = {
    "all on one page": ("Patient", 3),
    "more pages, not asked": ("Patient?_count=2", None),
    "more pages, asked": ("Patient?_count=2&_total=accurate", 3),
    "counted only": ("Patient?_summary=count", 3),
    "no entries wanted": ("Patient?_count=0&gender=male", 1),
}


@pytest.mark.parametrize(("query", "total"), TOTALS.values(), ids=TOTALS)
async def test_total(ask, seeded, query, total):
    body = (await ask("GET", query)).json()

    assert body.get("total") == total
    assert ("entry" in body) is ("_summary" not in query and "_count=0" not in query)


async def test_by_post(ask, seeded):
    form = {"content_type": "application/x-www-form-urlencoded"}

    response = await ask("POST", "Patient/_search?gender=female", b"family=M%C3%BCll&birthdate=1970-06-15", **form)

    body = response.json()
    assert [each["resource"]["id"] for each in body["entry"]] == ["anna"]
    assert body["link"][0]["url"] == (
        "http://causeway.test/fhir/Patient?gender=female&family=M%C3%BCll&birthdate=1970-06-15"
    )


async def test_post_of_something_else(ask, issues):
    response = await ask("POST", "Patient/_search", {"family": "x"})

    assert response.status_code == 415
    assert issues(response) == [("not-supported", None, "a search is posted as application/x-www-form-urlencoded")]


async def test_strict_handling(ask, issues):
    response = await ask("GET", "Patient?foo=bar", Prefer="handling=strict")

    assert response.status_code == 400
    assert issues(response) == [("not-supported", None, "search parameter foo is not known")]


NO_DATE = "birthdate: a date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss[.fff]][zone]"
NO_TOKEN = "identifier: a token is code, system|code, |code or system|"
REFUSED = {
    "modifier unknown": ("family:soundslike=x", "not-supported", "family: the modifier soundslike is not supported"),
    "modifier of another kind": ("gender:exact=x", "not-supported", "gender: the modifier exact is not supported"),
    "no such type": ("link:Banana=1", "not-supported", "link: the modifier Banana is not supported"),
    "chain to what none has": (
        "general-practitioner.shoe=x",
        "not-supported",
        "general-practitioner: no type that it refers to has such a parameter",
    ),
    "chain to what its type has not": (
        "link:Patient.shoe=x",
        "not-supported",
        "shoe is not a search parameter of Patient",
    ),
    "chain over no reference": (
        "family.name=x",
        "invalid",
        "family: a chain leads over a reference, to a type that it has",
    ),
    "chain to another type": (
        "link:Group.name=x",
        "invalid",
        "link: a chain leads over a reference, to a type that it has",
    ),
    "reverse chain, in part": (
        "_has:Observation:patient=x",
        "invalid",
        "_has is _has:Type:reference:parameter",
    ),
    "reverse chain over no reference": (
        "_has:Observation:code:status=x",
        "not-supported",
        "_has: Observation has no reference parameter of that name",
    ),
    "reverse chain to what is not there": (
        "_has:Observation:patient:shoe=x",
        "not-supported",
        "shoe is not a search parameter of Observation",
    ),
    "functional list": (
        "_list=$current-problems",
        "not-supported",
        "_list is the id of a List; functional lists are not supported",
    ),
    "value set unknown": ("gender:in=http://e.org/nothing", "not-found", "the value set is not known here"),
    "code system unknown": ("gender:below=http://e.org/s|a", "not-found", "gender: the code system is not known here"),
    "half an identifier of a type": (
        "identifier:of-type=MR|1",
        "invalid",
        "identifier: an identifier of a type is system|code|value",
    ),
    "content": ("_content=x", "not-supported", "_content is not supported"),
    "text without a word": ("_text=,-", "invalid", "_text: a value is empty"),
    "text of no words": ("_text=-", "invalid", "_text: a word is needed"),
    "filter": ("_filter=x", "not-supported", "_filter is not supported"),
    "empty": ("family=", "invalid", "family: a value is empty"),
    "one of them empty": ("family=a,,b", "invalid", "family: a value is empty"),
    "no date": ("birthdate=soon", "invalid", NO_DATE),
    "no day of the calendar": ("birthdate=2023-02-30", "invalid", NO_DATE),
    "too many parts of a token": ("identifier=a|b|c", "invalid", NO_TOKEN),
    "an empty token": ("identifier=|", "invalid", NO_TOKEN),
    "missing, maybe": ("gender:missing=perhaps", "invalid", "gender: :missing is true or false"),
    "sorted by too many": ("_sort=family,given,_id,gender,active,name", "too-costly", "_sort: more than 5 keys"),
    "sorted by nothing known": ("_sort=-shoe", "not-supported", "_sort: shoe is not a search parameter of Patient"),
    "count no number": ("_count=many", "invalid", "_count has to be a whole number"),
    "count twice": ("_count=1&_count=2", "invalid", "_count is given twice"),
    "summary": ("_summary=some", "not-supported", "_summary is one of true, text, data, count, false"),
    "cursor": ("_page=nonsense", "invalid", "_page is not one that this server gave for this search"),
    "control character": ("family=a%1Fb", "invalid", "family: control characters cannot be searched for"),
    "not UTF-8": ("family=%FF", "invalid", "the query is not UTF-8"),
    "too long": (f"family={'x' * 4000}", "too-long", "family: longer than 4000 characters"),
    "too many values": (f"family={','.join('x' * 301)}", "too-costly", "family: more than 300 values"),
    "too many parts": (
        "&".join(["family=" + ",".join("x" * 90)] * 4),
        "too-costly",
        "the search has more than 300 parts",
    ),
    "too many parameters": ("&".join(["family=x"] * 61), "too-costly", "more than 60 search parameters"),
    "far too many parameters": ("&".join(["family=x"] * 1000), "invalid", "the query has too many parameters"),
}


@pytest.mark.parametrize(("query", "code", "text"), REFUSED.values(), ids=REFUSED)
async def test_refused(ask, issues, query, code, text):
    response = await ask("GET", f"Patient?{query}")

    assert response.status_code == 400
    assert issues(response) == [(code, None, text)]


LITERAL = ('{"$gt":""}', "$where", "a.b", "(a+)+$", "%", "_", "*", "' OR 1=1 --", "\U0010fffe")


@pytest.mark.parametrize("text", LITERAL)
async def test_what_is_searched_for_is_text(ask, seeded, text):
    for name in ("family", "family:contains", "family:exact", "identifier", "_id", "_tag"):
        response = await ask("GET", "Patient?" + urlencode({name: text}))
        assert response.json()["total"] == 0
