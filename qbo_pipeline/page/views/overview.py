"""The overview: every company that the user may see, the gravest first."""

from __future__ import annotations

from starlette.responses import Response

from qbo_pipeline.page.asked import Asked, show
from qbo_pipeline.page.finding.standing import FREE_READS, standing
from qbo_pipeline.page.roles import SEE
from qbo_pipeline.pipeline.failures import plain_failure
from qbo_pipeline.verdicts import worst


def show_all(asked: Asked) -> Response:
    """How each company stands; one whose store fails is shown with what failed, beside the others."""
    found, failed = [], []
    for name in sorted(asked.page.companies.by_name):
        company = asked.page.companies.present(name)
        if company is None or not asked.who.may(SEE, name):
            continue
        try:
            found.append((company, standing(company)))
        except Exception as error:
            failure = plain_failure(error)
            if failure is None:
                raise
            failed.append((name, failure))
    order = sorted({one.verdict for _, one in found}, key=lambda verdict: worst([verdict]), reverse=True)
    found.sort(key=lambda pair: (order.index(pair[1].verdict), pair[0].name))
    return show(asked, "overview.html", found=found, failed=failed, free_reads=FREE_READS)
