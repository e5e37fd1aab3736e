"""https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.auth.scopes import MAX_SCOPES, BadScope, ResourceScope, Scope, Word, covers, narrow, parse, subset, text

READ = {
    "v2": ("system/Patient.rs", ResourceScope("system", "Patient", "rs")),
    "v2, every action": ("user/Claim.cruds", ResourceScope("user", "Claim", "cruds")),
    "v2, one action": ("patient/Observation.s", ResourceScope("patient", "Observation", "s")),
    "any type": ("system/*.cud", ResourceScope("system", "*", "cud")),
    "v1 read": ("patient/Patient.read", ResourceScope("patient", "Patient", "rs")),
    "v1 write": ("patient/Patient.write", ResourceScope("patient", "Patient", "cud")),
    "v1 all of all": ("system/*.*", ResourceScope("system", "*", "cruds")),
    "narrowed": (
        "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
        ResourceScope(
            "patient",
            "Observation",
            "rs",
            ("category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",),
        ),
    ),
    "narrowed twice": (
        "system/Claim.r?status=active&use=claim",
        ResourceScope("system", "Claim", "r", ("status=active", "use=claim")),
    ),
    "a word": ("openid", Word("openid")),
    "a context": ("launch/patient", Word("launch/patient")),
}


@pytest.mark.parametrize(("written", "meant"), READ.values(), ids=READ)
def test_a_scope_is_read_and_written_the_same(written: str, meant: Scope) -> None:
    assert parse(written) == (meant,)
    assert text(parse(written)) == written


BAD = {
    "actions out of order": "system/Patient.sr",
    "an action twice": "system/Patient.rr",
    "no action": "system/Patient.",
    "an action that is none": "system/Patient.x",
    "v1 and v2 mixed": "system/Patient.readrs",
    "v1 narrowed": "system/Patient.read?gender=male",
    "a type that R4 has not": "system/Patients.rs",
    "an abstract type": "system/DomainResource.rs",
    "a type in lower case": "system/patient.rs",
    "an internal type": "system/-client.rs",
    "a context that is none": "admin/Patient.rs",
    "no context": "/Patient.rs",
    "no type": "system/.rs",
    "a word that is none": "everything",
    "a word in other case": "OpenID",
    "a tab": "system/Patient.rs\tsystem/Claim.rs",
    "a line break": "system/Patient.rs\n",
    "an empty parameter": "system/Patient.rs?",
    "a parameter without value": "system/Patient.rs?gender=",
    "a value without parameter": "system/Patient.rs?=male",
    "an include": "system/Patient.rs?_include=Patient:link",
    "a count": "system/Patient.rs?_count=1",
    "a reverse chain": "system/Patient.rs?_has:Observation:patient:code=1",
    "a chain": "system/Claim.rs?patient.name=x",
    "a quote": 'system/Patient.rs?name="x"',
    "not ASCII": "system/Patient.rs?name=ä",
    "wildcard within": "system/Pat*.rs",
}


@pytest.mark.parametrize("written", BAD.values(), ids=BAD)
def test_what_is_no_scope_is_refused_by_its_place(written: str) -> None:
    with pytest.raises(BadScope, match="scope 2 "):
        parse("openid " + written)


def test_scopes_are_bounded() -> None:
    with pytest.raises(BadScope, match="more than"):
        parse(" ".join(["openid"] * (MAX_SCOPES + 1)))
    with pytest.raises(BadScope, match="more than"):
        parse("system/Patient.rs?name=" + "x" * 10_000)


def test_a_list_keeps_its_order_and_has_each_scope_once() -> None:
    assert text(parse("  openid system/Claim.rs  openid system/Claim.read ")) == "openid system/Claim.rs"
    assert parse("") == ()


NARROWED = {
    "fewer actions": ("system/Patient.cruds", "system/*.rs", "system/Patient.rs"),
    "fewer types": ("system/*.rs", "system/Patient.cruds", "system/Patient.rs"),
    "all that was asked, as it was asked": ("system/Patient.read", "system/*.cruds", "system/Patient.read"),
    "v1 asked, v2 registered": ("system/*.read", "system/*.rs", "system/*.read"),
    "v2 asked, v1 registered": ("system/*.rs", "system/*.*", "system/*.rs"),
    "v1 cannot say it": ("system/Patient.read", "system/*.r", "system/Patient.r"),
    "put together from several": ("system/Patient.cruds", "system/*.rs system/Patient.c", "system/Patient.crs"),
    "what another part holds is not said again": ("system/*.rs", "system/*.rs system/Claim.r", "system/*.rs"),
    "the type's own rights on top": (
        "system/*.cruds",
        "system/*.rs system/Claim.c",
        "system/*.rs system/Claim.c",
    ),
    "contexts do not mix": ("patient/Patient.rs user/Patient.rs", "system/*.cruds", ""),
    "narrowed by the registration": ("system/Claim.rs", "system/Claim.rs?use=claim", "system/Claim.rs?use=claim"),
    "narrowed by the request": ("system/Claim.rs?use=claim", "system/*.cruds", "system/Claim.rs?use=claim"),
    "narrowed by both": (
        "system/Claim.rs?use=claim",
        "system/Claim.r?status=active",
        "system/Claim.r?use=claim&status=active",
    ),
    "narrowed alike": ("system/Claim.rs?a=1&b=2", "system/Claim.rs?b=2&a=1", "system/Claim.rs?a=1&b=2"),
    "words are all or nothing": ("openid launch/patient fhirUser", "openid system/*.rs", "openid"),
    "nothing in common": ("system/Patient.cud", "system/*.rs", ""),
    "another type": ("system/Patient.rs", "system/Claim.rs", ""),
}


@pytest.mark.parametrize(("asked", "registered", "granted"), NARROWED.values(), ids=NARROWED)
def test_what_is_granted_is_asked_for_and_registered(asked: str, registered: str, granted: str) -> None:
    assert text(narrow(parse(asked), parse(registered))) == granted


# The algebra's laws, over few enough values that scopes meet often.
law = settings(deadline=None)
TYPES, PARAMS = ("*", "Patient", "Claim"), ("status=active", "use=claim")
actions = st.sets(st.sampled_from("cruds"), min_size=1).map(lambda chosen: "".join(a for a in "cruds" if a in chosen))
resource_scopes = st.builds(
    ResourceScope,
    st.sampled_from(("patient", "user", "system")),
    st.sampled_from(TYPES),
    actions,
    st.lists(st.sampled_from(PARAMS), unique=True).map(tuple),
)
scope_lists = st.lists(
    resource_scopes | st.sampled_from(("openid", "launch")).map(Word), max_size=6, unique_by=str
).map(tuple)


def allowed(scopes: tuple[Scope, ...], probe: ResourceScope) -> bool:
    """Whether one action on one kind of resource is allowed, by the definition."""
    return any(isinstance(each, ResourceScope) and covers(each, probe) for each in scopes)


probes = st.builds(
    ResourceScope,
    st.sampled_from(("patient", "user", "system")),
    st.sampled_from(TYPES[1:]),
    st.sampled_from("cruds"),
    st.lists(st.sampled_from(PARAMS), unique=True).map(tuple),
)


@law
@given(scope_lists)
def test_law_text_round_trips(scopes: tuple[Scope, ...]) -> None:
    assert parse(text(scopes)) == scopes


@law
@given(scope_lists, scope_lists)
def test_law_what_is_granted_is_within_both(asked: tuple[Scope, ...], registered: tuple[Scope, ...]) -> None:
    granted = narrow(asked, registered)
    assert subset(granted, asked)
    assert subset(granted, registered)


@law
@given(scope_lists, scope_lists, probes)
def test_law_what_both_allow_is_granted(
    asked: tuple[Scope, ...], registered: tuple[Scope, ...], probe: ResourceScope
) -> None:
    assert allowed(narrow(asked, registered), probe) == (allowed(asked, probe) and allowed(registered, probe))


@law
@given(scope_lists)
def test_law_narrowing_by_itself_changes_nothing(scopes: tuple[Scope, ...]) -> None:
    assert subset(scopes, narrow(scopes, scopes))


@law
@given(scope_lists, scope_lists)
def test_law_narrowing_twice_is_narrowing_once(asked: tuple[Scope, ...], registered: tuple[Scope, ...]) -> None:
    once = narrow(asked, registered)
    twice = narrow(once, registered)
    assert subset(once, twice)
    assert subset(twice, once)


@law
@given(scope_lists, scope_lists, probes)
def test_law_a_subset_allows_no_more(inner: tuple[Scope, ...], outer: tuple[Scope, ...], probe: ResourceScope) -> None:
    if subset(inner, outer) and allowed(inner, probe):
        assert allowed(outer, probe)
