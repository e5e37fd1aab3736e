"""https://hl7.org/fhir/R4/terminology-service.html"""

import pytest

COLOURS, SHAPES = "http://example.org/colours", "http://example.org/shapes"
BASE = "http://example.org/vs/"


def concept(code, display, *concepts, **properties):
    listed = [
        {"code": name, "valueCode" if name == "parent" else "valueString": value} for name, value in properties.items()
    ]
    return {
        "code": code,
        "display": display,
        **({"property": listed} if listed else {}),
        **({"concept": list(concepts)} if concepts else {}),
    }


def system(url, *concepts, content="complete"):
    return {"status": "active", "url": url, "name": "Named", "content": content, "concept": list(concepts)}


def value_set(name, *includes, **more):
    return {"status": "active", "url": BASE + name, "compose": {"include": list(includes), **more}}


def chosen(property, op, value, url=COLOURS):
    return {"system": url, "filter": [{"property": property, "op": op, "value": value}]}


STORED = {
    "CodeSystem/old": {**system(COLOURS, concept("red", "Rot")), "version": "1"},
    "CodeSystem/colours": {
        **system(
            COLOURS,
            concept(
                "warm",
                "Warm colour",
                concept("red", "Red", concept("crimson", "Deep red", hex="dc143c"), hex="ff0000"),
                concept("orange", "Orange", hex="ffa500"),
            ),
            concept("cold", "Cold colour"),
            concept("blue", "Blue", parent="cold", hex="0000ff"),
            concept("teal", "Teal", parent="cold", status="retired"),
        ),
        "version": "2",
    },
    "CodeSystem/fragment": system(SHAPES, concept("square", "Square"), content="fragment"),
    "ValueSet/all": value_set("all", {"system": COLOURS}),
    "ValueSet/listed": value_set(
        "listed", {"system": SHAPES, "concept": [{"code": "round", "display": "Ball"}, {"code": "square"}]}
    ),
    "ValueSet/warm": value_set("warm", chosen("concept", "is-a", "warm")),
    "ValueSet/below-warm": value_set("below-warm", chosen("concept", "descendent-of", "warm")),
    "ValueSet/not-warm": value_set("not-warm", chosen("concept", "is-not-a", "warm")),
    "ValueSet/hex": value_set("hex", chosen("hex", "exists", "true")),
    "ValueSet/equal": value_set("equal", chosen("hex", "=", "0000ff")),
    "ValueSet/in": value_set("in", chosen("code", "in", "red, blue,none")),
    "ValueSet/not-in": value_set("not-in", chosen("code", "not-in", "warm,red,crimson,cold")),
    "ValueSet/regex": value_set("regex", chosen("display", "regex", "[BT].*")),
    "ValueSet/evil": value_set("evil", chosen("display", "regex", "((a+)+)+b")),
    "ValueSet/without": value_set("without", {"system": COLOURS}, exclude=[chosen("concept", "is-a", "warm")]),
    "ValueSet/both": value_set("both", {"valueSet": [BASE + "warm", BASE + "hex"]}),
    "ValueSet/union": value_set("union", {"valueSet": [BASE + "equal"]}, {"valueSet": [BASE + "listed"]}),
    "ValueSet/round": value_set("round", {"valueSet": [BASE + "round"]}),
    "ValueSet/open": value_set("open", {"system": SHAPES}),
    "ConceptMap/paint": {
        "status": "active",
        "url": "http://example.org/map",
        "sourceUri": BASE + "all",
        "targetUri": BASE + "listed",
        "group": [
            {
                "source": COLOURS,
                "target": SHAPES,
                "element": [
                    {"code": "red", "target": [{"code": "round", "display": "Ball", "equivalence": "equal"}]},
                    {"code": "blue", "target": [{"code": "square", "equivalence": "wider"}]},
                    {"code": "teal", "target": [{"equivalence": "unmatched"}]},
                ],
                "unmapped": {"mode": "fixed", "code": "square"},
            }
        ],
    },
}

