"""Every event in scope, from bytes to drafts, compared whole with what a person has looked at."""

from dataclasses import asdict
from pathlib import Path

import msgspec
import pytest

from mappings.fhir.json import dumps
from mappings.v2.message import parse
from mappings.v2_to_fhir.messages import convert
from mappings.v2_to_fhir.site import Site

MESSAGES = sorted((Path(__file__).parent / "golden").glob("*.hl7"))


def written(mapped) -> str:
    drafts = [
        {
            "identity": str(draft.identity),
            **({"also": [str(each) for each in draft.also]} if draft.also else {}),
            **({"stub": True} if draft.stub else {}),
            **({"cleared": sorted(draft.cleared)} if draft.cleared else {}),
            **({"defaults": draft.defaults} if draft.defaults else {}),
            "urn": draft.identity.urn,
            "body": draft.body,
        }
        for draft in mapped.drafts
    ]
    merges = [
        {
            "survivor": str(each.survivor),
            "prior": str(each.prior),
            "at": each.location,
            **({"renumbers": True} if each.renumbers else {}),
        }
        for each in mapped.merges
    ]
    acts = {
        **({"moves": [[str(each.what), str(each.patient)] for each in mapped.moves]} if mapped.moves else {}),
        **({"links": [[str(each.one), str(each.other), each.linked] for each in mapped.links]} if mapped.links else {}),
    }
    issues = [asdict(issue) for issue in mapped.issues]
    event = {"trigger": mapped.event.trigger, "at": mapped.event.at and mapped.event.at.isoformat()}
    whole = {"event": event, "drafts": drafts, "merges": merges, **acts, "issues": issues, "unread": mapped.unread}
    return msgspec.json.format(dumps(whole)).decode() + "\n"


@pytest.mark.parametrize("message", MESSAGES, ids=[file.stem for file in MESSAGES])
def test_golden(message, golden):
    golden(message.with_suffix(".json"), written(convert(parse(message.read_bytes()), Site())))


def test_same_message_same_bytes():
    first, again = (written(convert(parse(MESSAGES[0].read_bytes()), Site())) for _ in range(2))
    assert first == again
