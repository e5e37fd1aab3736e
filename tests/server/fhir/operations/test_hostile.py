"""Whatever is asked of an operation, the answer is an answer: never a fault of this server's."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.fhir.operations.table import INSTANCE, OPERATIONS, SYSTEM, TYPE

NAMES = st.sampled_from(
    """start end _since _type _typeFilter _count _page _elements _outputFormat patient type on-demand profile resource
    count onlyCertainMatches meta url code system display coding codeableConcept filter offset valueSet codeA codeB
    property source target reverse content eventsSinceNumber id status async""".split()  # noqa: SIM905
)
ODD = ("ann", "2026", "2026-13", "0", "-1", "99999999999999999999", "true", "a|b", "|", "Patient", "1.x", "")
VALUES = st.sampled_from(ODD) | st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TYPED = ("String", "Code", "Uri", "Date", "Instant", "Integer", "Boolean", "Coding", "CodeableConcept", "Meta")
RESOURCES = ("Patient", "Bundle", "ValueSet", "CodeSystem", "ConceptMap", "Coverage", "Consent", "MessageHeader")


def parameter(name, kind, value):
    return {"name": name, f"value{kind}": value}


def resource(kind, body):
    return {"resourceType": kind, **body}


PARAMETERS = st.lists(st.builds(parameter, NAMES, st.sampled_from(TYPED), VALUES | JSON), max_size=4)
BODIES = st.builds(resource, st.sampled_from(RESOURCES), st.dictionaries(NAMES, JSON, max_size=4)) | st.builds(
    lambda listed: resource("Parameters", {"parameter": listed}), PARAMETERS
)
LEVELS = {SYSTEM: "${name}", TYPE: "{type}/${name}", INSTANCE: "{type}/x/${name}"}
ADDRESSES = sorted(
    {LEVELS[level].format(type=each.type or "Patient", name=each.name) for each in OPERATIONS for level in each.levels}
)


@pytest.fixture
def answered(ask, put):
    put({"Patient/x": {}, "Encounter/x": {"status": "planned", "class": {"code": "AMB"}}})

    async def asked(method, address, query, body=None):
        parts = "&".join(f"{quote(name)}={quote(value)}" for name, value in query)
        answer = await ask(method, f"{address}?{parts}", body, prefer="respond-async")
        assert answer.status_code < 500, (method, address, query, body, answer.text)
        assert answer.status_code < 400 or answer.json()["resourceType"] == "OperationOutcome"

    return asked


USUAL = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@USUAL
@given(address=st.sampled_from(ADDRESSES), query=st.lists(st.tuples(NAMES, VALUES), max_size=4))
async def test_by_get(answered, address, query):
    await answered("GET", address, query)


@USUAL
@given(address=st.sampled_from(ADDRESSES), body=BODIES)
async def test_by_post(answered, address, body):
    await answered("POST", address, [], body)
