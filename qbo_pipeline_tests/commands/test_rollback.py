"""`qbo-pipeline rollback`: shown first, ordered with who and why, posted again on order; what is called wrongly."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.connections import content_of
from qbo_pipeline_tests.pipeline.shop import DAYS, Shop

WHO = ("--who", "Dana", "--why", "the wrong price list")


def test_shown_ordered_and_posted_again(shop: Shop, qbo: CommandLine, tmp_path: Path) -> None:
    settings = ("--settings", shop.settings)
    day = ("--day", "2024-03-04")
    assert qbo("run", *DAYS, *settings).status == 0
    with shop.run() as run:
        before = content_of(run, "postings", "attempts", "posting_links")
    shown = qbo("rollback", *day, "--csv", tmp_path / "shown.csv", *settings)
    as_json = qbo("rollback", *day, "--json", *settings)
    with shop.run() as run:
        assert content_of(run, "postings", "attempts", "posting_links") == before
    assert (shown.status, as_json.status) == (1, 1)
    assert "it is settled by payment/y1: roll that back as well (--dependents)" in shown.plain
    assert "1 of 2 documents would leave, in this order. Nothing was changed." in shown.plain
    with (tmp_path / "shown.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == as_json.json

    order = qbo("rollback", *day, "--dependents", *WHO, *settings)
    assert order.status == 1, "what was taken out is a difference, explained"
    assert "3 of 3 documents are out of the books; as at 2024-03-07" in "".join(order.out)
    assert "unexplained 0.00" in order.out
    assert "voided" in order.plain
    assert qbo("rollback", *day, *WHO, *settings).status == 0
    assert qbo("run", *DAYS, *settings).status == 1

    assert "would be posted again" in qbo("rollback", *day, "--again", *settings).plain
    assert qbo("rollback", "--kind", "payment", "--again", *WHO, *settings).status == 1, "its invoice is still out"
    assert qbo("rollback", *day, "--again", *WHO, *settings).status == 0
    assert qbo("rollback", "--kind", "payment", "--again", *WHO, *settings).status == 0
    assert qbo("run", *DAYS, *settings).status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "one of --day, --run and --kind"),
        (("--day", "2024-03-04", "--kind", "bill"), "one of --day, --run and --kind"),
        (("--day", "2024-03-04", "--to", "2024-03-05"), "--from and --to belong to --kind"),
        (("--kind", "invoice"), "there is no kind 'invoice'"),
        (("--kind", "bill", "--who", "Dana"), "an order needs --who and --why"),
        (("--kind", "bill", "--again", "--dependents"), "they do not go with --again"),
    ],
)
def test_what_is_called_wrongly_is_told(shop: Shop, qbo: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    answer = qbo("rollback", *arguments, "--settings", shop.settings)
    assert answer.status == 2
    assert words in answer.plain
