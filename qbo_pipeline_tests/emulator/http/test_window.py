"""The window at `/` and the control endpoints: what they show, that they escape it, and what they refuse."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from qbo_pipeline_tests.emulator.http.serving import Served, serving


class Page(HTMLParser):
    """The tags, external references and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def window(served: Served) -> tuple[httpx.Response, Page]:
    answer = httpx.get(served.state.base_url + "/")
    return answer, Page(answer.text)


def test_the_window_says_that_it_is_an_emulator_and_shows_the_books() -> None:
    with serving("us") as served:
        served.customer("Acme", "r-77")
        served.get("customer/999999")
        answer, page = window(served)
    text = " ".join(page.words)
    assert answer.status_code == 200
    assert "This is an emulator" in text
    assert "Accounts Receivable" in text
    assert "r-77" in text
    assert "coreplus" not in text or "failed" in text


def test_the_window_needs_nothing_from_elsewhere_and_runs_no_script(served: Served) -> None:
    answer, page = window(served)
    assert "script" not in page.tags
    assert all(address.startswith("/") for address in page.addresses)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_names_from_the_books_are_escaped(served: Served, name: str) -> None:
    made = served.post("account", {"Name": name.replace('"', "'"), "AccountType": "Bank"})
    assert made.status_code == 200
    served.client.get(served.url(f"customer/{name.replace('/', '')}"))
    _, page = window(served)
    assert not page.tags & {"script", "img"}
    assert name.replace('"', "'") in " ".join(page.words)


def test_the_journal_is_plain_text() -> None:
    with serving("us") as served:
        answer = httpx.get(served.state.base_url + "/emulator/journal")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "advance_seconds"),
        ({"advance_seconds": -1}, "number from 0"),
        ({"advance_seconds": True}, "number from 0"),
        ({"advance_seconds": "1"}, "number from 0"),
        ({"to": "yesterday"}, "yesterday"),
        ({"to": "2020-01-01T00:00:00Z"}, "only goes forwards"),
        ({"running": 1}, "true or false"),
        ({"hours": 1}, "hours"),
    ],
)
def test_the_clock_refuses_what_it_cannot_do(served: Served, body: dict[str, Any], words: str) -> None:
    before = served.state.clock.now()
    answer = served.client.post(f"{served.state.base_url}/emulator/clock", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert served.state.clock.now() == before


def test_the_clock_can_be_set_stopped_and_let_run(served: Served) -> None:
    url = f"{served.state.base_url}/emulator/clock"
    moved = served.client.post(url, json={"to": "2099-01-01T00:00:00+02:00"}).json()
    assert moved["now"] == "2098-12-31T22:00:00+00:00"
    assert served.client.post(url, json={"running": True}).json()["running"] is True
    assert served.client.post(url, json={"running": False}).json()["running"] is False


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"limits": "fast"}, "write qbo, off, or xN"),
        ({"request_id": "maybe"}, "request_id"),
        ({"colour": "red"}, "colour"),
        ({"latency_ms": -1}, "latency_ms"),
    ],
)
def test_settings_are_checked_and_changed_whole(served: Served, body: dict[str, Any], words: str) -> None:
    url = f"{served.state.base_url}/emulator/settings"
    before = served.client.get(url).json()
    answer = served.client.post(url, json={"throttle_keys": "lower", **body})
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert served.client.get(url).json() == before
    assert served.client.post(url, json={"throttle_keys": "lower"}).json()["throttle_keys"] == "lower"


def test_a_foreign_page_cannot_turn_the_knobs(served: Served) -> None:
    """A browser sends a form to any address unasked, but no JSON; and a foreign host name is not served."""
    as_form = served.client.post(f"{served.state.base_url}/emulator/faults", data={"fault": "x"})
    assert as_form.status_code == 400
    elsewhere = httpx.get(f"{served.state.base_url}/emulator/meter", headers={"Host": "evil.example"})
    assert elsewhere.status_code == 421


def test_the_meter_can_be_set_back(served: Served) -> None:
    served.customer("Acme")
    cleared = served.client.delete(f"{served.state.base_url}/emulator/meter").json()
    assert (cleared["requests"], cleared["core"], cleared["peaks"]["per_second"]) == (0, 0, 0)


def test_entitlements_are_xml_and_need_a_token(served: Served) -> None:
    url = f"{served.state.base_url}/manage/entitlements/v3/{served.state.realm}"
    answer = served.client.get(url)
    assert answer.headers["content-type"].startswith("application/xml")
    assert "<name>Inventory</name><term>On</term>" in answer.text
    assert httpx.get(url).status_code == 401
    assert served.client.get(url.replace(served.state.realm, "1")).status_code == 403