WARM = ["warm", "red", "crimson", "orange"]
EXPANDED = {
    "all of a code system, in its order": ("url=all", [*WARM, "cold", "blue", "teal"]),
    "a list, in its order": ("url=listed", ["round", "square"]),
    "is-a": ("url=warm", WARM),
    "descendent-of": ("url=below-warm", WARM[1:]),
    "is-not-a": ("url=not-warm", ["cold", "blue", "teal"]),
    "exists": ("url=hex", ["red", "crimson", "orange", "blue"]),
    "equal": ("url=equal", ["blue"]),
    "in": ("url=in", ["red", "blue"]),
    "not-in": ("url=not-in", ["orange", "blue", "teal"]),
    "regex": ("url=regex", ["blue", "teal"]),
    "an expression that would take for ever": ("url=evil", []),
    "without": ("url=without", ["cold", "blue", "teal"]),
    "what is in both": ("url=both", ["crimson", "orange", "red"]),
    "what is in either": ("url=union", ["blue", "round", "square"]),
    "narrowed by text": ("url=all&filter=re", ["red", "crimson"]),
    "narrowed by several words": ("url=all&filter=col wa", ["warm"]),
    "a page": ("url=all&offset=1&count=2", ["red", "crimson"]),
    "no more than are there": ("url=all&offset=6&count=5", ["teal"]),
    "none, to count them": ("url=all&count=0", []),
    "only what is in use": ("url=not-warm&activeOnly=true", ["cold", "blue"]),
}


@pytest.fixture
def stored(put):
    put(STORED)


def codes(answer):
    assert answer.status_code == 200, answer.text
    return [each["code"] for each in answer.json()["expansion"].get("contains", ())]


@pytest.mark.parametrize(("query", "expected"), EXPANDED.values(), ids=EXPANDED)
async def test_expand(ask, stored, query, expected):
    assert codes(await ask("GET", f"ValueSet/$expand?{query.replace('url=', f'url={BASE}')}")) == expected


async def test_an_expansion(ask, stored):
    body = (await ask("GET", "ValueSet/listed/$expand?count=1")).json()

    expansion = body["expansion"]
    assert "compose" not in body
    assert (body["url"], expansion["total"], expansion["offset"]) == (f"{BASE}listed", 2, 0)
    assert expansion["contains"] == [{"system": SHAPES, "code": "round", "display": "Ball"}]
    assert expansion["parameter"] == [{"name": "count", "valueInteger": 1}]
    assert {"identifier", "timestamp"} <= expansion.keys()


async def test_one_that_was_sent(ask, stored):
    body = {"resourceType": "ValueSet", **value_set("sent", {"system": COLOURS, "concept": [{"code": "red"}]})}

    assert codes(await ask("POST", "ValueSet/$expand", body)) == ["red"]
    assert (await ask("POST", "ValueSet/$expand?filter=blue", body)).json()["expansion"]["total"] == 0


async def test_one_of_r4s_own(ask):
    answer = await ask("GET", "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender")

    assert codes(answer) == ["female", "male", "other", "unknown"]


NO_EXPANSION = {
    "one that nobody knows": (f"url={BASE}x", 400, "the value set is not known here"),
    "one that takes itself in": (f"url={BASE}round", 400, "the value set takes in too many others"),
    "one of which not all is known": (
        f"url={BASE}open",
        422,
        "the value set takes all of a code system that is not known here",
    ),
    "none": ("count=1", 400, "a url is needed, or the ValueSet"),
    "a negative page": (f"url={BASE}all&offset=-1", 400, "offset and count are 0 or more"),
}


@pytest.mark.parametrize(("query", "status", "text"), NO_EXPANSION.values(), ids=NO_EXPANSION)
async def test_no_expansion(ask, stored, issues, query, status, text):
    answer = await ask("GET", f"ValueSet/$expand?{query}")

    assert (answer.status_code, issues(answer)[0][2]) == (status, text)


