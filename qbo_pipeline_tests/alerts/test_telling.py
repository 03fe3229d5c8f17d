"""Who is told what: each trouble once, over once, held in quiet hours, and the digest's numbers are the report's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from qbo_pipeline.alerts.sending import AppriseSender
from qbo_pipeline.alerts.telling import NobodyTookIt, Told, tell
from qbo_pipeline.instants import in_zone
from qbo_pipeline.pipeline.connect import open_vault
from qbo_pipeline.pipeline.latest import latest_reconciliation
from qbo_pipeline.pipeline.report_files import write_reports
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.quickbooks.outcomes import Done
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.settings import SettingsError, load_settings
from qbo_pipeline.store.tables.reconciliation import reconciliations
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.hostile import HOSTILE, check_plain
from qbo_pipeline_tests.pipeline.connections import carry, point_to
from qbo_pipeline_tests.pipeline.shop import FIRST_DAY, LAST_DAY, Shop, open_shop

VARIABLE = "SHOP_ALERTS"
CANARY = "hunter2canary"
AMOUNTS = ("stock_value", "ledger_balance", "difference", "unexplained")


@dataclass
class Post:
    """A sender in memory: what was sent; it takes nothing while it is `shut`."""

    messages: list[tuple[str, str]] = field(default_factory=list)
    shut: bool = False

    def send(self, title: str, body: str) -> Sequence[str]:
        if self.shut:
            raise NobodyTookIt("the post is shut")
        self.messages.append((title, body))
        return []

    def titles(self) -> list[str]:
        return [title for title, _ in self.messages]


@contextmanager
def carried(folder: Path, **values: Any) -> Iterator[Shop]:
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(folder, emulator, **values)
        point_to(shop.settings, "silent_hours = 30", "silent_hours = 8760")
        point_to(shop.settings, '# url = "https://books.example.com" ', 'url = "https://books.example.com" ')
        with shop.run() as run:
            carry(run, FIRST_DAY, LAST_DAY)
        yield shop


@pytest.fixture
def shop(tmp_path: Path, quick_store_url: str) -> Iterator[Shop]:
    with carried(tmp_path, store_url=quick_store_url) as shop:
        yield shop


@pytest.fixture
def shop_on_both(tmp_path: Path, store_url: str) -> Iterator[Shop]:
    with carried(tmp_path, store_url=store_url) as shop:
        yield shop


@pytest.fixture(scope="module")
def night_after_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all nights with one kind of trouble: each is mended when its test ends."""
    with carried(tmp_path_factory.mktemp("nights")) as shop:
        yield shop


def told(shop: Shop, post: Post, **options: Any) -> Told:
    with shop.run() as run:
        return tell(run, post, **options)


def _stored(status: str, difference: str, unexplained: str) -> Callable[[Shop], None]:
    """The newest reconciliation says something else."""

    def change(shop: Shop) -> None:
        with shop.run() as run, run.database.transaction() as connection:
            amounts = {"difference": Decimal(difference), "unexplained": Decimal(unexplained)}
            connection.execute(update(reconciliations).values(status=status, **amounts))

    return change


def _sql(statement: str) -> Callable[[Shop], None]:
    """Something is otherwise in the store; `:then` is four days ago."""

    def change(shop: Shop) -> None:
        with shop.run() as run, run.database.transaction() as connection:
            then = run.database.now(connection) - timedelta(days=4)
            shown: Any = then if run.database.dialect == "postgresql" else then.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
            connection.execute(text(statement), {"then": shown} if ":then" in statement else {})

    return change


def _set(before: str, after: str) -> Callable[[Shop], None]:
    """The settings say something else."""
    return lambda shop: point_to(shop.settings, before, after)


def _both(*changes: Callable[[Shop], None]) -> Callable[[Shop], None]:
    def change(shop: Shop) -> None:
        for one in changes:
            one(shop)

    return change


def _access_lasts(**delta: float) -> Callable[[Shop], None]:
    """When our access to QuickBooks ends for good."""

    def change(shop: Shop) -> None:
        with shop.run() as run:
            vault = open_vault(run.settings, run.secrets, run.tokens)
            stored = vault.load()
            assert stored is not None
            vault.save(replace(stored.tokens, hard_expires_at=datetime.now(UTC) + timedelta(**delta)))

    return change


