"""`qbo-pipeline reconcile` and `sign-off`: the tie-out, its reports, and its certification."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from qbo_pipeline.commands.common import JsonOption, SettingsOption, command_run, leave, parse_day, print_json, say
from qbo_pipeline.verdicts import OF_STATUS

AsAt = Annotated[
    date, typer.Option("--as-at", parser=parse_day, metavar="YYYY-MM-DD", help="The date, its end included.")
]


def reconcile(
    as_at: AsAt,
    settings: SettingsOption = None,
    report: Annotated[Path | None, typer.Option(help="Folder for workbook, page and tables.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Stock value against the Inventory account as at a date, each difference with its cause.

    Reads QBO's ledger and the source; writes nothing to either. The exit status is that of the table of verdicts:
    1 where a difference is explained and waits for somebody, or the reading of a day broke off, 4 where something is
    unexplained or stands twice, 3 where QuickBooks refuses reads and the ledger is the one that was read last (a note
    says of when it is).
    """
    from qbo_pipeline.pipeline.counts import broken_counts
    from qbo_pipeline.pipeline.days import still_to_come
    from qbo_pipeline.pipeline.ledger_refresh import refresh_ledger
    from qbo_pipeline.pipeline.reconcile import reconcile_as_at
    from qbo_pipeline.pipeline.report_files import write_reports
    from qbo_pipeline.pipeline.standing import of_counts, of_reconciliation, of_refusals
    from qbo_pipeline.pipeline.two_way_kept import try_two_way
    from qbo_pipeline.reconciliation.export import to_json

    with command_run(settings, quiet=as_json) as run:
        side = refresh_ledger(run, as_at, changes=False)
        if side.as_of is None:
            leave(of_refusals([side.warning]))
        result = reconcile_as_at(run, as_at)
        not_compared = try_two_way(run) if report is not None else None
        files = write_reports(run, result, report) if report is not None else None
        future = still_to_come(run.settings, as_at)
        broken = [count for count in broken_counts(run) if count.day is None or count.day <= as_at]
    for said in filter(None, (future, not_compared)):
        say(f"! {said}", err=True)
    if as_json:
        print_json(to_json(result))
    else:
        say(f"as at {result.as_at}, {result.currency}")
        for name in ("stock_value", "ledger_balance", "difference", "unexplained"):
            say(f"{name.replace('_', ' '):16} {getattr(result, name):>20,.2f}")
        for row in result.causes.to_dict("records"):
            say(f"  {row['label']:40} {row['count']:>6}  {row['amount']:>18,.2f}")
        say(f"verdict          {OF_STATUS[result.status].word}")
        for note in result.notes:
            say(f"- {note}")
        if files is not None:
            say(f"report           {files.page}", f"workbook         {files.workbook}")
    leave([*of_reconciliation(result), *of_counts(broken), *of_refusals([side.warning, not_compared])])


def sign_off(
    as_at: AsAt,
    by: Annotated[str, typer.Option(help="Who signs. The reviewer must be another person than the preparer.")],
    settings: SettingsOption = None,
    comment: Annotated[str, typer.Option(help="A remark that is kept with the signature.")] = "",
) -> None:
    """Certify a reconciliation: the first signature prepares, the second one, by somebody else, reviews.

    The data are reconciled anew; a signature holds for exactly what is there now, and is void when that changes.
    """
    from qbo_pipeline.pipeline.sign import sign

    with command_run(settings) as run:
        signed = sign(run, as_at, by, comment)
    say(f"{signed.as_at}: {signed.state}; prepared by {signed.preparer}, reviewed by {signed.reviewer or 'nobody yet'}")
    say(f"holds for content hash {signed.content_hash}")
