"""One record that cannot be built, as its rule raises or the process dies of it: it is parked, the rest goes on."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline.accounting.rules import RULES
from qbo_pipeline.pipeline.counts import broken_counts, open_postings
from qbo_pipeline.pipeline.decide import decide
from qbo_pipeline.pipeline.under_way import SIZES
from qbo_pipeline.pipeline.verify import verify_attempts
from qbo_pipeline.posting.persons import NotPossible
from qbo_pipeline.store.dispositions import load_under_way
from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.emulator.server import running_emulator
from qbo_pipeline_tests.pipeline.connections import content_of, rows
from qbo_pipeline_tests.pipeline.shop import DATED, DAYS, Shop, open_shop, shop_rows
from qbo_pipeline_tests.pipeline.without_qbo import build, chart, read, states
from qbo_pipeline_tests.sources.company import Rows

INVOICES = 60  # more than the second size of a page
_invoice = RULES["sales_invoice"]


def many_invoices() -> Rows:
    """The shop with further invoices like its own, all of one day."""
    found = shop_rows()
    header, lines = found["documents"][1], [row for row in found["document_lines"] if row["document_id"] == "i1"]
    for number in range(10, 10 + INVOICES):
        found["documents"].append({**header, "document_id": f"i{number}", "number": f"I{number}"})
        found["document_lines"] += [
            {**line, "document_id": f"i{number}", "line_id": f"i{number}-{place}"} for place, line in enumerate(lines)
        ]
    return found


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    """The shop with many invoices, read and not built."""
    shop = open_shop(tmp_path, None, many_invoices(), store_url=store_url)
    with shop.run() as run:
        chart(run)
        read(run)
    return shop


def rule_that(happens: Callable[[Any], Any], *poisonous: str) -> Callable[[Any, Any], Any]:
    """The rule for invoices, which does something else to these."""

    def rule(record: Any, books: Any) -> Any:
        draft = _invoice(record, books)
        return happens(draft) if record.record_id in poisonous else draft

    return rule


def raise_error(_draft: Any) -> Any:
    raise LookupError(f"no such thing: <object at {hex(id(object()))}>\nmore of it")


def with_float(draft: Any) -> Any:
    draft.payload["Line"][0]["Amount"] = 0.1 + 0.2
    return draft


def die(_draft: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_building(shop: Shop, *poisonous: str) -> bool:
    """Build in a process of its own that dies of these records; answers whether it did."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            RULES["sales_invoice"] = rule_that(die, *poisonous)
            with shop.run() as run:
                build(run)
            status = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(status)
    _, waited = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(waited) and os.WTERMSIG(waited) == signal.SIGKILL
    assert killed or os.waitstatus_to_exitcode(waited) == 0, "the builder failed by itself"
    return killed


@pytest.mark.parametrize(
    ("happens", "words"),
    [(raise_error, "LookupError: no such thing: <object at 0x…>"), (with_float, "NotExact")],
    ids=["the rule raises", "the draft cannot be written"],
)
def test_an_exception_refuses_one_record(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, happens: Any, words: str
) -> None:
    """Its traceback is in the log once for the same fault; it is tried again by every run, and heals."""
    poisonous = ("i20", "i40")
    monkeypatch.setitem(RULES, "sales_invoice", rule_that(happens, *poisonous))
    with shop.run() as run:
        with caplog.at_level(logging.ERROR):
            first = build(run)
        failed = [record for record in caplog.records if "was not built" in record.message]
        found = states(run)
        messages = [row["reason"] for row in open_postings(run)]
        again = build(run)
        assert broken_counts(run) == []
        with pytest.raises(NotPossible, match="correct what its message says"):
            decide(run, "retry", "document/i20", "Ann", "again")
        monkeypatch.undo()
        build(run)
        healed = states(run)

    assert {key for key, state in found.items() if state == ("parked", "rule_failed")} == {
        f"document/{name}" for name in poisonous
    }
    assert len(found) == INVOICES + len(DATED)
    assert [words in message for message in messages] == [True, True]
    assert "more of it" not in "".join(messages)
    assert first.totals()["records_refused"] == again.totals()["records_refused"] == 2
    assert (again.totals()["postings_new"], again.totals()["postings_changed"]) == (0, 0)
    assert [bool(record.exc_info) for record in failed] == [True, False]
    assert set(healed.values()) == {("ready", None)}
    assert len(healed) == len(found)


