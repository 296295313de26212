"""The peer of `bench checkup`: PyPI lxml with the field's own schema, on the same documents.

Started by `bench checkup`; makes itself an environment with lxml where the bench says. Prints one JSON object.
"""

import json
import pathlib
import subprocess
import sys
import time
import venv


def main():
    work, schema, folder, seconds = sys.argv[1:5]
    python = environment(pathlib.Path(work))
    if pathlib.Path(sys.executable) != python:
        sys.exit(subprocess.run([python, __file__, *sys.argv[1:5]]).returncode)
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(schema))
    documents = [file.read_bytes() for file in sorted(pathlib.Path(folder).glob("*.xml"))]
    invalid = sum(not schema.validate(etree.fromstring(document)) for document in documents)
    done, start, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < float(seconds):
        for document in documents:
            schema.validate(etree.fromstring(document))
        done += len(documents)
    rate = done / (time.process_time() - cpu)
    print(json.dumps({"rate": rate, "invalid": invalid, "lxml": ".".join(map(str, etree.LXML_VERSION[:3]))}))


def environment(work):
    python = work / "venv/bin/python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "lxml"], check=True)
    return python


main()
