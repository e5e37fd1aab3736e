"""What apps do with SMART's client for Python. https://github.com/smart-on-fhir/client-py"""

import os
from datetime import date

from fhirclient.client import FHIRClient
from fhirclient.models.encounter import Encounter
from fhirclient.models.fhirdate import FHIRDate
from fhirclient.models.fhirreference import FHIRReference
from fhirclient.models.humanname import HumanName
from fhirclient.models.patient import Patient

smart = FHIRClient(settings={"app_id": "a-client", "api_base": os.environ["BASE"]})
server = smart.server
server.session.headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"

statement = server.capabilityStatement
assert statement.fhirVersion == "4.0.1"
assert server.auth._token_uri.endswith("/auth/token"), "found in the statement's oauth-uris"

patient = Patient({"name": [{"family": "Python", "given": ["Ada"]}], "birthDate": "1961-07-30"})
created = patient.create(server)
assert created["resourceType"] == "Patient"
id = created["id"]

read = Patient.read(id, server)
assert smart.human_name(read.name[0]) == "Ada Python"
assert read.birthDate.date == date(1961, 7, 30)

read.gender = "female"
read.birthDate = FHIRDate("1961-07-31")
read.name.append(HumanName({"text": "A. Python"}))
updated = read.update(server)
assert updated["meta"]["versionId"] == "2"

found = Patient.where({"family": "python", "birthdate": "1961-07-31"}).perform_resources(server)
assert [each.id for each in found] == [id]
bundle = Patient.where({"family": "python", "_count": "1"}).perform(server)
assert (bundle.total, bundle.entry[0].resource.name[1].text) == (1, "A. Python")

encounter = Encounter({"status": "planned", "class": {"code": "AMB"}})
encounter.subject = FHIRReference({"reference": f"Patient/{id}"})
encounter_id = encounter.create(server)["id"]
found = Encounter.where({"subject": f"Patient/{id}"}).include("subject", Encounter).perform(server)
assert {each.search.mode: each.resource.id for each in found.entry} == {"match": encounter_id, "include": id}
assert Encounter.read(encounter_id, server).subject.reference == f"Patient/{id}"

Encounter.read(encounter_id, server).delete(server)
assert not Encounter.where({"_id": encounter_id}).perform_resources(server)
