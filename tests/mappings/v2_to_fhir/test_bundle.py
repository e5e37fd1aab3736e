"""A mapped message as a transaction: https://hl7.org/fhir/R4/http.html#transaction"""

from mappings.fhir.checker import check
from mappings.v2_to_fhir.bundle import bundle

PID = "PID|||1^^^Good Hospital^MR||Lind^Mara|||||||||||||ACC-1"


def requests(made):
    return {each["fullUrl"]: (each["request"]["method"], each["request"]["url"]) for each in made["entry"]}


def test_each_resource_is_asked_for_by_what_identifies_it(told):
    mapped = told("ADT^A01", PID, "PV1|1|I|4W^1||||||||||||||||V-1", "NK1|1|Holm^Berta")
    made = bundle(mapped)
    asked = {url.split("?")[0].split("/")[0]: (method, url) for method, url in requests(made).values()}
    assert asked["Patient"] == ("PUT", "Patient?identifier=urn:causeway:authority:Good%2520Hospital|1")
    assert asked["Encounter"] == ("PUT", "Encounter?identifier=urn:causeway:authority:NORTHBAY|V-1")
    assert asked["Location"] == ("POST", "Location")
    person = next(each for each in made["entry"] if each["resource"]["resourceType"] == "RelatedPerson")
    assert person["request"]["url"] == f"RelatedPerson/{person['resource']['id']}"
    assert check(made) == []


def test_what_is_only_referred_to_is_made_once(told):
    mapped = told("ADT^A01", PID, "PV1|1|I|4W||||||||||||||||V-1")
    place = next(each for each in bundle(mapped)["entry"] if each["resource"]["resourceType"] == "Location")
    assert place["request"]["ifNoneExist"] == "identifier=urn:causeway:authority:NORTHBAY|4W"


def test_a_merge_links_both(told):
    survivor, prior = (each["resource"] for each in bundle(told("ADT^A40", "PID|||1", "MRG|2"))["entry"])
    assert [each["type"] for each in survivor["link"]] == ["replaces"]
    assert [each["type"] for each in prior["link"]] == ["replaced-by"]
    assert prior["active"] is False
    assert "active" not in survivor


def test_the_same_message_makes_the_same_bundle(told):
    assert bundle(told("ADT^A31", PID)) == bundle(told("ADT^A31", PID))


def test_nothing_mapped_is_an_empty_transaction(told):
    assert bundle(told("ADT^A60", PID)) == {"resourceType": "Bundle", "type": "transaction"}
