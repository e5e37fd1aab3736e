"""https://www.rfc-editor.org/rfc/rfc6902"""

import copy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.fhir.json import dumps, loads
from mappings.fhir.patch.faults import BadPatch, Unfit
from mappings.fhir.patch.json_patch import json_patch

PATIENT = {
    "resourceType": "Patient",
    "active": True,
    "name": [{"family": "Ek", "given": ["Ada", "Bo"]}, {"family": "Om"}],
    "a/b": {"m~n": Decimal("1.00")},
}


def op(name, path, **more):
    return {"op": name, "path": path, **{key.rstrip("_"): value for key, value in more.items()}}


CHANGES = {
    "an element": ([op("add", "/gender", value="female")], {"gender": "female"}),
    "one that is there already": ([op("add", "/active", value=False)], {"active": False}),
    "into a list": ([op("add", "/name/1", value={"family": "In"})], {"name": ["Ek", "In", "Om"]}),
    "at its end": ([op("add", "/name/-", value={"family": "In"})], {"name": ["Ek", "Om", "In"]}),
    "after its last": ([op("add", "/name/2", value={"family": "In"})], {"name": ["Ek", "Om", "In"]}),
    "taken away": ([op("remove", "/name/0")], {"name": ["Om"]}),
    "the last of a list takes the list along": (
        [op("remove", "/name/1"), op("remove", "/name/0")],
        {"name": None},
    ),
    "a list that is filled again": (
        [op("remove", "/name/1"), op("remove", "/name/0"), op("add", "/name/-", value={"family": "New"})],
        {"name": ["New"]},
    ),
    "replaced": ([op("replace", "/name/1/family", value="Um")], {"name": ["Ek", "Um"]}),
    "moved": ([op("move", "/name/0", from_="/name/1")], {"name": ["Om", "Ek"]}),
    "moved to where it is": ([op("move", "/name/1", from_="/name/1")], {"name": ["Ek", "Om"]}),
    "copied": ([op("copy", "/name/-", from_="/name/0"), op("replace", "/name/2/family", value="X")],
               {"name": ["Ek", "Om", "X"]}),
    "tested": ([op("test", "/name/0/given", value=["Ada", "Bo"]), op("remove", "/active")], {"active": None}),
    "numbers are equal by value": ([op("test", "/a~1b/m~0n", value=1), op("remove", "/active")], {"active": None}),
    "the whole": ([op("replace", "", value={"name": [{"family": "Z"}]})], {"name": ["Z"], "active": None}),
}  # fmt: skip


@pytest.mark.parametrize(("operations", "expected"), CHANGES.values(), ids=CHANGES)
def test_changes(operations, expected):
    changed = json_patch(copy.deepcopy(PATIENT), operations)

    names = [each["family"] for each in changed["name"]] if "name" in changed else None
    assert {key: names if key == "name" else changed.get(key) for key in expected} == expected


UNFIT = {
    "a child of nothing": [op("add", "/contact/0/name", value={})],
    "beyond the end": [op("add", "/name/3", value={})],
    "no index": [op("add", "/name/01", value={})],
    "the end of what is there": [op("remove", "/name/-")],
    "into a primitive": [op("add", "/active/x", value=1)],
    "nothing to remove": [op("remove", "/gender")],
    "nothing to replace": [op("replace", "/gender", value="male")],
    "the whole removed": [op("remove", "")],
    "into itself": [op("move", "/name/0/given", from_="/name")],
    "another value": [op("test", "/active", value=False)],
    "true is not 1": [op("test", "/active", value=1)],
    "order matters": [op("test", "/name/0/given", value=["Bo", "Ada"])],
    "no object is left": [op("replace", "", value=[])],
}


@pytest.mark.parametrize("operations", UNFIT.values(), ids=UNFIT)
def test_does_not_fit(operations):
    with pytest.raises(Unfit):
        json_patch(copy.deepcopy(PATIENT), operations)


BAD = {
    "no list": ({}, None),
    "too long": ([op("test", "/active", value=True)] * 1001, None),
    "no operation": ([op("test", "/active", value=True), 7], 1),
    "an unknown one": ([op("merge", "/active", value=True)], 0),
    "one that cannot be a name": ([op([], "/active")], 0),
    "no path": ([{"op": "remove"}], 0),
    "a path that does not begin with /": ([op("remove", "name")], 0),
    "a bad escape": ([op("remove", "/a~2")], 0),
    "no value": ([op("add", "/gender")], 0),
    "no source": ([op("copy", "/gender")], 0),
}


@pytest.mark.parametrize(("operations", "place"), BAD.values(), ids=BAD)
def test_is_no_patch(operations, place):
    with pytest.raises(BadPatch) as bad:
        json_patch(copy.deepcopy(PATIENT), operations)

    assert (type(bad.value), bad.value.place) == (BadPatch, place)


def test_copies_do_not_grow_without_end():
    """Each of these doubles the resource."""
    with pytest.raises(Unfit, match=r"too large|too deeply"):
        json_patch(copy.deepcopy(PATIENT), [op("copy", f"/x{number}", from_="") for number in range(60)])
    with pytest.raises(Unfit, match="too deeply"):
        json_patch({"a": {}}, [op("copy", "/a" * number, from_="") for number in range(1, 1000)])


values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("abc~/", max_size=3),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc~/", max_size=3), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.text("abc~/", max_size=3), values, max_size=4)


@given(objects, st.text("abc~/", max_size=3), values)
def test_what_is_added_can_be_tested_and_removed(document, name, value):
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    without = {key: each for key, each in document.items() if key != name}

    operations = [op("add", path, value=value), op("test", path, value=value), op("remove", path)]

    assert json_patch(copy.deepcopy(document), operations) == without


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("/-~01ab", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["op", "path", "from", "value", "a"]), inner, max_size=4)
    ),
    max_leaves=6,
)
operations = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": st.text("/-~01a", max_size=5),
    },
    optional={"value": junk, "from": st.text("/-~01a", max_size=5)},
)


@given(objects, st.lists(operations | junk, max_size=5))
def test_whatever_comes_is_applied_or_refused(document, patch):
    try:
        changed = json_patch(copy.deepcopy(document), patch)
    except BadPatch:
        return
    assert loads(dumps(changed)) == changed
