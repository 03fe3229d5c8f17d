"""Reconciliations: the kept ones, their causes and documents, two compared, their report files, and the sign-off."""

from __future__ import annotations

from datetime import date, datetime

from starlette.responses import FileResponse, Response

from qbo_pipeline.page.asked import Asked, NotThere, NotUnderstood, go, show
from qbo_pipeline.page.finding import reconciled
from qbo_pipeline.page.finding.over_time import ageing, open_documents, roll_forward
from qbo_pipeline.page.roles import PREPARE, REVIEW
from qbo_pipeline.pipeline.ledger_refresh import refresh_ledger
from qbo_pipeline.pipeline.reconcile import reconcile_as_at
from qbo_pipeline.pipeline.report_files import report_paths, write_reports
from qbo_pipeline.pipeline.sign import Step
from qbo_pipeline.pipeline.sign import sign as sign_off
from qbo_pipeline.pipeline.two_way_kept import try_two_way
from qbo_pipeline.reconciliation.result_frames import AGEING_BUCKETS
from qbo_pipeline.store.difference_notes import load_remarks

# The report's own style and nothing else of it: its script does not run within the page.
REPORT_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    "; frame-ancestors 'none'"
)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST = 2**31 - 1


def show_list(asked: Asked) -> Response:
    """The newest reconciliations."""
    before = number_of(asked.text("before")) if asked.text("before") else None
    with asked.here.database.reading() as connection:
        found = reconciled.kept(connection, asked.here.name, before)
    more = None
    if len(found) > reconciled.AT_ONCE:
        found = found[: reconciled.AT_ONCE]
        more = asked.link("reconciliations", before=found[-1].row["number"])
    return show(asked, "reconciliations.html", found=found, more=more, today=_today(asked))


def make(asked: Asked) -> Response:
    """Reconcile as at a date: QuickBooks' ledger and the inventory system are read for it, and the reports written."""
    as_at = asked.day("as_at", form=True)
    if as_at is None:
        raise NotUnderstood("Say as at which day.")
    if as_at > _today(asked):
        raise NotUnderstood(f"{as_at} is still to come: nothing can be reconciled as at that day yet.")
    with asked.here.own_run() as run:
        side = refresh_ledger(run, as_at, changes=True)
        if side.as_of is None:
            raise NotUnderstood(f"QuickBooks' ledger could not be read: {side.warning}")
        result = reconcile_as_at(run, as_at)
        try_two_way(run)  # where QuickBooks does not answer, the report has the newest one, and says of when it is
        write_reports(run, result)
    return go(asked.link(f"reconciliations/{_newest_of(asked, as_at)}"))


def _today(asked: Asked) -> date:
    return datetime.now(asked.here.settings.connection.zone).date()


def _newest_of(asked: Asked, as_at: date) -> int | str:
    with asked.here.database.reading() as connection:
        newest = next((one for one in reconciled.kept(connection, asked.here.name) if one.row["as_at"] == as_at), None)
    return newest.row["number"] if newest else ""


def show_one(asked: Asked) -> Response:
    """One with its causes, its certificates, and what can be signed."""
    number, name = number_of(asked.path["number"]), asked.here.name
    with asked.here.database.reading() as connection:
        kept = reconciled.one(connection, name, number)
        if kept is None:
            raise NotThere
        causes = reconciled.causes(connection, name, number)
        certificates = reconciled.certificates(connection, name, kept.row["as_at"])
        aged = ageing(connection, name, kept.row)
        rolled = roll_forward(connection, name, kept.row)
        still_open = open_documents(connection, name, number)
        remarks = load_remarks(connection, name, list(still_open))
        neighbours = [one for one in reconciled.kept(connection, name) if one.row["number"] != number]
    prepared = [one for one in certificates if one.state == "prepared"]
    step = REVIEW if prepared else PREPARE
    own = bool(prepared) and prepared[0].preparer.strip().casefold() == asked.who.name
    page, workbook = report_paths(asked.here.run, kept.row["as_at"])
    return show(
        asked, "reconciliation.html", kept=kept, causes=causes, certificates=certificates, step=step, own=own,
        may_sign=asked.may(step), neighbours=neighbours, aged=aged, buckets=AGEING_BUCKETS, rolled=rolled,
        remarks=remarks, still_open=still_open, has_page=page.is_file(), has_workbook=workbook.is_file(),
    )  # fmt: skip


def show_cause(asked: Asked) -> Response:
    """The documents of one cause."""
    number, name, cause = number_of(asked.path["number"]), asked.here.name, asked.text("cause")
    day, key = asked.day("day"), asked.text("key")
    with asked.here.database.reading() as connection:
        kept = reconciled.one(connection, name, number)
        if kept is None:
            raise NotThere
        rows = reconciled.of_cause(connection, name, number, cause, None if day is None else (day, key))
        label = next((one for one in reconciled.causes(connection, name, number) if one.code == cause), None)
    more = None
    if len(rows) > reconciled.AT_ONCE:
        rows = rows[: reconciled.AT_ONCE]
        last = rows[-1]
        more = asked.link(
            f"reconciliations/{number}/cause", cause=cause, day=last["business_date"].isoformat(),
            key=last["difference_key"],
        )  # fmt: skip
    if label is None:
        raise NotThere
    return show(asked, "difference.html", kept=kept, rows=rows, cause=label, more=more)


def compare(asked: Asked) -> Response:
    """What moved between two reconciliations, document by document."""
    first, second = number_of(asked.text("first")), number_of(asked.text("second"))
    with asked.here.database.reading() as connection:
        pair = [reconciled.one(connection, asked.here.name, number) for number in (first, second)]
        if None in pair:
            raise NotThere
        moved = reconciled.compared(connection, asked.here.name, first, second)
    shown = moved[: reconciled.AT_ONCE * 5]
    return show(asked, "compare.html", before=pair[0], after=pair[1], moved=shown, number=len(moved))


def report(asked: Asked) -> Response:
    """The report's file of a date: the page to read, without its script, or the workbook to keep."""
    try:
        as_at = date.fromisoformat(asked.path["as_at"])
    except ValueError:
        raise NotThere from None
    page, workbook = report_paths(asked.here.run, as_at)
    file = {"page": page, "workbook": workbook}.get(asked.path["form"])
    if file is None or not file.is_file():
        raise NotThere
    if file == workbook:
        return FileResponse(file, media_type=WORKBOOK, filename=f"{asked.here.name}-{file.name}")
    return FileResponse(file, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY})


def sign_prepared(asked: Asked) -> Response:
    """The first signature."""
    return _sign(asked, "prepare")


def sign_reviewed(asked: Asked) -> Response:
    """The second signature, by somebody else."""
    return _sign(asked, "review")


def _sign(asked: Asked, step: Step) -> Response:
    """Sign what is there now: both sides are read anew, and who signs is the user."""
    try:
        as_at = date.fromisoformat(asked.path["as_at"])
    except ValueError:
        raise NotThere from None
    comment = asked.text("comment", form=True)
    if len(comment) > 500:
        raise NotUnderstood("A comment has at most 500 characters.")
    if asked.text("seen", form=True) != "yes":
        raise NotUnderstood("Say that you have seen the difference that you sign.")
    with asked.here.own_run() as run:
        sign_off(run, as_at, asked.who.name, comment, step)
    return go(asked.link(f"reconciliations/{_newest_of(asked, as_at)}"))


def number_of(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:12]) > _MOST:
        raise NotUnderstood("Choose a reconciliation from the list.")
    return int(text[:12])
