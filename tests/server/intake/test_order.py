"""The order rule (mappings/README.md, "In which order"): whatever the order in which a patient's messages come, and
however often, what is stored in the end is what it would be if they had come in the order in which things happened."""

from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.fhir.json import loads
from server.fhir.registry import names
from server.intake.receive import Intake
from server.settings import Settings
from server.store.query import Search
from server.store.store import open_store

NAMESPACE = str(UUID(int=7))
NULL = '""'
PLACES = ("3W^312^A^RIVER", "3W^313^A^RIVER", "ICU^1^1^RIVER")
DOCTORS = (
    "1730155555^Silva^Marta^^^Dr^MD^^NPI^L^^^NPI",
    "1730155555^Silva^M^^^^^^NPI^L^^^NPI",
    "77^Roy^Anil^^^^^^RIVER",
)
POLICIES = ("X|1|PPO|60054^^^NAIC^NII|Lakeshore", "Y|2|HMO|60099^^^NAIC^NII|Hillside", "Z|3|PPO|60054^^^NAIC^NII|Lake")
VISITS = ("A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A12", "A13", "A21", "A22")
PERSONS = ("A28", "A29", "A31")
"""Of the patient, without a visit."""


def maybe(*values):
    """A field that is mostly absent, at times null."""
    return st.sampled_from(("", "", NULL, *values))


@dataclass(frozen=True)
class Told:
    """One message; ``minute`` is when it happened. ``control`` and ``sent`` break ties."""

    trigger: str
    minute: int
    sent: int
    control: int
    pid: tuple[str, ...]
    pv1: tuple[str, ...]
    visit: str
    policies: tuple[str, ...]
    more: tuple[str, ...]

    @property
    def place(self):
        return self.minute, self.sent, f"{self.control:04d}"

    def written(self) -> bytes:
        name, born, sex, address, home, work, born_as, order, died, dead, ssn, alias = self.pid
        fields = {5: name, 7: born, 8: sex, 9: alias, 11: address, 13: home, 14: work, 19: ssn, 24: born_as, 25: order}
        pid = {1: "1", 3: "M1^^^RIVER^MR", **fields, 18: f"{self.visit}0^^^RIVER^AN", 29: died, 30: dead}
        lines = [
            f"MSH|^~\\&|ADT|RIVER|||{at(self.minute + self.sent)}||ADT^{self.trigger}|{self.control:04d}|P|2.5.1",
            f"EVN|{self.trigger}|{at(self.minute)}",
            segment("PID", pid),
        ]
        if self.trigger in VISITS:
            kind, place, prior, attender, referrer, admitter, admitted, left, alternate, how = self.pv1
            pv1 = {2: kind, 3: place, 6: prior, 7: attender, 8: referrer, 17: admitter, 36: how, 44: admitted, 45: left}
            lines += [*self.more[:1], segment("PV1", {1: "1", **pv1, 19: f"{self.visit}^^^RIVER^VN", 50: alternate})]
        return "\r".join([*lines, *self.more[1:], *map(insurance, self.policies)]).encode() + b"\r"


def at(minute: int) -> str:
    return f"202603{1 + minute // 1440:02d}{minute % 1440 // 60:02d}{minute % 60:02d}+0000"


def segment(name, fields):
    return "|".join((name, *(fields.get(number, "") for number in range(1, max(fields) + 1))))


def insurance(policy):
    member, rank, plan, payer, name = policy.split("|")
    return segment("IN1", {1: rank, 2: plan, 3: payer, 4: name, 8: "G1", 17: "SEL", 36: member})


PIDS = st.tuples(
    maybe("Abel^Ann", "Able^Ann^^^^^L", "Abel-Moss^Ann"), maybe("19700102", "197001021530"), maybe("F", "M"),
    maybe("1 Elm^^Riverbend^OH", "2 Oak^^Riverbend^OH"), maybe("^PRN^PH^^1^555^5550100", "^PRN^CP^^1^555^5550101"),
    maybe("^WPN^PH^^1^555^5550200"), maybe("Y", "N"), maybe("2"), maybe("202603051200+0000", "20260306"),
    maybe("Y", "N"), maybe("536-22-1234"), maybe("Annie^A"),
)  # fmt: skip
PV1S = st.tuples(
    maybe("I", "O", "P"), maybe(*PLACES), maybe(*PLACES), maybe(*DOCTORS), maybe(*DOCTORS), maybe(*DOCTORS),
    maybe("202603010800+0000", "20260301", "202603012300+0000"), maybe("20260301", "202603021700+0000", "202603010700"),
    maybe("ALT1^^^RIVER"), maybe("01", "07"),
)  # fmt: skip
MORE = st.tuples(
    st.sampled_from(("NK1|1|Abel^Bo|SPO", "NK1|1|Abel^Cy|CHD||^PRN^PH^^1^555^5550900", "NK1|2|Roe^Di|FND", "ZZZ|1")),
    st.sampled_from(("DG1|1||I10^^I10|||A", "DG1|1||I10^Hypertension^I10|||F", "DG1|1||E11.9^^I10|||W", "ZZZ|1")),
)
MESSAGES = st.builds(
    Told, st.sampled_from((*VISITS, *PERSONS)), st.integers(0, 12).map(lambda hour: hour * 397), st.integers(0, 1),
    st.integers(1, 9999), PIDS, PV1S, st.sampled_from(("V1", "V2")),
    st.lists(st.sampled_from(POLICIES), max_size=2, unique=True).map(tuple), MORE,
)  # fmt: skip
STORIES = st.lists(MESSAGES, min_size=2, max_size=8, unique_by=lambda told: told.control)