_copied = _sql(
    "INSERT INTO posting_copies (connection, entity, qbo_id, key, business_date, found_at) "
    "VALUES ('shop', 'Invoice', '999', 'document/i1', '2024-03-04', :then)"
)
_READS = "UPDATE reads SET rows_read = rows_read {} 1 WHERE record_type = 'document' AND rows_read > {}"
_MUCH = "metered_reads_a_month = 1 "


@dataclass(frozen=True, slots=True)
class Night:
    """A night with one kind of trouble: what goes wrong, what is told of it, what mends it, and what is told then."""

    trouble: Callable[[Shop], None]
    title: str
    mended: Callable[[Shop], None]
    over: str


NIGHTS = {
    "unexplained": Night(
        _stored("unexplained", "5.00", "5.00"),
        "shop: unexplained, lost or doubled: as at 2024-03-07: difference 5.00, unexplained 5.00: ",
        _stored("balanced", "0.00", "0.00"),
        "every cent has its cause again",
    ),
    "out_of_balance": Night(
        _stored("explained", "5.00", "0.00"),
        "shop: waiting or explained: as at 2024-03-07: difference 5.00, unexplained 0.00: ",
        _stored("balanced", "0.00", "0.00"),
        "stock value and ledger agree again",
    ),
    "doubled": Night(
        _copied,
        "shop: unexplained, lost or doubled: 1 document copied in QuickBooks, such as Invoice Id 999",
        _sql("DELETE FROM posting_copies"),
        "no document stands twice any more",
    ),
    "lost": Night(
        _sql(_READS.format("+", "0")),
        "shop: unexplained, lost or doubled: the counts do not add up",
        _sql(_READS.format("-", "1")),
        "the counts add up again",
    ),
    "waiting": Night(
        _sql("UPDATE postings SET state = 'parked', reason = 'refused', first_seen = :then WHERE key = 'movement/d1'"),
        "shop: waiting or explained: 1 document waits for a person for 3 days or longer, one since 4 days",
        _sql("UPDATE postings SET state = 'posted', reason = NULL WHERE key = 'movement/d1'"),
        "nothing waits for long any more",
    ),
    "access": Night(
        _access_lasts(days=6),
        "shop: waiting or explained: access to QuickBooks: ",
        _access_lasts(days=300),
        "QuickBooks lets us in again",
    ),
    "access that has ended": Night(
        _access_lasts(days=-1),
        "shop: unavailable: access to QuickBooks: ",
        _access_lasts(days=300),
        "QuickBooks lets us in again",
    ),
    "reads": Night(
        _set("# metered_reads_a_month = 500000 ", _MUCH),
        "shop: waiting or explained: ",
        _set(_MUCH, "metered_reads_a_month = 500000 "),
        "there are reads of QuickBooks left again",
    ),
    "silence": Night(
        _both(_set("silent_hours = 8760", "silent_hours = 1"), _sql("UPDATE reads SET read_at = :then")),
        "shop: unavailable: nothing has run for more than 1 hours, last at ",
        _set("silent_hours = 1", "silent_hours = 8760"),
        "it runs again",
    ),
}  # fmt: skip


LINKS = {
    "unexplained": "reconciliations", "out_of_balance": "reconciliations", "doubled": "work-list", "lost": "work-list",
    "waiting": "work-list", "access": "set-up", "access that has ended": "set-up",
}  # fmt: skip
"""By night what of the page shows more of it."""


def test_a_clean_night_says_nothing(shop: Shop) -> None:
    post = Post()
    assert told(shop, post) == Told()
    assert post.messages == []


@pytest.mark.parametrize("name", NIGHTS)
def test_a_night_with_one_kind_of_trouble_tells_it_alone_and_once_and_once_more_when_it_is_over(
    night_after_night: Shop, name: str
) -> None:
    shop, night, post = night_after_night, NIGHTS[name], Post()
    night.trouble(shop)
    told(shop, post)
    ((title, body),) = post.messages
    assert title.startswith(night.title)
    if name == "waiting":
        assert body.startswith("Journal Entry D1: ")
    shown = LINKS.get(name)
    assert body.splitlines()[1:] == ([f"https://books.example.com/c/shop/{shown}"] if shown else [])
    told(shop, post)  # the next night
    assert len(post.messages) == 1
    night.mended(shop)
    told(shop, post)
    assert post.titles()[1:] == [f"shop: over: {night.over}"]
    told(shop, post)
    assert len(post.messages) == 2


