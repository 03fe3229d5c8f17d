"""QuickBooks refuses reads for a month, or everything for half an hour: what `run` does, says and leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina
from sqlalchemy import text

from qbo_pipeline.pipeline import load as load_stage
from qbo_pipeline.posting.shell import PosterSettings
from qbo_pipeline_tests.commands.command_line import Answer, CommandLine
from qbo_pipeline_tests.pipeline.shop import DAYS, LAST_DAY, Shop, draft


def too_many(detail: str, *operations: str) -> list[dict[str, object]]:
    fault = {"kind": "refusal", "status": 429, "code": "3001", "detail": detail}
    return [{**fault, "operation": operation} for operation in operations]


QUOTA = too_many("The CorePlus quota is used up", "read", "query", "cdc", "report")
STORM = too_many("The request limit was reached", "batch", "create", "update")
AS_AT = ("--as-at", LAST_DAY.isoformat())
DEARER = (
    "UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'",
    "UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'",
)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


def order(shop: Shop, *rules: dict[str, object]) -> None:
    assert shop.emulator is not None
    shop.emulator.order(*rules)


def written(shop: Shop) -> int:
    assert shop.emulator is not None
    return int(shop.emulator.meter()["core"])


def run(qbo: CommandLine, shop: Shop, *options: str) -> Answer:
    return qbo("run", *DAYS, "--settings", shop.settings, *options)


def test_posting_goes_on_without_reads_and_the_report_says_as_of(shop: Shop, qbo: CommandLine) -> None:
    assert run(qbo, shop).status == 0
    before = written(shop)
    shop.change(*DEARER)
    order(shop, *QUOTA)
    blind = run(qbo, shop, "--json")

    assert (blind.status, written(shop) - before) == (3, 1), blind.err
    assert blind.json["posted"] == 1
    reference, company, ledger = blind.json["warnings"]
    assert company.startswith("whether another store posts to this company was last looked at")
    assert reference.startswith("The accounts, tax codes and preferences are as of 20")
    assert ledger.startswith("QuickBooks' ledger is as of 20")
    for warning in (reference, ledger):
        assert "the metered reads of this month are used up" in warning
        assert "brings it up to date" in warning
    # The stored ledger is that of before the change: what was posted since is waiting in it, not deleted by somebody.
    assert (blind.json["stock_value"], blind.json["ledger_balance"]) == ("57.50 USD", "62.50 USD")
    assert (blind.json["difference"], blind.json["unexplained"]) == ("5.00", "0.00")
    assert "changed_in_quickbooks" not in blind.json

    report = qbo("reconcile", *AS_AT, "--settings", shop.settings)
    assert report.status == 3
    assert "Changed in the inventory system" in report.plain
    assert "Deleted" not in report.plain
    assert f"- {ledger}" in report.plain

    order(shop)
    again = run(qbo, shop, "--json")
    assert (again.status, again.json["warnings"], again.json["difference"]) == (0, [], "0.00")
    assert written(shop) - before == 1


def test_what_was_posted_since_the_ledger_was_read_is_waiting_in_it(shop: Shop, qbo: CommandLine) -> None:
    """Nobody deleted it: the ledger that is at hand cannot have it yet."""
    half = ("--from", DAYS[1], "--to", "2024-03-02", "--settings", shop.settings)
    assert qbo("run", *half).status == 0
    order(shop, *QUOTA)
    blind = run(qbo, shop, "--json")
    report = qbo("reconcile", *AS_AT, "--settings", shop.settings)

    assert (blind.status, report.status) == (3, 3)
    assert blind.json["now_posted"] == written(shop)
    assert "Waiting to be posted" in report.plain
    assert "Deleted" not in report.plain
    assert blind.json["unexplained"] == "0.00"


def test_a_preview_says_that_it_was_made_with_older_reference_data(shop: Shop, qbo: CommandLine) -> None:
    with shop.run() as opened:
        draft(opened)
    order(shop, *QUOTA)
    preview = run(qbo, shop, "--dry-run")
    assert preview.status == 3
    assert "! The accounts, tax codes and preferences are as of" in preview.plain


def test_reference_data_that_was_never_read_is_an_error(shop: Shop, qbo: CommandLine) -> None:
    order(shop, *QUOTA)
    first = run(qbo, shop)
    assert first.status == 3
    assert "metered reads of this month are used up" in first.err
    assert written(shop) == 0


def test_a_ledger_that_was_never_read_is_not_reconciled(shop: Shop, qbo: CommandLine) -> None:
    with shop.run() as opened:
        draft(opened)
    order(shop, *QUOTA)
    blind = run(qbo, shop, "--json")
    assert blind.status == 3
    assert (blind.json["posted"], written(shop)) == (0, 0)  # whose company it is could not be looked at yet
    assert "whether it holds documents of another store" in blind.json["warnings"][-2]
    assert "nothing of it is stored yet" in blind.json["warnings"][-1]
    assert "difference" not in blind.json
    assert qbo("reconcile", *AS_AT, "--settings", shop.settings).status == 3


def test_a_storm_ends_the_run_and_the_next_one_goes_on(
    shop: Shop, qbo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = PosterSettings(batch_workers=1, single_workers=0, storm_patience=-1.0)
    order(shop, *STORM)
    with monkeypatch.context() as patched:
        patched.setattr(load_stage, "poster_settings", lambda _: impatient)
        stormy = run(qbo, shop, "--json")

    assert stormy.status == 3, stormy.err
    assert (stormy.json["posted"], written(shop)) == (0, 0)
    unfinished, ledger = stormy.json["warnings"]
    assert unfinished.startswith("not everything could be sent: QuickBooks has been refusing calls")
    assert f"{stormy.json['now_ready']} stay ready, and the next run goes on with it." in unfinished
    assert "the run ended before everything was sent" in ledger
    # Company, preferences, eight lists, and the changes of a company that is new were read before it.
    assert stormy.json["api_metered_reads"] == 11

    order(shop)
    with shop.run() as opened, opened.database.transaction() as connection:  # the minute of quiet is over
        connection.execute(text("UPDATE postings SET not_before = NULL"))
        connection.execute(text("UPDATE pacing SET quiet_until = next_call"))
    calm = run(qbo, shop, "--json")
    assert (calm.status, calm.json["warnings"], calm.json["difference"]) == (0, [], "0.00")
    assert calm.json["posted"] == stormy.json["now_ready"] == written(shop)
