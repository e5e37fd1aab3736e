"""A search finds what ``query.matches`` says, on every engine, in pages that neither lose nor repeat."""

from functools import cache, reduce
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.store import sqlite_search, sqlite_walk
from server.store.query import (
    EVERYTHING,
    NOTHING,
    All,
    Any,
    Between,
    Holds,
    Not,
    OneOf,
    Referred,
    Refers,
    Search,
    Sort,
    Span,
    TooBroad,
    equals,
    matches,
    starts,
    term,
)

NAMES = ["smith", "smythe", "schmidt", "m\u00fcller", "o'neil", "100%", "a_b", "\U0001f600"]
BIRTHDATE = Sort("birthdate\x1f")
LAST_BORN = Sort("birthdate\x1f", descending=True)


def patient(n):
    """Thirty of them, each a little different; every third without a birth date, every fifth with two."""
    terms = [term("_id", f"p{n:02}"), term("family", NAMES[n % len(NAMES)]), term("status", "ab"[n % 2], "urn:s")]
    terms += [term("birthdate", f"19{90 - n}")] if n % 3 else []
    terms += [term("birthdate", f"19{60 + n}")] if n % 5 == 1 else []
    terms += [term("stay", f"{2000 + n + m}", f"{2003 + n * 2 + m}") for m in range(0, n % 3 * 10, 10)]
    terms += [term("link", f"Patient/p{n // 2:02}")] if n % 4 else []
    terms += [term("link", f"http://here/Patient/p{n // 3:02}")] if n % 7 == 0 else []
    return tuple(sorted(terms))


PATIENTS = {f"p{n:02}": patient(n) for n in range(30)}
VISITS = {
    f"v{n}": tuple(sorted((term("_id", f"v{n}"), term("class", "ab"[n % 2]), term("subject", f"Patient/p{n * 3:02}"))))
    for n in range(9)
}
OF_TYPE = {"Patient": PATIENTS, "Encounter": VISITS, "Group": {}}


@pytest.fixture
def filled(engine, entry, write):
    people = [write(f"Patient/{id}", terms=terms) for id, terms in reversed(PATIENTS.items())]
    others = [write(f"Encounter/{id}", terms=terms) for id, terms in VISITS.items()]
    others += [write("Patient/gone")]
    gone = [write("Patient/gone", 1, body=None, terms=PATIENTS["p01"])]
    engine.append("clinic", [entry(1, *people), entry(2, *others), entry(3, *gone)])
    engine.append("elsewhere", [entry(1, *people[:3], tenant="elsewhere")])
    engine.project("clinic")
    engine.project("elsewhere")
    return engine


def expected(where):
    return sorted(having("Patient", where))


@cache
def having(type, where):
    return {id: terms for id, terms in OF_TYPE[type].items() if holds(where, id, terms)}


def holds(where, id, terms):
    """What a query means, links and all, said as plainly as can be."""
    match where:
        case Refers(prefixes, type, inner):
            return any(prefix + each in terms for prefix in prefixes for each in having(type, inner))
        case Referred(prefixes, type, inner):
            return any(prefix + id in there for prefix in prefixes for there in having(type, inner).values())
        case Not(inner):
            return not holds(inner, id, terms)
        case All(queries):
            return all(holds(each, id, terms) for each in queries)
        case Any(queries):
            return any(holds(each, id, terms) for each in queries)
        case _:
            return matches(where, terms)


def walk(engine, search, limit):
    """The ids of each page."""
    after, pages = None, []
    while True:
        page = engine.search("clinic", Search(search.type, search.where, search.sort, limit, after))
        pages.append([version.key.id for version in page.versions])
        if page.next is None:
            return pages
        after = page.next


