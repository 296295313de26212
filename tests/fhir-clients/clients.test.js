// Three JavaScript clients, each by its own words: create, read, search, change, delete. The server's address is in
// MUSUBI_FHIR.
import assert from "node:assert/strict";
import test from "node:test";
import { Client } from "fhir-kit-client";
import smart from "fhirclient";
import { MedplumClient } from "@medplum/core";

const base = process.env.MUSUBI_FHIR;
const system = "urn:oid:1.2.392.100495.20.3.51.11310000003";

const patient = (number) => ({
  resourceType: "Patient",
  identifier: [{ system, value: number }],
  name: [{ family: "高橋", given: ["花子"] }],
  gender: "female",
  birthDate: "1980-02-29",
});

const result = (id) => ({
  resourceType: "Observation",
  status: "final",
  code: { coding: [{ system: "urn:oid:1.2.392.200119.4.504", code: "3F015000002327101" }] },
  subject: { reference: `Patient/${id}` },
  effectiveDateTime: "2026-11-01T09:00:00+09:00",
  valueQuantity: { value: 120.5, unit: "mg/dL", system: "http://unitsofmeasure.org", code: "mg/dL" },
});

test("fhir-kit-client", async () => {
  const client = new Client({ baseUrl: base });
  const statement = await client.capabilityStatement();
  assert.equal(statement.fhirVersion, "4.0.1");
  const created = await client.create({ resourceType: "Patient", body: patient("KIT1") });
  await client.create({ resourceType: "Observation", body: result(created.id) });
  const read = await client.read({ resourceType: "Patient", id: created.id });
  assert.equal(read.name[0].family, "高橋");
  const found = await client.search({ resourceType: "Observation", searchParams: { subject: `Patient/${created.id}`, _include: "Observation:subject" } });
  assert.deepEqual(found.entry.map((entry) => entry.search.mode), ["match", "include"]);
  const changed = await client.update({ resourceType: "Patient", id: created.id, body: { ...read, gender: "other" } });
  assert.equal(changed.meta.versionId, "2");
  const old = await client.vread({ resourceType: "Patient", id: created.id, version: "1" });
  assert.equal(old.gender, "female");
  const history = await client.history({ resourceType: "Patient", id: created.id });
  assert.equal(history.total, 2);
  const entry = (number) => ({ resource: patient(number), request: { method: "POST", url: "Patient" } });
  const transaction = { resourceType: "Bundle", type: "transaction", entry: ["KIT2", "KIT3", "KIT4"].map(entry) };
  const done = await client.transaction({ body: transaction });
  assert.deepEqual(done.entry.map((one) => one.response.status), ["201", "201", "201"]);
  let page = await client.search({ resourceType: "Patient", searchParams: { identifier: `${system}|KIT2,${system}|KIT3,${system}|KIT4`, _count: 2 } });
  assert.equal(page.entry.length, 2);
  page = await client.nextPage({ bundle: page });
  assert.equal(page.entry.length, 1);
  await client.delete({ resourceType: "Patient", id: created.id });
  await assert.rejects(client.read({ resourceType: "Patient", id: created.id }), (error) => error.response.status === 410);
});

test("fhirclient (SMART)", async () => {
  const client = smart({ headers: {} }, {}).client({ serverUrl: base });
  const created = await client.create(patient("SMART1"));
  await client.create(result(created.id));
  const read = await client.request(`Patient/${created.id}`);
  assert.equal(read.birthDate, "1980-02-29");
  const found = await client.request(`Observation?patient=${created.id}&_count=1`, { flat: true, pageLimit: 0 });
  assert.equal(found.length, 1);
  assert.equal(client.units.any(found[0].valueQuantity ?? {}) ?? found[0].valueQuantity.value, 120.5);
  const changed = await client.update({ ...read, active: true });
  assert.equal(changed.meta.versionId, "2");
  await client.delete(`Observation/${found[0].id}`);
  await assert.rejects(client.request(`Observation/${found[0].id}`), /410|deleted/i);
});

test("@medplum/core", async () => {
  const client = new MedplumClient({ baseUrl: base.replace(/fhir$/, ""), fhirUrlPath: "fhir", fetch, cacheTime: 0 });
  const created = await client.createResource(patient("MED1"));
  await client.createResource(result(created.id));
  const read = await client.readResource("Patient", created.id);
  assert.equal(read.identifier[0].value, "MED1");
  const found = await client.searchResources("Observation", { subject: `Patient/${created.id}` });
  assert.equal(found.length, 1);
  const same = await client.createResourceIfNoneExist(patient("MED1"), `identifier=${system}|MED1`);
  assert.equal(same.id, created.id);
  const everything = await client.readPatientEverything(created.id);
  assert.equal(everything.entry.length, 2);
  const changed = await client.updateResource({ ...read, gender: "other" });
  assert.equal(changed.meta.versionId, "2");
  await client.deleteResource("Observation", found[0].id);
});
