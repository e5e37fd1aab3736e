"""The specification's own examples go in and come out as they are, to the last digit."""

from mappings.fhir.json import loads

WRONG = frozenset({"CapabilityStatement/measure-processor", "MedicationRequest/medrx0301"})
"""Against R4's own rules: a search parameter's type is not its own, a Practitioner stands for an Organization."""


async def test_spec_examples(ask, shared):
    examples = sorted((shared / "fhir-examples" / "r4-spec").glob("*.json"))
    assert len(examples) > 100

    for path in examples:
        sent = loads(path.read_bytes())
        key = f"{sent['resourceType']}/{sent['id']}"

        if key in WRONG:
            continue
        written = await ask("PUT", key, path.read_bytes())
        assert written.status_code == 201, (key, written.text)
        read = await ask("GET", key)
        found = await ask("GET", f"{sent['resourceType']}?_id={sent['id']}")

        assert without_meta(loads(read.content)) == without_meta(sent), key
        assert [str(each) for each in digits(loads(read.content))] == [str(each) for each in digits(sent)], key
        assert loads(found.content)["total"] == 1, key


def without_meta(body):
    kept = {name: value for name, value in body.get("meta", {}).items() if name not in {"versionId", "lastUpdated"}}
    return {**{name: value for name, value in body.items() if name != "meta"}, "meta": kept}


def digits(value):
    """Every number, in order, as it is written."""
    if isinstance(value, dict):
        return [each for part in value.values() for each in digits(part)]
    if isinstance(value, list):
        return [each for part in value for each in digits(part)]
    return [] if isinstance(value, str | bool) or value is None else [value]
