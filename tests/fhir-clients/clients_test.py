"""Two Python clients, each by its own words: create, read, search, change, delete.

The server's address is in MUSUBI_FHIR.
"""

import asyncio
import os
import unittest

from fhirclient import client as smart
from fhirclient.models.fhirdate import FHIRDate
from fhirclient.models.humanname import HumanName
from fhirclient.models.identifier import Identifier
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import ResourceNotFound

BASE = os.environ["MUSUBI_FHIR"]
SYSTEM = "urn:oid:1.2.392.100495.20.3.51.11310000003"


def patient(number):
    return {
        "identifier": [{"system": SYSTEM, "value": number}],
        "name": [{"family": "高橋", "given": ["花子"]}],
        "gender": "female",
        "birthDate": "1980-02-29",
    }


def result(name):
    return {
        "status": "final",
        "code": {"coding": [{"system": "urn:oid:1.2.392.200119.4.504", "code": "3F015000002327101"}]},
        "subject": {"reference": name},
        "effectiveDateTime": "2026-11-01T09:00:00+09:00",
    }


class FhirPy(unittest.TestCase):
    def test_sync(self):
        client = SyncFHIRClient(BASE)
        created = client.resource("Patient", **patient("PY1"))
        created.save()
        self.assertTrue(created.id)
        client.resource("Observation", **result(f"Patient/{created.id}")).save()
        read = client.reference("Patient", created.id).to_resource()
        self.assertEqual(read["name"][0]["family"], "高橋")
        found = client.resources("Observation").search(subject=f"Patient/{created.id}").include("Observation", "subject")
        self.assertEqual(len(found.fetch()), 1)
        self.assertEqual(client.resources("Patient").search(identifier=f"{SYSTEM}|PY1").count(), 1)
        read["gender"] = "other"
        read.save()
        self.assertEqual(read["meta"]["versionId"], "2")
        for one in found.fetch():
            one.delete()
        self.assertEqual(found.fetch(), [])
        with self.assertRaises(ResourceNotFound):
            client.reference("Observation", "nobody").to_resource()

    def test_async(self):
        async def pages():
            client = AsyncFHIRClient(BASE)
            for number in range(5):
                await client.resource("Patient", **patient(f"ASY{number}")).save()
            found = client.resources("Patient").search(identifier=",".join(f"{SYSTEM}|ASY{n}" for n in range(5))).limit(2)
            return [one["identifier"][0]["value"] async for one in found]

        self.assertEqual(sorted(asyncio.run(pages())), [f"ASY{n}" for n in range(5)])


class Smart(unittest.TestCase):
    def test_it(self):
        server = smart.FHIRClient(settings={"app_id": "musubi-test", "api_base": BASE}).server
        one = Patient()
        one.identifier = [Identifier({"system": SYSTEM, "value": "SM1"})]
        one.name = [HumanName({"family": "鈴木", "given": ["一郎"]})]
        one.birthDate = FHIRDate("1975-05-05") if not hasattr(Patient, "fhirdate") else one.birthDate
        answer = one.create(server)
        name = f"Patient/{answer['id']}"
        Observation(dict(result(name), resourceType="Observation")).create(server)
        read = Patient.read(answer["id"], server)
        self.assertEqual(read.name[0].family, "鈴木")
        found = Observation.where({"subject": name}).perform_resources(server)
        self.assertEqual(len(found), 1)
        read.gender = "male"
        read.update(server)
        self.assertEqual(Patient.read(answer["id"], server).meta.versionId, "2")
        found[0].delete()


if __name__ == "__main__":
    unittest.main()
