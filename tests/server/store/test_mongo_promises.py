"""What a server of MongoDB's protocol cannot promise is said before anything is kept there."""

import pytest

from server.store.mongo_promises import doubts, faults, index_faults, url_faults

SET_OF_THREE = {"maxWireVersion": 17, "setName": "rs0", "hosts": ["a:1", "b:1", "c:1"]}

URLS = {
    "nothing said": ({}, "primary", ""),
    "what is done anyway": ({"w": "majority", "journal": True}, "primary", ""),
    "one node": ({"w": 1}, "primary", "leave w and journal out"),
    "no journal": ({"j": False}, "primary", "leave w and journal out"),
    "secondaries": ({}, "secondaryPreferred", "leave readPreference out"),
}


@pytest.mark.parametrize(("written", "reads", "said"), URLS.values(), ids=URLS)
def test_the_url(written, reads, said):
    found = "; ".join(url_faults(written, reads))
    assert said in found
    assert bool(said) == bool(found)


SERVERS = {
    "as it should be": (SET_OF_THREE, {"storage": {"engine": "wiredTiger", "journal": {"enabled": True}}}, ""),
    "one of which nothing can be asked": (SET_OF_THREE, {}, ""),
    "too old": ({**SET_OF_THREE, "maxWireVersion": 9}, {}, "older than MongoDB 5.0: update it"),
    "no journal": (SET_OF_THREE, {"storage": {"journal": {"enabled": False}}}, "keeps no journal"),
    "in memory": (SET_OF_THREE, {"storage": {"engine": "inMemory"}}, "in memory only"),
    "no flush": (SET_OF_THREE, {"storage": {"syncPeriodSecs": 0}}, "never flushes"),
}


@pytest.mark.parametrize(("hello", "options", "said"), SERVERS.values(), ids=SERVERS)
def test_the_server(hello, options, said):
    found = "; ".join(faults(hello, options))
    assert said in found
    assert bool(said) == bool(found)


DOUBTS = {
    "three members": (SET_OF_THREE, {}, ""),
    "a sharded cluster": ({"msg": "isdbgrid"}, {}, ""),
    "a DocumentDB": ({}, {"ferretdb": {"version": "v2.7.0"}}, ""),
    "standalone": ({}, {}, "no member of a replica set"),
    "two members": ({**SET_OF_THREE, "hosts": ["a:1", "b:1"]}, {}, "2 data-bearing members"),
}


@pytest.mark.parametrize(("hello", "build", "said"), DOUBTS.values(), ids=DOUBTS)
def test_what_is_for_an_operator_to_judge(hello, build, said):
    found = "; ".join(doubts(hello, build))
    assert said in found
    assert bool(said) == bool(found)


KEY = [("place", 1), ("terms", 1)]
INDEXES = {
    "plain": ({"x": {"key": KEY}}, True),
    "plain, and another that is not": ({"x": {"key": KEY, "sparse": True}, "y": {"key": KEY}}, True),
    "said to be what it is not": ({"x": {"key": KEY, "sparse": False, "hidden": False}}, True),
    "none": ({"_id_": {"key": [("_id", 1)]}}, False),
    "the other way round": ({"x": {"key": KEY[::-1]}}, False),
    "sparse": ({"x": {"key": KEY, "sparse": True}}, False),
    "hidden": ({"x": {"key": KEY, "hidden": True}}, False),
    "of a part": ({"x": {"key": KEY, "partialFilterExpression": {"live": True}}}, False),
    "unique": ({"x": {"key": KEY, "unique": True}}, False),
}


@pytest.mark.parametrize(("found", "good"), INDEXES.values(), ids=INDEXES)
def test_the_indexes(found, good):
    assert (list(index_faults("current", ("place", "terms"), found)) == []) == good
