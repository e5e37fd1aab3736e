"""What apps do with fhirpy, at once and one after the other. https://github.com/beda-software/fhir-py"""

import asyncio
import os
from collections.abc import Callable

from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

BASE, AUTHORIZATION = os.environ["BASE"], f"Bearer {os.environ['TOKEN']}"
client = SyncFHIRClient(BASE, authorization=AUTHORIZATION)

patient = client.resource("Patient", name=[{"family": "Fhirpy", "given": ["Bo"]}], identifier=[{"value": "fhirpy-1"}])
patient.save()
assert patient.id
assert patient["meta"]["versionId"] == "1"

patient["gender"] = "male"
patient.save()
assert patient["meta"]["versionId"] == "2"
patient.patch(active=True)
assert client.reference("Patient", patient.id).to_resource()["active"] is True

patients = client.resources("Patient")
assert patients.search(family="fhirpy").count() == 1
assert patients.search(family="fhirpy", gender="male").first().id == patient.id
assert patients.search(identifier="fhirpy-1").get()["id"] == patient.id
assert patients.search(_id=patient.id).get()["name"][0]["family"] == "Fhirpy"

for number in range(7):
    client.resource("Encounter", status="planned", **{"class": {"code": "AMB"}}, id=f"fhirpy-{number}",
                    subject=patient.to_reference()).save()  # fmt: skip
encounters = client.resources("Encounter").search(patient=patient.id)
assert {each.id for each in encounters.limit(3).fetch_all()} == {f"fhirpy-{number}" for number in range(7)}
bundle = encounters.include("Encounter", "subject").limit(50).fetch_raw()
assert {each.resource.resourceType for each in bundle.entry} == {"Encounter", "Patient"}
assert len(client.resources("Patient").search(_id=patient.id).revinclude("Encounter", "subject").fetch_raw().entry) == 8

again, created = patients.search(identifier="fhirpy-1").get_or_create(client.resource("Patient"))
assert (again.id, created) == (patient.id, False)

transaction = client.resource("Bundle", type="transaction", entry=[
    {"request": {"method": "DELETE", "url": f"Encounter/fhirpy-{number}"}} for number in range(7)])  # fmt: skip
transaction.save()
assert encounters.count() == 0


def refusal(ask: Callable[[], object], kind: type[Exception]) -> str:
    """What is said of something that is not done."""
    try:
        ask()
    except kind as refused:
        return str(refused)
    raise AssertionError(f"{kind.__name__} was expected")


assert "administrative-gender" in refusal(client.resource("Patient", gender="banana").save, OperationOutcome)

patient.delete()
assert "deleted" in refusal(client.reference("Patient", patient.id).to_resource, ResourceNotFound)


async def at_once() -> None:
    """Many of one kind, all at the same time."""
    client = AsyncFHIRClient(BASE, authorization=AUTHORIZATION)
    made = [client.resource("Organization", name=f"Fhirpy {number}") for number in range(12)]
    await asyncio.gather(*(each.save() for each in made))
    found = await client.resources("Organization").search(name="fhirpy").limit(5).fetch_all()
    assert {each.id for each in found} == {each.id for each in made}


asyncio.run(at_once())
