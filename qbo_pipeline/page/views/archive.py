"""The archive: every period that two people signed, with its report as it was signed."""

from __future__ import annotations

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, NotThere, show
from qbo_pipeline.page.finding.over_time import archive
from qbo_pipeline.page.views.reconciliation import REPORT_POLICY, WORKBOOK, number_of
from qbo_pipeline.store.kept_files import load_file
from qbo_pipeline.store.signed_reports import load_reports


def show_list(asked: Asked) -> Response:
    """The signed periods, the newest first; those that became void say why."""
    with asked.here.database.reading() as connection:
        found = archive(connection, asked.here.name)
    return show(asked, "archive.html", found=found)


def report(asked: Asked) -> Response:
    """A report as it was signed: the page to read, without its script, or the workbook to keep."""
    number, form = number_of(asked.path["number"]), asked.path["form"]
    with asked.here.database.reading() as connection:
        kept = load_reports(connection, asked.here.name).get((number, form))
        if kept is None:
            raise NotThere
        name, digest = kept
        content = load_file(connection, asked.here.name, digest)
    if form == "workbook":
        disposition = f'attachment; filename="{asked.here.name}-signed-{number}-{name}"'
        return Response(content, media_type=WORKBOOK, headers={"Content-Disposition": disposition})
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY})
