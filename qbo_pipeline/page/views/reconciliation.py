"""Reconciliations: the kept ones, their causes and differences, two compared, their report files, and the sign-off."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from starlette.responses import FileResponse, Response

from qbo_pipeline.page.asked import Asked, NotThere, NotUnderstood, go, show
from qbo_pipeline.page.finding import reconciled
from qbo_pipeline.page.finding.differences import Page, Wanted, accounts, compared, listed
from qbo_pipeline.page.finding.over_time import ageing, remarked_documents, roll_forward
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
        remarked = remarked_documents(connection, name, number)
        remarks = load_remarks(connection, name, list(remarked))
        neighbours = [one for one in reconciled.kept(connection, name) if one.row["number"] != number]
    prepared = [one for one in certificates if one.state == "prepared"]
    step = REVIEW if prepared else PREPARE
    own = bool(prepared) and prepared[0].preparer.strip().casefold() == asked.who.name
    page, workbook = report_paths(asked.here.run, kept.row["as_at"])
    return show(
        asked, "reconciliation.html", kept=kept, causes=causes, certificates=certificates, step=step, own=own,
        may_sign=asked.may(step), neighbours=neighbours, aged=aged, buckets=AGEING_BUCKETS, rolled=rolled,
        remarks=remarks, remarked=remarked, has_page=page.is_file(), has_workbook=workbook.is_file(),
    )  # fmt: skip


def show_cause(asked: Asked) -> Response:
    """The differences of one cause."""
    if not asked.text("cause"):
        raise NotThere
    return show_differences(asked)


def show_differences(asked: Asked) -> Response:
    """The differences of a reconciliation, or those of them that are looked for, a page at a time."""
    number, name = number_of(asked.path["number"]), asked.here.name
    given = {field: asked.text(field) for field in ("cause", "account", "document", "least", "first", "last", "order")}
    wanted = Wanted(
        given["cause"], given["account"], given["document"], asked.amount("least"), asked.day("first"),
        asked.day("last"), given["order"] == "day",
    )  # fmt: skip
    with asked.here.database.reading() as connection:
        kept = reconciled.one(connection, name, number)
        if kept is None:
            raise NotThere
        causes = reconciled.causes(connection, name, number)
        found = listed(connection, name, number, wanted, _page(asked))
        known = accounts(connection, name, kept.row["as_at"])
    cause = next((one for one in causes if one.code == wanted.cause), None)
    if wanted.cause and cause is None:
        raise NotThere
    address = f"reconciliations/{number}/differences"
    return show(
        asked, "difference.html", kept=kept, found=found, cause=cause, causes=causes, accounts=known, given=given,
        names=dict(known), address=address, pages=_pages(asked, address, found, **given),
    )  # fmt: skip


def compare(asked: Asked) -> Response:
    """What moved between two reconciliations, document by document."""
    first, second = number_of(asked.text("first")), number_of(asked.text("second"))
    with asked.here.database.reading() as connection:
        pair = [reconciled.one(connection, asked.here.name, number) for number in (first, second)]
        if None in pair:
            raise NotThere
        found = compared(connection, asked.here.name, first, second, _page(asked))
    pages = _pages(asked, "reconciliations/compare", found, first=first, second=second)
    return show(
        asked, "compare.html", before=pair[0], after=pair[1], found=found, pages=pages, meaning=reconciled.meaning
    )


def _page(asked: Asked) -> int:
    given = asked.text("page") or "1"
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:12]) <= _MOST:
        raise NotUnderstood("Say a page by its number: 1, 2, 3.")
    return int(given[:12])


def _pages(asked: Asked, address: str, found: Page, **query: Any) -> dict[str, str | None]:
    """Where the other pages of a list are, None where there is none."""
    at = {
        "First": 1 if found.page > 2 else None,
        "Previous": found.page - 1 if found.page > 1 else None,
        "Next": found.page + 1 if found.page < found.pages else None,
        "Last": found.pages if found.page < found.pages - 1 else None,
    }
    return {word: asked.link(address, **query, page=page) if page else None for word, page in at.items()}


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