def test_a_night_with_all_of_them_tells_each_once_the_gravest_first(shop: Shop) -> None:
    together = ("unexplained", "doubled", "lost", "waiting", "access", "reads", "silence")
    for name in together:
        NIGHTS[name].trouble(shop)
    post = Post()
    told(shop, post, failed_run="shop_nightly: the source is away")
    told(shop, post)
    expected = [NIGHTS[name].title for name in together]
    assert len(post.messages) == len(together) + 1
    assert [sum(title.startswith(begins) for title in post.titles()) for begins in expected] == [
        # What begins alike: a word of the verdict alone tells of all that have it.
        1, 1, 1, 1, 1, 3, 1,
    ]  # fmt: skip
    assert post.titles().count("shop: unavailable: a run failed: shop_nightly: the source is away") == 1


def test_a_failed_run_is_told_until_one_goes_through(shop: Shop) -> None:
    post = Post()
    told(shop, post, failed_run="shop_nightly: the source is away")
    told(shop, post, failed_run="shop_nightly: the source is away")
    assert post.titles() == ["shop: unavailable: a run failed: shop_nightly: the source is away"]
    with shop.run() as run:
        carry(run, FIRST_DAY, LAST_DAY)
    told(shop, post)
    assert post.titles()[1:] == ["shop: over: a later run went through"]


def test_what_nobody_took_is_told_again(shop: Shop) -> None:
    post = Post(shut=True)
    _copied(shop)
    assert told(shop, post).failed == ["the post is shut"]
    post.shut = False
    told(shop, post)
    assert len(post.messages) == 1


class Eager(Post):
    """While a message leaves, another process comes to tell as well."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop, self.other = shop, Post()

    def send(self, title: str, body: str) -> Sequence[str]:
        told(self.shop, self.other)
        return super().send(title, body)


def test_two_that_tell_at_once_tell_once(shop_on_both: Shop) -> None:
    _copied(shop_on_both)
    post = Eager(shop_on_both)
    told(shop_on_both, post)
    assert len(post.messages) + len(post.other.messages) == 1


def test_what_others_wrote_does_not_act_in_a_message(shop: Shop) -> None:
    _copied(shop)
    with shop.run() as run, run.database.transaction() as connection:
        connection.execute(text("UPDATE posting_copies SET qbo_number = :n"), {"n": f"7{HOSTILE}"})
    post = Post()
    told(shop, post)
    told(shop, post, digest=True)
    for message in post.messages:
        check_plain("".join(part.replace("\n", "") for part in message), "a message")
        assert message[0].count("\n") == 0


def around_now(run: Run, *, hours: int) -> str:
    with run.database.reading() as connection:
        now = in_zone(run.database.now(connection), run.settings.connection.time_zone)
    return (now + timedelta(hours=hours)).strftime("%H:%M")


def test_quiet_hours_hold_and_then_tell(shop: Shop) -> None:
    with shop.run() as run:
        before, after = around_now(run, hours=-1), around_now(run, hours=2)
    point_to(shop.settings, '# quiet_from = "22:00" ', f'quiet_from = "{before}" ')
    point_to(shop.settings, '# quiet_to = "06:30" ', f'quiet_to = "{after}" ')
    _copied(shop)
    post = Post()
    assert [headline[:26] for headline in told(shop, post).held] == ["1 document copied in Quick"]
    assert post.messages == []
    point_to(shop.settings, f'quiet_to = "{after}" ', f'quiet_to = "{before}" ')
    told(shop, post)
    assert len(post.messages) == 1


def test_the_digest_has_the_numbers_of_the_report_once_a_day(shop: Shop) -> None:
    with shop.run() as run:
        due = around_now(run, hours=0)
        latest = latest_reconciliation(run)
    point_to(shop.settings, '# digest_at = "07:30" ', f'digest_at = "{due}" ')
    post = Post()
    told(shop, post)
    told(shop, post)
    ((title, body),) = post.messages
    assert title == f"shop: in balance as at {LAST_DAY}"
    amounts = f"Stock value {latest.stock_value:,.2f}, ledger {latest.ledger_balance:,.2f} USD: difference 0.00"
    assert amounts in body
    assert "Waiting for somebody: 0." in body
    NIGHTS["waiting"].trouble(shop)
    told(shop, post, digest=True)
    assert len(post.messages) == 3
    assert "Waiting for somebody: 1 (1 not posted)." in post.messages[-1][1]


def test_the_digest_of_a_night_with_trouble_has_the_numbers_of_its_report(shop: Shop, tmp_path: Path) -> None:
    """Somebody wrote a journal into the stock account: the report's file, the digest and the alert say the same."""
    with shop.run() as run:
        accounts = {one["Name"]: one["Id"] for one in run.quickbooks().query(select("Account"))}
        lines = [
            {"DetailType": "JournalEntryLineDetail", "Amount": Decimal("7.25"),
             "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": accounts[name]}}}
            for side, name in (("Debit", "Inventory Asset"), ("Credit", "Inventory Shrinkage"))
        ]  # fmt: skip
        entry = {"TxnDate": LAST_DAY.isoformat(), "Line": lines}
        assert isinstance(run.quickbooks().create("JournalEntry", entry), Done)
        result = carry(run, FIRST_DAY, LAST_DAY).result
        written = json.loads(write_reports(run, result, tmp_path / "reports").json.read_bytes())
    post = Post()
    told(shop, post, digest=True)
    (alert, _), (title, body) = post.messages
    shown = {name: f"{Decimal(str(written[name])):,.2f}" for name in AMOUNTS}
    assert shown["difference"] == "7.25"
    assert alert.startswith(f"shop: waiting or explained: as at {LAST_DAY}: difference {shown['difference']}, ")
    assert title == f"shop: waiting or explained as at {LAST_DAY}"
    assert body.splitlines()[0] == (
        f"Stock value {shown['stock_value']}, ledger {shown['ledger_balance']} USD: difference "
        f"{shown['difference']}, unexplained {shown['unexplained']}."
    )


