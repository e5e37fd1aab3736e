// What apps do with SMART's client for JavaScript, once they are signed in. https://docs.smarthealthit.org/client-js
import assert from "node:assert/strict";
import FHIR from "fhirclient";

const request = { headers: { host: "localhost" }, url: "/", socket: {} };
const response = {};
const storage = { get: async () => null, set: async (_, value) => value, unset: async () => true };
const client = FHIR(request, response, storage).client({
  serverUrl: process.env.BASE,
  tokenResponse: { access_token: process.env.TOKEN, patient: "smart-js" },
});

const patient = { resourceType: "Patient", id: "smart-js", name: [{ family: "Smart", given: ["Di"] }] };
assert.equal((await client.update(patient)).meta.versionId, "1");
assert.equal((await client.patient.read()).name[0].family, "Smart");

for (let number = 0; number < 5; number++) {
  const body = {
    resourceType: "Observation",
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] },
    subject: { reference: "Patient/smart-js" },
    valueQuantity: { value: 70.5, unit: "kg" },
  };
  assert.match((await client.create(body)).id, /./);
}
const observations = await client.request("Observation?subject=Patient/smart-js&_count=2", {
  pageLimit: 0,
  flat: true,
  resolveReferences: "subject",
});
assert.equal(observations.length, 5);
assert.equal(observations[0].subject.name[0].family, "Smart");
assert.equal((await client.patient.request("Observation?code=http://loinc.org|29463-7")).total, 5);
const graph = await client.request(`Observation/${observations[0].id}`, { resolveReferences: ["subject"], graph: true });
assert.equal(graph.subject.id, "smart-js");

const patched = await client.patch("Patient/smart-js", [{ op: "add", path: "/gender", value: "female" }]);
assert.equal(patched.gender, "female");
assert.equal(client.getPath(patched, "name.0.given.0"), "Di");
const withHeaders = await client.request({ url: "Patient/smart-js", includeResponse: true });
assert.equal(withHeaders.response.headers.get("etag"), 'W/"2"');

await client.delete("Patient/smart-js");
await assert.rejects(client.request("Patient/smart-js"), /410|deleted|Gone/);