@contextmanager
def hospital(url="sqlite://"):
    with open_store(url) as store:
        store.engine.adopt(NAMESPACE)
        yield store


def feed(store, messages, together=1):
    """``together``: so many at once, as over so many connections."""
    intake = Intake(store, Settings().site_of)
    for first in range(0, len(messages), together):
        futures = [intake.receive(each, "mllp") for each in messages[first : first + together]]
        assert {each.result().about["issues"] for each in futures if each.result().about["ack"] != "AA"} == set()


def state(store):
    found = {}
    for type in sorted(names()):
        for version in store.search("default", Search(type, limit=1000)).versions:
            body = loads(version.body)
            found[str(version.key)] = {name: value for name, value in body.items() if name != "meta"}
    return found


def after(messages, together=1):
    with hospital() as store:
        feed(store, messages, together)
        return state(store)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(story=STORIES, data=st.data())
def test_any_order_and_any_repetition_end_in_the_same_state(story, data):
    in_order = [told.written() for told in sorted(story, key=lambda told: told.place)]
    again = data.draw(st.lists(st.sampled_from(in_order), max_size=3))
    mixed = data.draw(st.permutations([*in_order, *again]))
    assert after(mixed, data.draw(st.sampled_from((1, 3, 8)))) == after(in_order)


EARLIER, LATER = "202603010900+0000", "202603011000+0000"
MARRIED, WIDOWED = "PID|1||M1^^^RIVER^MR|||||||||||||M", "PID|1||M1^^^RIVER^MR|||||||||||||W"


def told(trigger, at, control, *lines, sent=""):
    head = f"MSH|^~\\&|ADT|RIVER|||{sent or at}||ADT^{trigger}|{control}|P|2.5.1"
    return "\r".join((head, f"EVN|{trigger}|{at}", *lines)).encode() + b"\r"


TIES = {
    "the one sent later": (
        told("A31", LATER, "2", MARRIED), told("A31", LATER, "1", WIDOWED, sent="202603011001+0000"), "W",
    ),
    "the greater control id": (told("A31", LATER, "1", MARRIED), told("A31", LATER, "2", WIDOWED), "W"),
    "a longer control id": (told("A31", LATER, "9", MARRIED), told("A31", LATER, "10", WIDOWED), "W"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other", "expected"), TIES.values(), ids=TIES)
def test_ties(one, other, expected):
    for messages in ((one, other), (other, one)):
        (patient,) = (body for key, body in after(messages).items() if key.startswith("Patient/"))
        assert patient["maritalStatus"]["coding"][0]["code"] == expected


def test_the_same_control_id_for_other_content_has_an_order_too():
    one, other = told("A31", LATER, "1", MARRIED), told("A31", LATER, "1", WIDOWED)
    assert after((one, other)) == after((other, one))


REPEATED = (
    told("A31", "202603010800+0000", "1", MARRIED),
    told("A31", LATER, "3", MARRIED),
    told("A31", EARLIER, "2", WIDOWED),
)


def test_what_is_said_again_counts_from_then_on(url):
    """On every engine, and for another process: a repetition is kept without a new version."""
    with hospital(url) as store:
        feed(store, REPEATED[:2])
        assert [len(entry.writes) for entry in store.tail("default", 0, 9)] == [1, 0]
    with open_store(url) as store:
        feed(store, REPEATED[2:])
        (patient,) = state(store).values()
    assert patient["maritalStatus"]["coding"][0]["code"] == "M"


STAY = [
    told(trigger, at, control, MARRIED, "PV1|1|I|||||||||||||||||V1^^^RIVER^VN")
    for trigger, at, control in (("A05", "202603010800+0000", "1"), ("A01", EARLIER, "2"), ("A03", LATER, "3"))
]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (2, 1, 0)])
def test_every_status_has_its_time(order):
    (visit,) = (body for key, body in after([STAY[n] for n in order]).items() if key.startswith("Encounter/"))
    assert visit["status"] == "finished"
    assert visit["statusHistory"] == [
        {"status": "planned", "period": {"start": "2026-03-01T08:00:00.000Z", "end": "2026-03-01T09:00:00.000Z"}},
        {"status": "in-progress", "period": {"start": "2026-03-01T09:00:00.000Z", "end": "2026-03-01T10:00:00.000Z"}},
    ]
