"""What was sent is what is read: every digit, every name, every order, on both engines.

https://hl7.org/fhir/R4/json.html#decimal, https://hl7.org/fhir/R4/json.html#primitive"""

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.fhir.json import dumps, loads
from server.app import application
from server.auth.gate import Principal
from server.auth.scopes import parse
from server.store.store import open_store

JSON = {"content-type": "application/fhir+json"}


ON_A_SERVER = [pytest.mark.mongodb, pytest.mark.timeout(600)]


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=ON_A_SERVER)])
def app(request) -> Iterator[FastAPI]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("mongodb_url")
    with open_store(url) as store:
        everybody = Principal("default", "a-client", parse("system/*.cruds"))
        yield application(store, base_url="http://t", authenticate=lambda _: everybody)


def ask(app, method, path, body=None):
    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t/fhir/") as client:
            return await client.request(method, path, content=body, headers=JSON)

    return asyncio.run(asked())


def exact(text):
    """JSON with its numbers as they are written and its names in their order."""
    return json.loads(text, object_pairs_hook=list, parse_float=lambda each: ("number", each), parse_int=str)


digits = st.text("0123456789", min_size=1, max_size=25)
whole = st.integers(0, 10**20).map(str)
fractions = st.builds("{}.{}".format, whole, digits)
exponents = st.builds("{}{}{}{}".format, fractions | whole, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]),
                      st.integers(0, 40).map(str))  # fmt: skip
numbers = st.builds("{}{}".format, st.sampled_from(["", "-"]), fractions | exponents | st.integers(1, 10**20).map(str))
words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
extension = st.one_of(
    st.builds('{{"url":"urn:n","valueDecimal":{}}}'.format, numbers),
    st.builds('{{"valueDecimal":{},"url":"urn:n","id":"x"}}'.format, numbers),
    st.builds('{{"url":"urn:s","valueString":{}}}'.format, words.map(json.dumps)),
    st.builds('{{"url":"urn:t","_valueString":{{"extension":[{{"url":"urn:u","valueDecimal":{}}}]}}}}'.format, numbers),
)
extensions = st.lists(extension, min_size=1, max_size=3).map(lambda each: f"[{','.join(each)}]")


@st.composite
def patients(draw):
    members = [
        f'"extension":{draw(extensions)}',
        '"birthDate":"1961-07"',
        f'"_birthDate":{{"extension":{draw(extensions)}}}',
        f'"name":[{{"_given":[null,{{"extension":{draw(extensions)}}}],"given":[{json.dumps(draw(words))},"B"]}}]',
        '"multipleBirthInteger":2',
        '"_active":{"id":"a","extension":[{"url":"urn:v","valueCode":"unknown"}]}',
        '"contact":[{"period":{"end":"2020","start":"2019-01-01T00:00:00.100+02:00"},"gender":"other","name":{"text":"x"}}]',
    ]
    chosen = draw(st.permutations(members))[: draw(st.integers(1, len(members)))]
    return '{"resourceType":"Patient","id":"b",' + ",".join(chosen) + "}"


@given(patients())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_sent_is_what_is_read(app, sent):
    written = ask(app, "PUT", "Patient/b", sent.encode())
    assert written.status_code in {200, 201}, written.text

    read, found = ask(app, "GET", "Patient/b"), ask(app, "GET", "Patient?_id=b")

    assert read.content == written.content
    assert read.text in found.text
    assert [each for each in exact(read.text) if each[0] != "meta"] == exact(sent)


@given(numbers)
def test_numbers_and_what_is_computed_of_them(text):
    """A number that keeps its spelling is still one."""
    value = loads(text.encode())

    assert dumps(value) == text.encode()
    assert value == Decimal(text)
    assert dumps({"a": [value]}) == f'{{"a":[{text}]}}'.encode()
