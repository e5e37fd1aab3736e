"""What is said of the maps is what the maps do."""

from pathlib import Path

from mappings.v2_to_fhir.explain import explained, page

README = Path(__file__).parents[3] / "mappings" / "README.md"


def test_the_page_is_current():
    """``python -m mappings.v2_to_fhir.explain > mappings/README.md``"""
    assert README.read_text() == page()


def test_every_element_has_its_field(told):
    mapped = told(
        "ADT^A31",
        "PID|||1^^^H^MR||Lind^Mara||19850412",
        "ZZ1|x",
        "NK1|1|Holm|MTH||||||||||||||||||||||||||x",
        explain=True,
    )
    said = [(each.field, each.element, each.value) for each in explained(mapped)]
    assert ("PID-5", "Patient.name", "Lind, Mara") in said
    assert ("PID-7", "Patient.birthDate", "1985-04-12") in said
    assert ("NK1-2", "RelatedPerson.name", "Holm") in said
    assert mapped.unread == ("ZZ1-1", "NK1-29")


def test_sources_are_kept_only_when_asked_for(told):
    assert all(draft.sources == () for draft in told("ADT^A31", "PID|||1||Lind").drafts)