VALID = {
    "in it": (f"ValueSet/$validate-code?url={BASE}warm&system={COLOURS}&code=red", True),
    "not in it": (f"ValueSet/$validate-code?url={BASE}warm&system={COLOURS}&code=blue", False),
    "of another system": (f"ValueSet/$validate-code?url={BASE}warm&system={SHAPES}&code=red", False),
    "of whichever system": (f"ValueSet/$validate-code?url={BASE}warm&code=red", True),
    "by its address": (f"ValueSet/warm/$validate-code?system={COLOURS}&code=red", True),
    "called so": (f"ValueSet/warm/$validate-code?system={COLOURS}&code=red&display=Red", True),
    "not called so": (f"ValueSet/warm/$validate-code?system={COLOURS}&code=red&display=Blue", False),
    "a coding": (f"ValueSet/warm/$validate-code?coding={COLOURS}|red", True),
    "all of a system that is not known whole": (f"ValueSet/open/$validate-code?system={SHAPES}&code=oval", True),
    "of R4's own": (
        "ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/days-of-week&code=mon",
        True,
    ),
    "in a code system": (f"CodeSystem/$validate-code?url={COLOURS}&code=teal", True),
    "in no code system": (f"CodeSystem/$validate-code?url={COLOURS}&code=square", False),
    "in a version of it": (f"CodeSystem/$validate-code?url={COLOURS}&version=1&code=blue", False),
    "a coding of another": (f"CodeSystem/colours/$validate-code?coding={SHAPES}|red", False),
}


def values(answer):
    assert answer.status_code == 200, answer.text
    listed = answer.json()["parameter"]
    return {
        each["name"]: next((value for key, value in each.items() if key.startswith("value")), None) for each in listed
    }


@pytest.mark.parametrize(("address", "expected"), VALID.values(), ids=VALID)
async def test_validate_code(ask, stored, address, expected):
    found = values(await ask("GET", address))

    assert found["result"] is expected
    assert ("message" in found) is not expected


async def test_a_concept_is_valid_if_one_of_its_codes_is(ask, stored):
    concept = {"coding": [{"system": SHAPES, "code": "square"}, {"system": COLOURS, "code": "red"}]}
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "codeableConcept", "valueCodeableConcept": concept}],
    }

    assert values(await ask("POST", "ValueSet/warm/$validate-code", parameters)) == {"result": True, "display": "Red"}


async def test_lookup(ask, stored):
    answer = await ask("GET", f"CodeSystem/$lookup?system={COLOURS}&code=red")

    listed = answer.json()["parameter"]
    found = {each["part"][0]["valueCode"]: each["part"][1] for each in listed if each["name"] == "property"}
    assert values(answer).items() >= {"name": "Named", "version": "2", "display": "Red"}.items()
    assert found == {
        "parent": {"name": "value", "valueCode": "warm"},
        "child": {"name": "value", "valueCode": "crimson"},
        "hex": {"name": "value", "valueString": "ff0000"},
    }


LATEST = {
    "by number": (["9", "10", "2"], "10"),
    "one that has none is older": ([None, "0.1"], "0.1"),
    "with words": (["2026-draft", "2026"], "2026-draft"),
}


@pytest.mark.parametrize(("versions", "expected"), LATEST.values(), ids=LATEST)
async def test_the_latest_version_is_meant(ask, put, versions, expected):
    for id, version in enumerate(versions):
        numbered = {"version": version} if version else {}
        put({f"CodeSystem/{id}": {**system("urn:example:v", concept("x", version or "none")), **numbered}})

    assert values(await ask("GET", "CodeSystem/$lookup?system=urn:example:v&code=x"))["display"] == expected


async def test_lookup_of_some_properties_in_a_version(ask, stored):
    one = await ask("GET", f"CodeSystem/$lookup?system={COLOURS}&code=red&property=hex")
    old = await ask("GET", f"CodeSystem/$lookup?coding={COLOURS}|red&version=1")

    assert len([each for each in one.json()["parameter"] if each["name"] == "property"]) == 1
    assert values(old)["display"] == "Rot"