class _Service(BaseHTTPRequestHandler):
    received: list[dict[str, Any]] = []  # noqa: RUF012 - the server makes the handlers
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(json.loads(body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[int]:
    _Service.received, _Service.status = [], 200
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_reaches_every_address_and_no_secret_is_told(
    shop: Shop, service: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_to(shop.settings, '# urls_variable = "ACME_ALERTS" ', f'urls_variable = "{VARIABLE}" ')
    good, dead = f"json://user:{CANARY}@127.0.0.1:{service}/", f"json://user:{CANARY}@127.0.0.1:9/"
    monkeypatch.setenv(VARIABLE, f"{good} {dead}")
    qbo = CommandLine(monkeypatch, capsys)
    answer = qbo("notify", "--test", "--settings", shop.settings)
    assert (answer.status, [one["title"] for one in _Service.received]) == (3, ["shop: a test"])
    assert "address number 2 (JSON) did not take the message" in answer.plain
    monkeypatch.setenv(VARIABLE, good)
    _copied(shop)
    answer = qbo("notify", "--settings", shop.settings, "--json")
    assert answer.status == 0
    assert len(answer.json["sent"]) == 1
    _Service.status = 500
    assert qbo("notify", "--test", "--settings", shop.settings).status == 3
    assert CANARY not in answer.out + answer.err + json.dumps(_Service.received)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("# urls", "json://127.0.0.1/", "urls_variable is not given"),
        (f'urls_variable = "{VARIABLE}" #', "", "which is not set"),
        (f'urls_variable = "{VARIABLE}" #', f"{CANARY}", "number 1 in SHOP_ALERTS is none that Apprise knows"),
    ],
)
def test_what_is_wrong_with_the_addresses_is_said_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: str
) -> None:
    shop = open_shop(tmp_path, None)
    point_to(shop.settings, '# urls_variable = "ACME_ALERTS" ', f"{setting} ")
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(SettingsError, match=words) as raised:
        AppriseSender(load_settings(shop.settings))
    assert CANARY not in str(raised.value)
