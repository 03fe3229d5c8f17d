"""Uploads: what is wrong with a file is told in its own entry, under HTTP 200."""

from __future__ import annotations

import json

from qbo_pipeline_tests.emulator.http.serving import Served


def test_an_upload_to_nothing_is_a_fault_beside_one_that_is_kept(served: Served) -> None:
    acme = served.customer("Acme").json()["Customer"]
    files = {}
    for number, (kind, id) in {"01": ("Invoice", "4711"), "02": ("Customer", acme["Id"])}.items():
        metadata = {"AttachableRef": [{"EntityRef": {"type": kind, "value": id}}]}
        files[f"file_metadata_{number}"] = ("m.json", json.dumps(metadata), "application/json")
        files[f"file_content_{number}"] = (f"{number}.txt", b"hello", "text/plain")
    answer = served.client.post(served.url("upload"), files=files)
    assert answer.status_code == 200
    refused, kept = answer.json()["AttachableResponse"]
    assert [(e["code"], e["element"]) for e in refused["Fault"]["Error"]] == [("6000", "EntityRef")]
    assert kept["Attachable"]["FileName"] == "02.txt"
    assert served.company.query("select count(*) from Attachable") == {"totalCount": 1}
