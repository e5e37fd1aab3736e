// What apps do with fhir-kit-client. https://github.com/Vermonster/fhir-kit-client
import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";

const client = new Client({ baseUrl: process.env.BASE, bearerToken: process.env.TOKEN });

const found = await client.smartAuthMetadata();
assert.match(String(found.tokenUrl), /\/auth\/token$/);
assert.equal((await client.capabilityStatement()).fhirVersion, "4.0.1");

const body = { resourceType: "Patient", name: [{ family: "Kit", given: ["Cy"] }], identifier: [{ value: "kit-1" }] };
const patient = await client.create({ resourceType: "Patient", body });
assert.equal(patient.meta.versionId, "1");
const id = patient.id;

assert.deepEqual(await client.read({ resourceType: "Patient", id }), patient);
const updated = await client.update({ resourceType: "Patient", id, body: { ...patient, gender: "other" } });
assert.equal(updated.meta.versionId, "2");
const patched = await client.patch({
  resourceType: "Patient",
  id,
  jsonPatch: [{ op: "replace", path: "/gender", value: "female" }],
});
assert.equal(patched.gender, "female");
assert.equal((await client.vread({ resourceType: "Patient", id, version: "1" })).gender, undefined);

const bundle = await client.search({ resourceType: "Patient", searchParams: { family: "kit", gender: "female" } });
assert.deepEqual([bundle.total, bundle.entry[0].resource.id], [1, id]);
const posted = await client.search({
  resourceType: "Patient",
  searchParams: { family: "kit" },
  options: { postSearch: true },
});
assert.equal(posted.total, 1);

for (let number = 0; number < 5; number++) {
  await client.update({
    resourceType: "Encounter",
    id: `kit-${number}`,
    body: {
      resourceType: "Encounter",
      id: `kit-${number}`,
      status: "planned",
      class: { code: "AMB" },
      subject: { reference: `Patient/${id}` },
    },
  });
}
let page = await client.search({ resourceType: "Encounter", searchParams: { patient: id, _count: 2 } });
const seen = [];
while (page) {
  seen.push(...page.entry.map((each) => each.resource.id));
  page = await client.nextPage({ bundle: page });
}
assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4].map((number) => `kit-${number}`));

const encounter = await client.read({ resourceType: "Encounter", id: "kit-0" });
const resolved = await client.resolve({ reference: encounter.subject.reference, context: encounter });
assert.equal(resolved.id, id);

const batch = { resourceType: "Bundle", type: "batch", entry: [{ request: { method: "GET", url: `Patient/${id}` } }] };
assert.equal((await client.batch({ body: batch })).entry[0].resource.id, id);
const transaction = {
  resourceType: "Bundle",
  type: "transaction",
  entry: seen.map((each) => ({ request: { method: "DELETE", url: `Encounter/${each}` } })),
};
assert.equal((await client.transaction({ body: transaction })).type, "transaction-response");

assert.equal((await client.history({ resourceType: "Patient", id })).entry.length, 3);
assert.equal((await client.history({ resourceType: "Encounter" })).type, "history");
assert.equal((await client.history()).type, "history");
const meta = await client.operation({ name: "meta", resourceType: "Patient", id, method: "get" });
assert.equal(meta.parameter[0].valueMeta.versionId, "3");

await client.delete({ resourceType: "Patient", id });
await assert.rejects(client.read({ resourceType: "Patient", id }), (error) => error.response.status === 410);