@pytest.mark.parametrize("poisonous", [("i40",), ("i69",), ("i11", "i50")], ids=["one", "the last one", "two"])
def test_a_record_that_kills_the_process_is_quarantined_after_three_deaths(
    shop: Shop, poisonous: tuple[str, ...]
) -> None:
    deaths = 0
    while dies_building(shop, *poisonous):
        deaths += 1
        assert deaths <= len(SIZES) * len(poisonous)
        with shop.run() as run:
            assert broken_counts(run) == []
    assert deaths >= len(SIZES)

    with shop.run() as run:
        found = states(run)
        assert {key for key, state in found.items() if state != ("ready", None)} == {f"document/{p}" for p in poisonous}
        assert {found[f"document/{name}"] for name in poisonous} == {("parked", "quarantined")}
        assert all("retry" in row["reason"] for row in open_postings(run))
        with run.database.reading() as connection:
            assert load_under_way(connection, run.name) == []
        assert broken_counts(run) == []
        before = content_of(run, "records", "postings", "attempts")
    assert not dies_building(shop, *poisonous)  # nobody touches it any more
    with shop.run() as run:
        assert content_of(run, "records", "postings", "attempts") == before

    with shop.run() as run:  # mended, and released by a person
        for name in poisonous:
            decide(run, "retry", f"document/{name}", "Ann", "the library is mended")
        build(run)
        assert set(states(run).values()) == {("ready", None)}
        journal = rows(run, "SELECT key, who, why FROM attempts WHERE event = 'retry' ORDER BY key")
        assert [tuple(row.values()) for row in journal] == [
            (f"document/{name}", "Ann", "the library is mended") for name in poisonous
        ]
        assert verify_attempts(run).intact


def test_a_record_released_too_early_is_quarantined_again(shop: Shop) -> None:
    deaths = [dies_building(shop, "i40") for _ in range(4)]
    with shop.run() as run:
        decide(run, "retry", "document/i40", "Ann", "perhaps it is well")
    again = [dies_building(shop, "i40") for _ in range(4)]
    with shop.run() as run:
        assert states(run)["document/i40"] == ("parked", "quarantined")
    assert deaths == again == [True, True, True, False]


def test_a_quarantined_record_that_changes_in_the_source_is_built_again(shop: Shop) -> None:
    while dies_building(shop, "i40"):
        pass
    shop.change("UPDATE documents SET memo = 'corrected' WHERE document_id = 'i40'")
    with shop.run() as run:
        read(run)
        build(run)
        assert states(run)["document/i40"] == ("ready", None)


def test_a_deadly_record_that_the_source_takes_back_is_gone(shop: Shop) -> None:
    """Before anybody has quarantined it."""
    assert [dies_building(shop, "i40") for _ in SIZES] == [True] * len(SIZES)
    shop.change("DELETE FROM documents WHERE document_id = 'i40'")
    with shop.run() as run:
        read(run)
        build(run)
        assert "document/i40" not in states(run)
        assert set(states(run).values()) == {("ready", None)}
        assert broken_counts(run) == []


def test_a_run_that_a_person_interrupts_is_no_death(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is: nothing is noted, nothing is quarantined."""

    def interrupt(_draft: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setitem(RULES, "sales_invoice", rule_that(interrupt, "i40"))
    with shop.run() as run:
        for _ in range(len(SIZES) + 1):
            with pytest.raises(KeyboardInterrupt):
                build(run)
            with run.database.reading() as connection:
                assert load_under_way(connection, run.name) == []
        monkeypatch.undo()
        build(run)
        assert set(states(run).values()) == {("ready", None)}


def test_the_run_says_so_and_posts_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1 and the record in the list, until it can be built; its payment waits for it."""
    qbo = CommandLine(monkeypatch, capsys)
    with running_emulator("--limits", "off") as emulator:
        shop = open_shop(tmp_path, emulator)
        with monkeypatch.context() as patch:
            patch.setitem(RULES, "sales_invoice", rule_that(raise_error, "i1"))
            bad = qbo("run", *DAYS, "--settings", shop.settings, "--json")
        with shop.run() as run:
            posted = {row["record_key"] for row in rows(run, "SELECT record_key FROM postings WHERE state = 'posted'")}
        mended = qbo("run", *DAYS, "--settings", shop.settings, "--json")

    assert (bad.status, mended.status) == (1, 0)
    (waiting,) = bad.json["postings"]
    assert (waiting["key"], waiting["state"]) == ("document/i1", "parked")
    assert waiting["reason"].startswith("rule_failed: its posting rule failed (LookupError: no such thing")
    assert posted & set(DATED) == set(DATED) - {"document/i1", "payment/y1"}
    assert mended.json["difference"] == "0.00"
