"""The hook of invariant I5: no write is accepted before its intent is committed."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from qbo_pipeline.emulator.http.intent import Question
from qbo_pipeline_tests.emulator.http.serving import REALM, Served, serving


def test_the_hook_is_asked_for_each_write_and_for_no_read() -> None:
    asked: list[Question] = []

    def hook(question: Question) -> bool:
        asked.append(question)
        return question.request_id != "unknown"

    with serving(intent=hook) as served:
        assert served.customer("Acme", "known").status_code == 200
        refused = served.customer("Bolt", "unknown")
        served.get("companyinfo")
        items = [
            {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Cy"}},
            {"bId": "2", "Query": "select * from Customer"},
        ]
        served.post("batch?requestid=b", {"BatchItemRequest": items})
        served.post("batch", {"BatchItemRequest": items[1:]})
        assert served.customers() == ["Acme", "Cy"]
        assert served.state.meter.intent_violations == 1
    assert refused.status_code == 400
    assert "No committed intent" in refused.json()["Fault"]["Error"][0]["Detail"]
    assert asked == [
        Question(REALM, "known", (), "create", "Customer"),
        Question(REALM, "unknown", (), "create", "Customer"),
        Question(REALM, "b", ("1",), "batch", ""),
    ]


@pytest.mark.parametrize(
    ("status", "body", "accepted"),
    [(200, {"committed": True}, True), (200, {"committed": False}, False), (200, [], False), (500, {}, False)],
)
def test_a_url_can_be_asked(served: Served, status: int, body: Any, accepted: bool) -> None:
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        settings = {"intent_url": f"http://127.0.0.1:{server.server_port}/intent"}
        changed = served.client.post(f"{served.state.base_url}/emulator/settings", json=settings)
        assert changed.status_code == 200
        answer = served.customer("Acme", "r-1")
        server.shutdown()
        thread.join()
    assert (answer.status_code == 200) is accepted
    assert received[0]["request_id"] == "r-1"


def test_who_cannot_be_asked_has_not_said_yes(served: Served) -> None:
    url = f"{served.state.base_url}/emulator/settings"
    served.client.post(url, json={"intent_url": "http://127.0.0.1:9/"})
    assert served.customer("Acme").status_code == 400
    served.client.post(url, json={"intent_url": None})
    assert served.customer("Acme").status_code == 200


def test_only_this_machine_can_be_asked(served: Served) -> None:
    url = f"{served.state.base_url}/emulator/settings"
    answer = served.client.post(url, json={"intent_url": "http://example.com/", "limits": "qbo"})
    assert answer.status_code == 400
    assert "not this machine" in answer.json()["error"]
    assert served.state.settings.limits == "off", "all settings are changed or none"
