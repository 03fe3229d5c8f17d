"""`qbo-pipeline connect`: what the person in the browser reads, and "connected" only once that is proved."""

from __future__ import annotations

import errno
import random
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from qbo_pipeline.pipeline.coming_back import ComingBack
from qbo_pipeline.serving.server import listen
from qbo_pipeline_tests.commands.command_line import Answer, CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import Shop, open_shop


def free_port() -> int:
    """A port that is free, and none of those that the system gives to connections: no neighbour takes it meanwhile."""
    for port in random.sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("a hundred ports are taken")


@pytest.fixture
def unconnected(shop: Shop) -> Shop:
    """The shop without a refresh token, and with a port of its own for the browser to come back to."""
    file = shop.folder / ".env"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if "REFRESH_TOKEN" not in line))
    port = free_port()
    point_to(
        shop.settings,
        '# redirect_uri = "http://localhost:8914/callback"',
        f'redirect_uri = "http://127.0.0.1:{port}/callback"',
    )
    return shop


class Browser:
    """A person's browser: it follows the page that is opened, decides, and keeps what it is shown."""

    def __init__(self, decide: Callable[[httpx.Client, str], httpx.Response]) -> None:
        self.decide = decide
        self.shown: httpx.Response | None = None
        self.thread: threading.Thread | None = None

    def open(self, url: str) -> bool:
        self.thread = threading.Thread(target=self._go, args=(url,))
        self.thread.start()
        return True

    def _go(self, url: str) -> None:
        with httpx.Client(follow_redirects=True, timeout=30) as client:
            self.shown = self.decide(client, url)


def choosing(decision: str) -> Callable[[httpx.Client, str], httpx.Response]:
    def decide(client: httpx.Client, url: str) -> httpx.Response:
        page = client.get(url)
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert ticket is not None, page.text
        return client.post(url.partition("?")[0], data={"ticket": ticket[1], "decision": decision})

    return decide


def coming_back(**parameters: str) -> Callable[[httpx.Client, str], httpx.Response]:
    """Somebody who comes back with other parameters than Intuit gives."""

    def decide(client: httpx.Client, url: str) -> httpx.Response:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return client.get(asked["redirect_uri"], params={"state": asked["state"], **parameters})

    return decide