SUBSUMED = {
    "itself": ("red", "red", "equivalent"),
    "what is below": ("warm", "crimson", "subsumes"),
    "what is above": ("blue", "cold", "subsumed-by"),
    "what is beside": ("red", "orange", "not-subsumed"),
}


@pytest.mark.parametrize(("a", "b", "expected"), SUBSUMED.values(), ids=SUBSUMED)
async def test_subsumes(ask, stored, a, b, expected):
    query = f"codeA={a}&codeB={b}"
    codings = f"codingA={COLOURS}|{a}&codingB={COLOURS}|{b}"
    for address in (f"$subsumes?system={COLOURS}&{query}", f"colours/$subsumes?{query}", f"$subsumes?{codings}"):
        assert values(await ask("GET", f"CodeSystem/{address}")) == {"outcome": expected}


NOT_FOUND = {
    "no such code": (f"CodeSystem/$lookup?system={COLOURS}&code=x", 404),
    "no such system": ("CodeSystem/$lookup?system=urn:x&code=x", 404),
    "no system": ("CodeSystem/$lookup?code=x", 400),
    "no code": (f"CodeSystem/$lookup?system={COLOURS}", 400),
    "nothing to compare": (f"CodeSystem/$subsumes?system={COLOURS}&codeA=red", 400),
    "another code": (f"CodeSystem/$subsumes?system={COLOURS}&codeA=red&codeB=x", 404),
    "two systems": (f"CodeSystem/$subsumes?codingA={COLOURS}|red&codingB={SHAPES}|square", 400),
    "no such map": ("ConceptMap/$translate?url=urn:x&code=x", 404),
    "no map": ("ConceptMap/$translate?code=x", 400),
}


@pytest.mark.parametrize(("address", "status"), NOT_FOUND.values(), ids=NOT_FOUND)
async def test_what_cannot_be_answered(ask, stored, address, status):
    answer = await ask("GET", address)

    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


TRANSLATED = {
    "one": (f"url=http://example.org/map&system={COLOURS}&code=red", True, [("equal", "round")]),
    "by where it leads": (f"source={BASE}all&target={BASE}listed&coding={COLOURS}|blue", True, [("wider", "square")]),
    "into a system": (
        f"url=http://example.org/map&targetsystem={SHAPES}&system={COLOURS}&code=red",
        True,
        [("equal", "round")],
    ),
    "into another system": (f"url=http://example.org/map&targetsystem=urn:x&system={COLOURS}&code=red", False, []),
    "what has none": (f"url=http://example.org/map&system={COLOURS}&code=teal", False, [("unmatched", None)]),
    "what is not mentioned": (f"url=http://example.org/map&system={COLOURS}&code=x", True, [("inexact", "square")]),
    "of another system": (f"url=http://example.org/map&system={SHAPES}&code=red", False, []),
    "backwards": (f"url=http://example.org/map&reverse=true&system={SHAPES}&code=square", True, [("narrower", "blue")]),
}


@pytest.mark.parametrize(("query", "result", "expected"), TRANSLATED.values(), ids=TRANSLATED)
async def test_translate(ask, stored, query, result, expected):
    answer = await ask("GET", f"ConceptMap/$translate?{query}")

    parts = [each["part"] for each in answer.json()["parameter"] if each["name"] == "match"]
    named = [{part["name"]: part for part in each} for each in parts]
    found = [
        (each["equivalence"]["valueCode"], each.get("concept", {}).get("valueCoding", {}).get("code")) for each in named
    ]
    assert (values(answer)["result"], found) == (result, expected)


@pytest.mark.parametrize("scope", ["system/Patient.rs"])
async def test_only_what_the_scopes_reach(ask, stored):
    for address in (f"ValueSet/$expand?url={BASE}all", f"CodeSystem/$lookup?system={COLOURS}&code=red"):
        assert (await ask("GET", address)).status_code == 403