LINK, SUBJECT = ("link\x1fPatient/", "link\x1fhttp://here/Patient/"), ("subject\x1fPatient/",)
QUERIES = {
    "everything": EVERYTHING,
    "nothing": NOTHING,
    "equals": equals(term("family", "smith")),
    "equals none": equals(term("family", "smit")),
    "starts": starts(term("family", "sm")),
    "starts, beyond ascii": starts(term("family", "m\u00fc")),
    "starts, beyond the plane": starts(term("family", "\U0001f600")),
    "range": Between("birthdate\x1f1965", "birthdate\x1f1980"),
    "one term in a range, not two around it": Between("birthdate\x1f1970", "birthdate\x1f1971"),
    "contains": Holds("family\x1f", "mi"),
    "contains a wildcard": Holds("family\x1f", "%"),
    "contains an underscore": Holds("family\x1f", "_"),
    "contains a quote": Holds("family\x1f", "'"),
    "contains a pattern": Holds("family\x1f", ".*"),
    "contains nothing": Holds("family\x1f", ""),
    "contains nul": Holds("family\x1f", "\x00"),
    "ends": Holds("family\x1f", "th", ends=True),
    "ends with more than there is": Holds("family\x1f", "amily\x1fsmith", ends=True),
    "ends beyond the plane": Holds("family\x1f", "\U0001f600", ends=True),
    "not": Not(equals(term("family", "smith"))),
    "not a range": Not(starts("birthdate\x1f")),
    "all": All((equals(term("status", "a", "urn:s")), starts("birthdate\x1f"))),
    "all, one of them rare": All((equals(term("status", "a", "urn:s")), equals(term("_id", "p04")))),
    "any": Any((equals(term("family", "smith")), equals(term("family", "o'neil")))),
    "any, equal and range": Any((equals(term("_id", "p03")), Between("birthdate\x1f1985", "birthdate\x1f1988"))),
    "any with not": Any((equals(term("_id", "p03")), Not(starts("birthdate\x1f")))),
    "nested": All((Not(Any((equals(term("_id", "p03")), NOTHING))), Any((Holds("family\x1f", "o"), starts("birth"))))),
    "one of": OneOf((term("family", "smith"), term("family", "100%"), term("family", "nobody"))),
    "one of none": OneOf(()),
    "span": Span("stay\x1f2010", "stay\x1f2030", "0000", "2039"),
    "span, from below": Span("stay\x1f", "stay\x1f2018", "2020", "9999"),
    "span, one value of two": Span("stay\x1f2020", "stay\x1f2029", "2019", "2050"),
    "not a span": Not(Span("stay\x1f2010", "stay\x1f2030", "2000", "2039")),
    "refers": Refers(LINK, "Patient", equals(term("family", "smith"))),
    "refers by either address": Refers(LINK, "Patient", EVERYTHING),
    "refers, further": Refers(LINK, "Patient", Refers(LINK, "Patient", equals(term("status", "a", "urn:s")))),
    "refers, far": reduce(lambda inner, _: Refers(LINK, "Patient", inner), range(5), equals(term("_id", "p00"))),
    "referred, far": reduce(lambda inner, _: Referred(LINK, "Patient", inner), range(4), equals(term("_id", "p29"))),
    "refers to another type": Refers(LINK, "Encounter", EVERYTHING),
    "refers to what is not": Refers(LINK, "Patient", Not(starts("birthdate\x1f"))),
    "refers to nothing": Refers(LINK, "Patient", NOTHING),
    "refers to a type that is not there": Refers(LINK, "Group", EVERYTHING),
    "referred": Referred(SUBJECT, "Encounter", equals(term("class", "a"))),
    "referred by its own type": Referred(LINK, "Patient", starts(term("family", "s"))),
    "referred, further": Referred(SUBJECT, "Encounter", Refers(SUBJECT, "Patient", starts(term("family", "s")))),
    "referred by nothing": Referred(SUBJECT, "Encounter", NOTHING),
    "not referred": Not(Referred(SUBJECT, "Encounter", EVERYTHING)),
    "all, with a link": All((Refers(LINK, "Patient", starts("family\x1fs")), equals(term("status", "a", "urn:s")))),
    "any, with a link": Any((Refers(LINK, "Patient", equals(term("_id", "p03"))), equals(term("family", "smith")))),
    "an operator": equals("$where"),
    "an operator's value": starts("$gt"),
}
SORTS = {
    "unsorted": (),
    "ascending": (BIRTHDATE,),
    "descending": (LAST_BORN,),
    "by what none has": (Sort("x\x1f"),),
    "by two": (Sort("status\x1f"), LAST_BORN),
    "by two, the first not always there": (LAST_BORN, Sort("family\x1f")),
    "by three": (Sort("family\x1f", descending=True), BIRTHDATE, Sort("_id\x1f", descending=True)),
}


def test_every_query_finds_what_it_means(filled):
    for label, where in QUERIES.items():
        want = expected(where)
        assert sorted(chain(*walk(filled, Search("Patient", where), 50))) == want, label
        assert filled.count("clinic", "Patient", where) == len(want), label


def test_pages_are_each_row_once_in_order(filled):
    for label, sort in SORTS.items():
        for name in ("everything", "starts", "not a range", "all", "any, equal and range", "contains"):
            whole = walk(filled, Search("Patient", QUERIES[name], sort), 50)[0]
            assert list(chain(*walk(filled, Search("Patient", QUERIES[name], sort), 2))) == whole, (label, name)
            assert sorted(whole) == expected(QUERIES[name]), (label, name)