def stray(url: str) -> tuple[str, str]:
    """Where the browser is to come back, and the state that it is to bring."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return asked["redirect_uri"], asked["state"]


def connect(
    qbo: CommandLine, shop: Shop, monkeypatch: pytest.MonkeyPatch, browser: Browser, *options: object
) -> tuple[Answer, httpx.Response]:
    monkeypatch.setattr("webbrowser.open", browser.open)
    answer = qbo("connect", "--settings", shop.settings, "--timeout", 30, *options)
    assert browser.thread is not None
    browser.thread.join(30)
    assert browser.shown is not None
    return answer, browser.shown


def stored(shop: Shop) -> int:
    with shop.run() as run:
        return int(rows(run, "SELECT COUNT(*) AS n FROM tokens")[0]["n"])


def test_connected_is_said_once_the_company_has_answered(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, shown = connect(qbo, unconnected, monkeypatch, Browser(choosing("connect")))
    assert answer.status == 0, answer.plain
    assert "Connected to Sandbox Landscaping and Supply" in answer.plain
    assert (shown.status_code, shown.text) == (
        200, "QuickBooks is connected: Sandbox Landscaping and Supply. You may close this window.",
    )  # fmt: skip
    assert stored(unconnected) == 1


@pytest.mark.parametrize(
    ("decide", "words"),
    [
        (choosing("cancel"), "access was refused in the browser: nothing was connected"),
        (coming_back(error="server_error"), "Intuit answered 'server_error' instead of giving access"),
        (coming_back(code="x", realmId="42"), "has the realm '42', the settings say"),
        (coming_back(code="x"), "has the realm '', the settings say"),
    ],
    ids=["no thanks", "an error", "another company", "no company"],
)
def test_what_was_not_connected_is_told_in_the_browser_and_on_the_command_line(
    unconnected: Shop,
    qbo: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    decide: Callable[[httpx.Client, str], httpx.Response],
    words: str,
) -> None:
    answer, shown = connect(qbo, unconnected, monkeypatch, Browser(decide))
    assert answer.status == 2
    assert words in answer.plain
    assert "Connected" not in answer.out
    assert shown.status_code == 400
    assert shown.text.startswith("QuickBooks is not connected: ")
    assert words in shown.text
    assert stored(unconnected) == 0


@pytest.mark.parametrize(
    "strays",
    [
        {"error": "access_denied"},
        {"error": "access_denied", "state": "x"},
        {"code": "theirs", "realmId": "42", "state": ""},
        {"state": "\u00e9"},
    ],
    ids=["without state", "another state", "no state", "a state beyond ASCII"],
)
def test_only_an_answer_with_our_state_ends_the_consent(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch, strays: dict[str, str]
) -> None:
    seen: list[httpx.Response] = []

    def decide(client: httpx.Client, url: str) -> httpx.Response:
        back, state = stray(url)
        seen.append(client.get(back, params=strays))
        seen.append(client.get(back, params=[("state", state), ("state", "x"), ("error", "access_denied")]))
        seen.append(client.post(back, params={"state": state}))
        return choosing("connect")(client, url)

    answer, _ = connect(qbo, unconnected, monkeypatch, Browser(decide))
    assert answer.status == 0, answer.plain
    assert [one.status_code for one in seen] == [400, 400, 404]
    assert "nothing was connected by it" in seen[0].text
    assert stored(unconnected) == 1


def test_a_silent_connection_holds_up_nobody(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers connect beforehand; half a request is the worst of them, since the system passes it on at once."""
    took: list[float] = []

    def decide(client: httpx.Client, url: str) -> httpx.Response:
        where = urlsplit(stray(url)[0])
        held = [socket.create_connection((str(where.hostname), int(where.port or 0))) for _ in range(5)]
        for one in held:
            one.sendall(b"GET /callback HTTP/1.1\r\n")
        begun = time.monotonic()
        shown = choosing("connect")(client, url)
        took.append(time.monotonic() - begun)
        for one in held:
            one.close()
        return shown

    answer, shown = connect(qbo, unconnected, monkeypatch, Browser(decide))
    assert (answer.status, shown.status_code) == (0, 200), answer.plain
    assert took[0] < 4, "the bound of a head is 5 seconds, for each of the silent ones in turn"


