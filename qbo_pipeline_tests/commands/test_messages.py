"""What a person reads where something is not as it must be: what, where, why, what to do; and an honest exit status.

Each row provokes one trouble on the command line. None of the answers holds the words of a program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
import typer
from rich.text import Text

from qbo_pipeline.cli import app
from qbo_pipeline_tests.commands.command_line import Answer, CommandLine
from qbo_pipeline_tests.pipeline.connections import NOBODY, point_to
from qbo_pipeline_tests.pipeline.shop import DAYS, Shop, open_shop, shop_rows, write_csv

PROGRAM_TEXT = re.compile(
    r"Traceback|Error:|\bErrno\b|\b[A-Z]\w+\(\w+=|\{'|\('|<class |object at 0x|None\b|stamina|materiali[sz]e|partys"
)

Provoke = Callable[[Shop], None]


def nothing(shop: Shop) -> None:
    """The shop as it is."""


def nobody_there(shop: Shop) -> None:
    assert shop.emulator is not None
    point_to(shop.settings, shop.emulator.base_url, NOBODY)


def wrong_secret(shop: Shop) -> None:
    assert shop.emulator is not None
    point_to(shop.folder / ".env", shop.emulator.client_secret, "mistyped")


def replaced(right: str, wrong: str) -> Provoke:
    return lambda shop: point_to(shop.settings, right, wrong)


def source_at(url: str) -> Provoke:
    return lambda shop: point_to(shop.settings, shop.source_url, url)


def changed(*statements: str) -> Provoke:
    return lambda shop: shop.change(*statements)


def csv_with(mark: bytes) -> Provoke:
    def provoke(shop: Shop) -> None:
        folder = shop.folder / "export"
        write_csv(folder, shop_rows())
        for file in folder.glob("*.csv"):
            file.write_bytes(file.read_bytes().replace(b",", mark))
        point_to(shop.settings, 'kind = "sql"', 'kind = "csv"\npath = "export"')
        point_to(shop.settings, "\n# path =", "\n# its path =")

    return provoke


def without_environment(shop: Shop) -> None:
    point_to(shop.settings, f'url = "{shop.source_url}"', 'url_variable = "QBO_SHOP_SOURCE_URL"')
    point_to(shop.settings, '\n# url_variable = "QBO_SHOP_SOURCE_URL"', "\n# url_variable")


RUN, PREFLIGHT = ("run", *DAYS), ("preflight",)
# trouble, command, what provokes it, exit status, the words that say what, where, why and what to do
TROUBLES: list[tuple[str, tuple[str, ...], Provoke, int, tuple[str, ...]]] = [
    ("nobody answers at QuickBooks' address", RUN, nobody_there, 3, (
        "Intuit's OAuth service could not be reached: no connection to 127.0.0.1:9: Connection refused",
        "Nothing is lost: see that this machine reaches it, and run the same again",
    )),
    ("a wrong client secret", PREFLIGHT, wrong_secret, 2, (
        "Intuit does not take our app's credentials (invalid_client)", "correct client id and client secret",
    )),
    ("a wrong client secret, in a run", RUN, wrong_secret, 2, ("correct client id and client secret",)),
    ("a source that does not answer", RUN, source_at("postgresql://reader:s3cret@127.0.0.1:1/erp"), 3, (
        "the source's database does not answer (postgresql", "127.0.0.1:1/erp", "Connection refused",
        "[source] url", "has the right host and port", "run the same days again once it answers",
    )),
    ("a source that is not there", RUN, source_at("sqlite:////nowhere/erp.sqlite"), 2, (
        "no database file (/nowhere/erp.sqlite)", "Correct [source] url",
    )),
    ("a database that is not read", RUN, source_at("oracle://u:s3cret@h/erp"), 2, (
        "databases of kind 'oracle' are not read",
        "only PostgreSQL, SQLite, MySQL or MariaDB and SQL Server (untested) are",
    )),
    ("a misspelt account", RUN, replaced('bank = "Checking"', 'bank = "Chequing"'), 2, (
        "shop.toml: [accounts.roles] bank: QuickBooks has no account 'Chequing'; did you mean 'Checking'?",
    )),
    ("an account that is like no other", RUN, replaced('bank = "Checking"', 'bank = "Zzyzx 99"'), 2, (
        "has no account 'Zzyzx 99'; none of the", "accounts has a name like it",
    )),
    ("semicolons in a CSV", RUN, csv_with(b";"), 2, (
        "the columns are separated by semicolons", "documents.csv, line 1", "parties.csv, line 1",
        "commas are expected", "Export the file again as CSV with commas",
    )),
    ("tabs in a CSV", RUN, csv_with(b"\t"), 2, ("the columns are separated by tabs", "commas are expected")),
    ("several missing columns", RUN, changed(
        "ALTER TABLE documents RENAME COLUMN net_amount TO nett", "ALTER TABLE documents DROP COLUMN party_id",
    ), 2, (
        "documents lacks the columns party_id, net_amount", "is it the column 'nett'?", "the contract requires them",
    )),
    ("a currency that the company does not keep", RUN, changed(
        "UPDATE documents SET currency = 'EUR', exchange_rate = '1.1' WHERE document_id = 'i1'",
    ), 1, ("switch Multicurrency on in QuickBooks (Account and settings, Advanced",)),
    ("a URL that nobody gave", RUN, without_environment, 2, (
        "[source] url_variable names QBO_SHOP_SOURCE_URL, which is not set: set QBO_SHOP_SOURCE_URL in the environment",
        "or in /", "/.env",
    )),
    ("a first command without the chart of accounts", ("reconcile", "--as-at", "2024-03-07"), nothing, 2, (
        "the chart of accounts has not been read from QuickBooks yet: run `qbo-pipeline preflight`",
    )),
    ("a document that is not there", ("show", "4711"), nothing, 2, ("Nothing has the key or the number '4711'",)),
    ("a setting that is not there", RUN, replaced('quotes = false', 'post_quotes = false'), 2, (
        "[posting] post_quotes: there is no such setting, did you mean 'quotes'?",
    )),
    ("a date as it is written elsewhere", RUN, replaced("first_day = 2024-03-01", "first_day = 01.03.2024"), 2, (
        "shop.toml: not valid TOML: ", "(at line ", "a date as 2026-03-31",
    )),
    ("a policy that cannot be chosen", RUN, replaced(
        "\naccrue_receipts", '\nbill_difference = "on_hand"\naccrue_receipts'
    ), 2, ("[posting] bill_difference:", "'purchase_price_variance', 'inventory' or 'on_hand_share'",)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@pytest.mark.parametrize(
    ("command", "provoke", "status", "words"), [row[1:] for row in TROUBLES], ids=[row[0] for row in TROUBLES]
)
def test_a_trouble_is_told_in_plain_words(
    shop: Shop,
    qbo: CommandLine,
    command: tuple[str, ...],
    provoke: Provoke,
    status: int,
    words: tuple[str, ...],
) -> None:
    provoke(shop)
    answer = qbo(*command, "--settings", shop.settings)
    assert answer.status == status, answer.plain
    for said in words:
        assert said in answer.plain, answer.plain
    assert_plain(answer)


def assert_plain(answer: Answer) -> None:
    assert not PROGRAM_TEXT.search(answer.plain), answer.plain
    assert "s3cret" not in answer.plain
    assert len(answer.err) < 4_000


def test_a_column_of_another_table_is_not_said_to_be_like_itself(shop: Shop, tmp_path: Path, qbo: CommandLine) -> None:
    """A SELECT that asks the wrong table: "did you mean 'party_id'" of party_id would help nobody."""
    mapping = tmp_path / "mapping"
    mapping.mkdir()
    for kind in shop_rows():
        (mapping / f"{kind}.sql").write_text(f"SELECT * FROM {kind}")
    (mapping / "products.sql").write_text("SELECT p.product_id, p.kind, p.name, p.party_id FROM products p")
    point_to(shop.settings, "# mapping = ", f'mapping = "{mapping}"  # ')
    answer = qbo("run", *DAYS, "--settings", shop.settings)
    assert answer.status == 2
    assert (
        "no column p.party_id (mapping/products.sql): no table of the SELECT has a column of that name" in answer.plain
    )
    assert "it is a column of documents, movements, parties, payments" in answer.plain
    assert "did you mean 'party_id'" not in answer.plain
    assert_plain(answer)


def test_progress_speaks_of_parties(tmp_path: Path) -> None:
    from qbo_pipeline.pipeline.extract import extract_master_data

    shop = open_shop(tmp_path, None)
    told: list[str] = []
    with shop.run(progress=lambda what, count: told.append(what)) as run:
        extract_master_data(run)
    assert told == ["parties read", "products read", "locations read"]


def test_altered_attempts_and_counts_are_told_without_program_text(shop: Shop, qbo: CommandLine) -> None:
    qbo("run", *DAYS, "--settings", shop.settings)
    with shop.run() as run, run.database.transaction() as connection:
        triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE attempts SET message = 'nothing' WHERE seq = 3")
        connection.exec_driver_sql("UPDATE reads SET rows_read = rows_read + 1 WHERE record_type = 'document'")
    for command in ("verify", "status"):
        answer = qbo(command, "--settings", shop.settings)
        assert answer.status == 4
        assert "document: the counts do not add up: 2 read, but 1 posted, 0 waiting" in answer.plain
        assert_plain(answer)
    assert "line 3 about" in qbo("verify", "--settings", shop.settings).plain


def _helps(command: Any) -> Iterator[str]:
    yield command.help or ""
    yield from (getattr(parameter, "help", None) or "" for parameter in command.params)
    for below in getattr(command, "commands", {}).values():
        yield from _helps(below)


def test_no_word_of_a_help_is_taken_for_markup() -> None:
    """What stands in brackets is taken for a style by rich, and is not shown."""
    assert [text for text in _helps(typer.main.get_command(app)) if Text.from_markup(text).plain != text] == []