def test_sorting_is_by_the_first_term_in_its_order_and_without_one_last(filled):
    def births(sort, best):
        whole = walk(filled, Search("Patient", EVERYTHING, sort), 50)[0]
        return [best([t for t in PATIENTS[id] if t.startswith("birthdate")], default=None) for id in whole]

    ascending, descending = births((BIRTHDATE,), min), births((LAST_BORN,), max)
    assert ascending[:22] == sorted(filter(None, ascending))
    assert descending[:22] == sorted(filter(None, descending), reverse=True)
    assert ascending[22:] == descending[22:] == [None] * 8


WAYS = {
    "driven": (5_000, 1_500),
    "driven by very few": (3, 1_500),
    "walked, each looked at": (0, 1_500),
    "walked, the first looked at": (0, 4),
    "walked, by the index's sets": (0, 1),
}


@pytest.mark.parametrize(("few", "steps"), WAYS.values(), ids=WAYS)
def test_driven_or_walked_the_answer_is_the_same(filled, monkeypatch, few, steps):
    monkeypatch.setattr(sqlite_search, "FEW", few)
    monkeypatch.setattr(sqlite_walk, "STEPS", steps)
    test_every_query_finds_what_it_means(filled)
    test_pages_are_each_row_once_in_order(filled)


def test_a_page_that_is_asked_for_again_is_the_same_after_more_was_written(filled, entry, write):
    first = filled.search("clinic", Search("Patient", EVERYTHING, (BIRTHDATE,), 5))
    filled.append("clinic", [entry(4, write("Patient/new", terms=("birthdate\x1f1900",)))])
    filled.project("clinic")
    second = filled.search("clinic", Search("Patient", EVERYTHING, (BIRTHDATE,), 5, first.next))
    assert not {v.key for v in first.versions} & {v.key for v in second.versions}
    assert len(second.versions) == 5


BAD_CURSORS = {
    "not base64": "%%%",
    "not json": "AAAA",
    "another shape": "W10=",
    "a number too large": "W251bGwsIDEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDBd",
    "a key, though nothing is sorted": "WyJiaXJ0aGRhdGVcdTAwMWYxIiwgMV0=",
    "an object": "W251bGwsIHsiJGd0IjogMX1d",
    "beyond ascii": "\u00fc",
}


@pytest.mark.parametrize("cursor", BAD_CURSORS.values(), ids=BAD_CURSORS)
def test_a_bad_cursor_is_refused(engine, cursor):
    with pytest.raises(ValueError, match="cursor"):
        engine.search("clinic", Search("Patient", after=cursor))


def test_too_much_at_once_is_refused(engine):
    with pytest.raises(TooBroad, match="400 parts"):
        engine.search("clinic", Search("Patient", Any(tuple(equals(str(n)) for n in range(400)))))
    most = Any(tuple(Between(f"{n}", f"{n}z") for n in range(399)))
    assert engine.search("clinic", Search("Patient", most)).versions == ()
    assert engine.count("clinic", "Patient", most) == 0


TERMS = sorted({each for terms in PATIENTS.values() for each in terms})
LEAVES = st.one_of(
    st.sampled_from(TERMS).map(equals),
    st.lists(st.sampled_from(TERMS), max_size=4).map(tuple).map(OneOf),
    st.builds(
        Span,
        st.sampled_from(["stay\x1f", "stay\x1f2010"]),
        st.sampled_from(["stay\x1f2015", "stay\x1f3"]),
        st.sampled_from(["0000", "2019", "2037"]),
        st.sampled_from(["2019", "2050", "9999"]),
    ),
    st.tuples(st.sampled_from(TERMS), st.sampled_from(TERMS)).map(lambda pair: Between(*pair)),
    st.builds(
        Holds, st.sampled_from(["family\x1f", "birthdate\x1f"]), st.text("mith9%._\\", max_size=2), st.booleans()
    ),
)
ALGEBRA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.builds(Refers, st.sampled_from([LINK, SUBJECT]), st.sampled_from(sorted(OF_TYPE)), inner),
        st.builds(Referred, st.sampled_from([LINK, SUBJECT]), st.sampled_from(sorted(OF_TYPE)), inner),
        st.lists(inner, max_size=3).map(tuple).map(All),
        st.lists(inner, max_size=3).map(tuple).map(Any),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=ALGEBRA, sort=st.sampled_from(list(SORTS.values())), few=st.sampled_from([0, 4, 5_000]))
def test_any_query_finds_what_it_means(filled, where, sort, few):
    sqlite_search.FEW, kept = few, sqlite_search.FEW
    try:
        assert sorted(chain(*walk(filled, Search("Patient", where, sort), 7))) == expected(where)
    finally:
        sqlite_search.FEW = kept
