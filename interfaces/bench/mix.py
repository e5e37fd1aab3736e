"""Admissions as a feed mixes them: made-up patients, each registered, updated, admitted, updated, discharged."""

from collections.abc import Iterator
from importlib.resources import files
from itertools import count
from random import Random

FAMILIES = ("Abara", "Brandt", "Castro", "Dubois", "Eriksen", "Farouk", "Greene", "Hughes", "Ito", "Jensen")
GIVEN = ("Ada", "Ben", "Cora", "Dan", "Eli", "Fay", "Gus", "Hana", "Ian", "Joy")
DIAGNOSES = ("I10^Essential hypertension", "E11.9^Type 2 diabetes", "J45.909^Asthma", "M54.50^Low back pain")
STORY = (
    ("A04", "O", "07", ("NK1", "DG1", "IN1")),
    ("A08", "O", "08", ()),
    ("A01", "I", "09", ("DG1", "IN1")),
    ("A08", "I", "12", ()),
    ("A03", "I", "18", ("DG1",)),
)
"""Event, class, hour, and what comes beside PID and PV1. Published messages have a median of five segments, and so have
these."""
ALWAYS = ("MSH", "EVN", "PID", "PV1")


def messages(connection: int, seed: int) -> Iterator[bytes]:
    """One connection's feed, five messages a patient, without end; the same arguments give the same bytes."""
    random = Random(f"{seed}/{connection}")  # noqa: S311 names and addresses, no secrets
    template = files("interfaces.bench").joinpath("visit.txt").read_text(encoding="utf-8").splitlines()
    for number in count():
        person = _person(f"{seed}{connection:02d}{number:06d}", random)
        for step, (trigger, kind, hour, beside) in enumerate(STORY):
            street = f"{random.randint(1, 999)} Main Street" if trigger == "A08" else "12 First Avenue"
            left = "202603021800+0000" if trigger == "A03" else ""
            event = {"trigger": trigger, "kind": kind, "hour": hour, "step": step, "street": street, "left": left}
            segments = (line for line in template if line[:3] in (*ALWAYS, *beside))
            yield "".join(f"{line.format(**person, **event)}\r" for line in segments).encode()


def _person(number: str, random: Random) -> dict[str, str]:
    return {
        "number": number,
        "last": number[-3:],
        "name": f"{random.choice(FAMILIES)}^{random.choice(GIVEN)}^{random.choice(GIVEN)[0]}^^^^L",
        "kin": f"{random.choice(FAMILIES)}^{random.choice(GIVEN)}",
        "born": f"{random.randint(1935, 2015)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}",
        "sex": random.choice("FM"),
        "diagnosis": random.choice(DIAGNOSES),
    }
