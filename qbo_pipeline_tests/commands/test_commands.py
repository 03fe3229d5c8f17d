"""The commands on a shop of one week: what they say, and an exit status of 0 only when all is well."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import point_to, rows
from qbo_pipeline_tests.pipeline.shop import DAYS, LAST_DAY, Shop, draft

AS_AT = ("--as-at", LAST_DAY.isoformat())
RECONCILE_KEYS = {
    "as_at", "currency", "stock_value", "ledger_balance", "difference", "unexplained", "status", "first_divergence",
    "causes", "differences", "counts",
}  # fmt: skip
DIFFERENCE_KEYS = {
    "cause", "amount", "business_date", "source_type", "source_number", "source_id", "qbo_type", "qbo_id", "qbo_number",
    "account", "explanation", "remedy",
}  # fmt: skip
GRNI = "Goods Received Not Invoiced"
WHO = ("--who", "Dana", "--why", "agreed with the auditor")


def test_run_posts_everything_once(shop: Shop, qbo: CommandLine) -> None:
    first = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    written = shop.emulator.meter()["core"] if shop.emulator else 0
    second = qbo("run", *DAYS, "--settings", shop.settings, "--json")
    text = qbo("run", *DAYS, "--settings", shop.settings)

    assert (first.status, second.status, text.status) == (0, 0, 0), first.err
    assert first.json["posted"] == written >= 10
    assert first.json["stock_value"] == first.json["ledger_balance"] == "62.50 USD"
    assert (first.json["difference"], first.json["unexplained"]) == ("0.00", "0.00")
    assert first.json["counts_add_up"] == "yes"
    assert (second.json["posted"], second.json["records_new"], second.json["records_changed"]) == (0, 0, 0)
    assert second.json["api_writes"] == 0
    assert shop.emulator is not None
    assert shop.emulator.meter()["core"] == written
    assert "stock_value 62.50 USD" in text.plain.replace("stock value", "stock_value")


def test_a_dry_run_shows_every_posting_and_sends_nothing(shop: Shop, qbo: CommandLine) -> None:
    preview = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run", "--json")
    text = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run")

    assert preview.status == text.status == 0
    assert shop.emulator is not None
    assert shop.emulator.meter()["core"] == 0
    shown = {row["key"]: row for row in preview.json["postings"]}
    assert {key for key in shown if not key.startswith(("party/", "product/", "account"))} >= {
        "document/b1", "document/i1", "movement/r1", "movement/d1", "movement/a1", "payment/y1",
    }  # fmt: skip
    bill = shown["document/b1"]
    said = ("kind", "day", "amount", "state", "reason", "would_be", "in_quickbooks_now")
    assert [bill[name] for name in said] == ["Bill", "2024-03-02", "100.00 USD", "ready", None, "created", []]
    assert _sides(bill["lines"]) == [("Accounts Payable (A/P)", "0.00", "100.00"), (GRNI, "100.00", "0.00")]
    assert _sides(shown["document/i1"]["lines"]) == [
        ("Accounts Receivable (A/R)", "90.00", "0.00"), ("Sales of Product Income", "0.00", "50.00"),
        ("Sales of Product Income", "0.00", "40.00"),
    ]  # fmt: skip
    assert preview.json["would_be"] == {"created": len(shown)}
    for total in ("debit", "credit"):
        assert sum(Decimal(row[total]) for row in preview.json["totals_by_account"]) > 0
    moved = [Decimal(row["debit"]) - Decimal(row["credit"]) for row in preview.json["totals_by_account"]]
    assert sum(moved) == 0
    assert all(key in text.out for key in shown)
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    assert shop.emulator.meter()["core"] == len(shown)


def _sides(lines: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(line["account"], line["debit"], line["credit"]) for line in lines]


def test_what_waits_for_a_person_is_listed_and_makes_the_status_1(shop: Shop, qbo: CommandLine) -> None:
    """An account that is not mapped parks one payment; once it is mapped the next run posts it."""
    shop.change("UPDATE payments SET account = 'SAFE'")
    run = qbo("run", *DAYS, "--settings", shop.settings)
    preview = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run")
    status = qbo("status", "--settings", shop.settings, "--json")
    shown = qbo("show", "payment/y1", "--settings", shop.settings)

    assert (run.status, preview.status, status.status, shown.status) == (1, 1, 1, 0)
    for answer in (run, preview):
        assert "payment/y1" in answer.plain
        assert "unmapped_account" in answer.plain
        assert "'SAFE'" in answer.plain
    (waiting,) = status.json["postings"]
    assert (waiting["key"], waiting["state"]) == ("payment/y1", "parked")
    assert "unmapped_account" in waiting["reason"]
    assert "'SAFE'" in waiting["reason"]
    assert status.json["counts"]["payment"] == {
        "read": 1, "posted": 0, "waiting": 0, "parked": 1, "skipped": 0, "excluded": 0, "set_aside": 0,
    }  # fmt: skip
    assert "parked unmapped_account" in shown.plain

    point_to(shop.settings, "[accounts.hints]", '[accounts.hints]\n"SAFE" = "Checking"\n# ')
    assert qbo("run", *DAYS, "--settings", shop.settings).status == 0
    assert qbo("status", "--settings", shop.settings).status == 0


def test_a_run_says_what_is_worth_a_look(shop: Shop, qbo: CommandLine) -> None:
    """A shipment that comes back in is taken as a reversal, with a warning; it is no reason for an exit status."""
    shop.change("UPDATE movement_lines SET quantity = '4', value = '40.00' WHERE line_id = 'd1-1'")
    text = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run")
    answer = qbo("run", *DAYS, "--settings", shop.settings, "--dry-run", "--json")

    assert (text.status, answer.status) == (0, 0)
    assert "! movement/d1: " in text.out
    (warning,) = answer.json["warnings"]
    assert warning.startswith("movement/d1: ")
    assert (answer.json["exit"], answer.json["why"]) == (0, [])
    assert not {"verdict", "refused"} & answer.json.keys(), "a dry run reconciles nothing"
    assert "in balance" not in text.out


def test_reconcile_answers_in_json_and_writes_reports(shop: Shop, qbo: CommandLine, tmp_path: Path) -> None:
    """Balanced after a run; explained, with its causes, once the source has something that was not posted."""
    qbo("run", *DAYS, "--settings", shop.settings)
    balanced = qbo("reconcile", *AS_AT, "--settings", shop.settings, "--json", "--report", tmp_path / "reports")
    assert balanced.status == 0
    assert set(balanced.json) == RECONCILE_KEYS
    counts = balanced.json["counts"]
    assert counts
    assert all(row["adds_up"] and row["read"] == row["posted"] + row["excluded"] for row in counts)
    assert balanced.json | {"first_divergence": None} == {
        "as_at": "2024-03-07", "currency": "USD", "stock_value": "62.50", "ledger_balance": "62.50",
        "difference": "0.00", "unexplained": "0.00", "status": "balanced", "first_divergence": None, "causes": [],
        "differences": [], "counts": counts,
    }  # fmt: skip
    assert {".html", ".xlsx", ".json"} <= {path.suffix for path in (tmp_path / "reports").iterdir()}

    shop.change(
        "UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'",
        "UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'",
    )
    assert qbo("run", *DAYS, "--settings", shop.settings, "--dry-run").status == 0
    explained = qbo("reconcile", *AS_AT, "--settings", shop.settings, "--json")
    text = qbo("reconcile", *AS_AT, "--settings", shop.settings)
    assert (explained.status, text.status) == (1, 1), "explained is not in balance"
    assert "exit 1, waiting or explained: difference 5.00, unexplained 0.00: every cent has its cause" in text.err
    assert "verdict          waiting or explained" in text.out
    (difference,) = explained.json["differences"]
    assert set(difference) == DIFFERENCE_KEYS
    assert (explained.json["stock_value"], explained.json["difference"]) == ("57.50", "5.00")
    assert (explained.json["unexplained"], explained.json["status"]) == ("0.00", "explained")
    assert (difference["source_id"], Decimal(difference["amount"])) == ("d1", Decimal("5.00"))
    assert difference["explanation"]
    assert difference["remedy"]
    assert "5.00" in text.plain


def test_a_report_of_another_connection_is_not_replaced(shop: Shop, qbo: CommandLine, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    qbo("run", *DAYS, "--settings", shop.settings)
    assert qbo("reconcile", *AS_AT, "--settings", shop.settings, "--report", reports).status == 0
    assert qbo("reconcile", *AS_AT, "--settings", shop.settings, "--report", reports).status == 0
    file = reports / "reconciliation-2024-03-07.json"
    file.write_text(file.read_text().replace('"connection": "shop"', '"connection": "acme"'))
    refused = qbo("reconcile", *AS_AT, "--settings", shop.settings, "--report", reports)
    assert refused.status == 2
    assert "has the report of the connection acme as at 2024-03-07" in refused.plain
    assert "a folder of its own" in refused.plain


def test_show_tells_a_documents_whole_history(shop: Shop, qbo: CommandLine) -> None:
    qbo("run", *DAYS, "--settings", shop.settings)
    by_key = qbo("show", "movement/d1", "--settings", shop.settings)
    by_number = qbo("show", "D1", "--settings", shop.settings, "--json")
    unknown = qbo("show", "movement/nothing", "--settings", shop.settings)

    assert (by_key.status, by_number.status, unknown.status) == (0, 0, 2)
    for words in (
        "movement/d1 shipment D1 of 2024-03-04",
        "JournalEntry create",
        "posted",
        "ledger 2024-03-04",
        "-40.00",
    ):
        assert words in by_key.plain
    (item,) = by_number.json
    assert item["record"]["kind"] == "shipment"
    assert [posting["state"] for posting in item["postings"]] == ["posted"]
    assert {"intended", "posted"} <= {attempt["event"] for attempt in item["attempts"]}
    assert [line["amount"] for line in item["ledger_lines"]] == ["-40.00"]
    assert "'movement/nothing'" in unknown.err


def test_verify_finds_a_journal_that_was_altered(shop: Shop, qbo: CommandLine) -> None:
    qbo("run", *DAYS, "--settings", shop.settings)
    good = qbo("verify", "--settings", shop.settings, "--json")
    with shop.run() as run, run.database.transaction() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS attempts_no_update")
        for name in [
            row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ]:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE attempts SET message = 'nothing happened' WHERE seq = 3")
    altered = qbo("verify", "--settings", shop.settings)

    assert (good.status, altered.status) == (0, 4)
    assert "exit 4, unexplained, lost or doubled: line 3" in altered.err
    assert good.json["intact"] is True
    assert good.json["broken_counts"] == []
    assert good.json["attempts"] > 10
    assert "counts: all add up" in altered.out
    assert "every entry carries" not in altered.out


def test_preflight_names_what_is_wrong_and_its_remedy(shop: Shop, qbo: CommandLine) -> None:
    """The sandbox company has tracked items; the rest is as it must be."""
    checks = qbo("preflight", "--settings", shop.settings, "--json")
    text = qbo("preflight", "--settings", shop.settings)
    failed = {item["check"]: item for item in checks.json if not item["ok"]}

    assert (checks.status, text.status) == (1, 1)
    assert set(failed) == {"tracked items"}
    assert failed["tracked items"]["remedy"]
    assert {"source", "company", "currency", "closed books", "account of inventory", "opening balance"} <= {
        item["check"] for item in checks.json
    }
    assert "FAIL tracked items" in text.plain
    point_to(shop.settings, 'bank = "Checking"', 'bank = "Chequing"')
    wrong = qbo("preflight", "--settings", shop.settings)
    assert wrong.status == 1
    assert "Chequing" in wrong.plain
    assert "did you mean 'Checking'" in wrong.plain


def test_decisions_are_kept_with_who_and_why(shop: Shop, qbo: CommandLine) -> None:
    """Approval holds every posting; one is skipped, the others approved; one is reversed, another unlinked and back."""
    settings = ("--settings", shop.settings)
    point_to(shop.settings, "approval = false", "approval = true")
    assert qbo("run", *DAYS, *settings).status == 1
    held = [row["key"] for row in qbo("status", *settings, "--json").json["postings"]]
    assert set(held) >= {"document/b1", "document/i1", "movement/d1", "movement/r1", "movement/a1", "payment/y1"}
    assert qbo("skip", "movement/a1", *WHO, *settings).status == 0
    for key in held:
        if key != "movement/a1":
            assert qbo("approve", key, *WHO, *settings).status == 0, key
    ran = qbo("run", *DAYS, *settings)
    assert ran.status == 1, "what was skipped is a difference, explained"
    assert "exit 1, waiting or explained: difference -2.50" in ran.err
    counts = qbo("status", *settings, "--json").json["counts"]["movement"]
    assert (counts["posted"], counts["skipped"], counts["excluded"]) == (2, 1, 1)

    assert qbo("reverse", "payment/y1", *WHO, *settings).status == 0
    assert "posting" not in qbo("run", *DAYS, *settings).err
    with shop.run() as run:
        (bill,) = rows(run, "SELECT qbo_id FROM posting_links WHERE key = 'document/b1'")
    assert qbo("unlink", "document/b1", *WHO, *settings).status == 0
    assert "1 posting parked for a person" in qbo("status", *settings).err
    assert qbo("relink", "document/b1", bill["qbo_id"], *WHO, *settings).status == 0
    assert "posting" not in qbo("status", *settings).err
    with shop.run() as run:
        kept = rows(run, "SELECT event, who, why FROM attempts WHERE who IS NOT NULL")
    assert {row["event"] for row in kept} == {"skip", "approve", "reverse", "unlink", "relink"}
    assert {(row["who"], row["why"]) for row in kept} == {("Dana", "agreed with the auditor")}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("retry", "document/nothing"), "there is no posting 'document/nothing'"),
        (("retry", "document/b1"), "only a parked posting is retried"),
        (("approve", "document/b1"), "nothing waits for approval"),
        (("reverse", "document/b1"), "only what is posted can be reversed"),
        (("unlink", "document/b1"), "it is not linked to anything"),
    ],
)
def test_a_decision_that_is_not_possible_says_why(
    shop: Shop, qbo: CommandLine, command: tuple[str, ...], words: str
) -> None:
    with shop.run() as run:
        draft(run)
    answer = qbo(*command, *WHO, "--settings", shop.settings)
    assert answer.status == 1
    assert words in answer.plain


def test_retry_sends_again_what_qbo_refused(shop: Shop, qbo: CommandLine) -> None:
    settings = ("--settings", shop.settings)
    assert shop.emulator is not None
    shop.emulator.order({"kind": "refusal", "entity": "Bill", "status": 400, "code": "2020"})
    refused = qbo("run", *DAYS, *settings)
    shop.emulator.order()
    waiting = qbo("status", *settings, "--json").json["postings"]
    assert refused.status == 1
    assert [row["key"] for row in waiting if row["state"] == "parked"] == ["document/b1"]
    assert qbo("retry", "document/b1", *WHO, *settings).status == 0
    assert qbo("run", *DAYS, *settings).status == 0


def test_sign_off_takes_two_people_and_is_void_when_data_change(shop: Shop, qbo: CommandLine) -> None:
    settings = ("--settings", shop.settings)
    qbo("run", *DAYS, *settings)
    prepared = qbo("sign-off", *AS_AT, "--by", "Dana", "--comment", "March", *settings)
    same = qbo("sign-off", *AS_AT, "--by", "Dana", *settings)
    signed = qbo("sign-off", *AS_AT, "--by", "Robin", *settings)
    assert (prepared.status, same.status, signed.status) == (0, 2, 0)
    assert "prepared by Dana, reviewed by nobody yet" in prepared.plain
    assert "Dana" in same.err
    assert "signed; prepared by Dana, reviewed by Robin" in signed.plain

    shop.change(
        "UPDATE movement_lines SET value = '-45.00' WHERE line_id = 'd1-1'",
        "UPDATE stock_values SET value = '-45.00' WHERE value = '-40.00'",
    )
    held = qbo("run", *DAYS, *settings)
    assert held.status == 1
    assert "signed off by Dana and Robin: approve it" in held.plain
    anew = qbo("sign-off", *AS_AT, "--by", "Robin", *settings)
    assert "prepared by Robin, reviewed by nobody yet" in anew.plain
    with shop.run() as run:
        steps = rows(run, "SELECT number, preparer, reviewer, void_why FROM sign_offs ORDER BY number, step")
    assert [(row["number"], row["preparer"], row["reviewer"]) for row in steps] == [
        (1, "Dana", None), (1, "Dana", "Robin"), (1, "Dana", "Robin"), (2, "Robin", None),
    ]  # fmt: skip
    assert [bool(row["void_why"]) for row in steps] == [False, False, True, False]


def test_init_writes_settings_that_load_and_keeps_what_is_there(qbo: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "connections"
    arguments = ("init", "acme", "--realm", "123", "--first-day", "2026-01-01", "--csv", "data", "--folder", folder)
    first = qbo(*arguments)
    again = qbo(*arguments)
    wrong = qbo("init", "acme2", "--realm", "123", "--first-day", "2026-02-31", "--folder", folder)

    assert (first.status, again.status, wrong.status) == (0, 2, 2)
    assert "QBO_ACME_ENCRYPTION_KEY=" in (folder / ".env").read_text()
    assert (folder / ".env").stat().st_mode & 0o077 == 0
    assert "is there already" in again.err
    assert "'2026-02-31' is no date: write it as 2026-03-31" in wrong.plain
    assert "QBO_ACME_CLIENT_ID" in qbo("preflight", "--settings", folder / "acme.toml").err