def test_the_error_that_came_back_is_not_repeated(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "\x1b]0;owned\x07<script>"
    answer, shown = connect(qbo, unconnected, monkeypatch, Browser(coming_back(error=hostile)))
    assert answer.status == 2
    for text in (answer.out, answer.err, shown.text):
        assert "owned" not in text
        assert "script" not in text
    assert "Intuit gave no access, for a reason that we do not know" in answer.plain


def test_a_taken_port_is_said_in_plain_words(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: True)
    port = re.search(r"127\.0\.0\.1:(\d+)/callback", unconnected.settings.read_text())
    assert port is not None
    with socket.create_server(("127.0.0.1", int(port[1]))):
        answer = qbo("connect", "--settings", unconnected.settings)
    assert answer.status == 2
    assert f"the browser cannot come back to port {port[1]} of this machine" in answer.plain
    assert "Traceback" not in answer.plain


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


def at_localhost(shop: Shop) -> int:
    """Let the browser come back to `localhost`; the port."""
    text = shop.settings.read_text()
    port = re.search(r"127\.0\.0\.1:(\d+)/callback", text)
    assert port is not None
    point_to(shop.settings, f"127.0.0.1:{port[1]}/callback", f"localhost:{port[1]}/callback")
    return int(port[1])


@needs_ipv6
@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_a_browser_comes_back_to_localhost_by_either_address(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    port = at_localhost(unconnected)

    def decide(client: httpx.Client, url: str) -> httpx.Response:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["redirect_uri"] == f"http://localhost:{port}/callback"
        page = client.get(url)
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert ticket is not None
        form = {"ticket": ticket[1], "decision": "connect"}
        back = client.post(url.partition("?")[0], data=form, follow_redirects=False).headers["location"]
        return client.get(back.replace("localhost", address, 1))

    answer, shown = connect(qbo, unconnected, monkeypatch, Browser(decide))
    assert (answer.status, shown.status_code) == (0, 200), answer.plain


@needs_ipv6
@pytest.mark.parametrize(("address", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_stranger_at_one_address_of_localhost_gets_no_code(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch, address: str, family: socket.AddressFamily
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    port = at_localhost(unconnected)
    with socket.create_server((address, port), family=family):
        answer = qbo("connect", "--settings", unconnected.settings, "--timeout", 1)
    assert answer.status == 2
    assert f"the browser cannot come back to port {port} of this machine" in answer.plain
    assert opened == []
    for other, its in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):  # nothing stays open
        socket.create_server((other, port), family=its).close()


def test_a_machine_with_one_of_the_two_addresses_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_ipv6(host: str, port: int) -> socket.socket:
        if ":" in host:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return listen(host, port)

    monkeypatch.setattr("qbo_pipeline.pipeline.coming_back.listen", without_ipv6)
    port = free_port()
    with ComingBack(f"http://localhost:{port}/callback", "s" * 20):
        assert httpx.get(f"http://127.0.0.1:{port}/callback").status_code == 400


@pytest.mark.parametrize("pkce", [False, True])
def test_a_code_is_tied_to_us_where_intuit_takes_that(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch, pkce: bool
) -> None:
    assert unconnected.emulator is not None
    unconnected.emulator.control("settings", {"pkce": pkce})
    urls: list[str] = []

    def decide(client: httpx.Client, url: str) -> httpx.Response:
        urls.append(url)
        return choosing("connect")(client, url)

    answer, _ = connect(qbo, unconnected, monkeypatch, Browser(decide))
    assert answer.status == 0, answer.plain
    assert ("code_challenge_method=S256" in urls[0]) is pkce
    assert stored(unconnected) == 1


def test_a_code_that_intuit_does_not_take_connects_nothing(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unconnected.emulator is not None
    decide = coming_back(code="forged", realmId=unconnected.emulator.realm)
    answer, shown = connect(qbo, unconnected, monkeypatch, Browser(decide))
    assert answer.status == 2
    assert "forged" not in answer.plain + shown.text
    assert shown.text.startswith("QuickBooks is not connected: ")
    assert stored(unconnected) == 0


def test_a_company_that_does_not_answer_is_not_said_to_be_connected(
    unconnected: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unconnected.emulator is not None
    unconnected.emulator.order({"kind": "refusal", "operation": "read", "status": 403, "code": "3100"})
    answer, shown = connect(qbo, unconnected, monkeypatch, Browser(choosing("connect")))
    assert answer.status == 2
    assert "Intuit gave access, and the tokens are stored, but the company does not answer to them" in answer.plain
    assert "Connected to" not in answer.plain
    assert shown.text.startswith("QuickBooks is not connected: Intuit gave access")


def test_nobody_came_back(tmp_path: Path, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        point_to(shop.settings, "# redirect_uri = ", f'redirect_uri = "http://127.0.0.1:{free_port()}/x"  # ')
        monkeypatch.setattr("webbrowser.open", lambda url: True)
        answer = qbo("connect", "--settings", shop.settings, "--timeout", 1)
    assert answer.status == 2
    assert "nobody consented within 1 s: run `qbo-pipeline connect` again" in answer.plain
