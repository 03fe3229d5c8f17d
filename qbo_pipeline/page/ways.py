"""The addresses of the page: what each does, and the action that a user must be allowed there.

What belongs here: the table. `app.py` checks a request against it, a test goes through all of it for each role.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from qbo_pipeline.page import roles
from qbo_pipeline.page.asked import Asked
from qbo_pipeline.page.openid.door import COME_BACK
from qbo_pipeline.page.views import (
    archive,
    documents,
    links,
    orders,
    overview,
    preview,
    proposals,
    reconciliation,
    remarks,
    set_up,
    sign_in,
    way_back,
    work,
)  # fmt: skip

BY_PATH = "by the path"  # the action is the last part of the address
View = Callable[[Asked], Response]


@dataclass(frozen=True, slots=True)
class Way:
    """An address: what it does, and the action that a user must be allowed; without one, signing in is enough, and
    without that, nothing is asked (`anybody`)."""

    method: str
    path: str
    view: View
    action: str | None = None
    anybody: bool = False
    takes_file: bool = False


WAYS = (
    Way("GET", "/sign-in", sign_in.ask, anybody=True),
    Way("POST", "/sign-in", sign_in.sign_in, anybody=True),
    Way("GET", "/sign-in/provider", sign_in.go_to_provider, anybody=True),
    Way("GET", COME_BACK, sign_in.come_back, anybody=True),
    Way("POST", "/sign-out", sign_in.sign_out),
    Way("GET", "/", overview.show_all),
    Way("GET", "/c/{company}/work-list", work.show_list, roles.SEE),
    Way("GET", "/c/{company}/work-list/cause", work.show_cause, roles.SEE),
    Way("GET", "/c/{company}/documents", documents.search, roles.SEE),
    Way("GET", "/c/{company}/documents/history", documents.history, roles.SEE),
    Way("GET", "/c/{company}/preview", preview.show_unsent, roles.SEE),
    Way("GET", "/c/{company}/way-back", way_back.show_all, roles.SEE),
    Way("POST", "/c/{company}/way-back/compare", way_back.compare, roles.CHECK),
    Way("GET", "/c/{company}/reconciliations", reconciliation.show_list, roles.SEE),
    Way("GET", "/c/{company}/reconciliations/compare", reconciliation.compare, roles.SEE),
    Way("GET", "/c/{company}/reconciliations/{number:int}", reconciliation.show_one, roles.SEE),
    Way("GET", "/c/{company}/reconciliations/{number:int}/cause", reconciliation.show_cause, roles.SEE),
    Way("GET", "/c/{company}/reconciliations/{number:int}/differences", reconciliation.show_differences, roles.SEE),
    Way("POST", "/c/{company}/reconciliations/make", reconciliation.make, roles.CHECK),
    Way("GET", "/c/{company}/reconciliations/document", remarks.show_document, roles.SEE),
    Way("POST", "/c/{company}/reconciliations/document", remarks.add, roles.NOTE, takes_file=True),
    Way("GET", "/c/{company}/remarks/{number:int}/file", remarks.attachment, roles.SEE),
    Way("GET", "/c/{company}/archive", archive.show_list, roles.SEE),
    Way("GET", "/c/{company}/archive/{number:int}/{form}", archive.report, roles.SEE),
    Way("GET", "/c/{company}/reports/{as_at}/{form}", reconciliation.report, roles.SEE),
    Way("POST", "/c/{company}/orders/make/{decision}", orders.make, BY_PATH),
    Way("GET", "/c/{company}/orders/{order_id}", orders.show_order, roles.SEE),
    Way("POST", "/c/{company}/orders/{order_id}/carry-out", orders.carry_out, roles.SEE),
    Way("GET", "/connected", set_up.come_back),
    Way("GET", "/c/{company}/set-up", set_up.show_all, roles.SEE),
    Way("POST", "/c/{company}/set-up/preflight", set_up.check, roles.CHECK),
    Way("POST", "/c/{company}/set-up/go-live", set_up.accept, roles.RULES),
    Way("POST", "/c/{company}/set-up/chart", set_up.read_chart, roles.CHECK),
    Way("POST", "/c/{company}/set-up/connect", set_up.begin_connecting, roles.CONNECT),
    Way("GET", "/c/{company}/set-up/accounts", proposals.show_map, roles.SEE),
    Way("POST", "/c/{company}/set-up/accounts", proposals.propose_map, roles.RULES),
    Way("GET", "/c/{company}/set-up/settings", proposals.show_settings, roles.SEE),
    Way("POST", "/c/{company}/set-up/policies", proposals.propose_rules, roles.RULES),
    Way("POST", "/c/{company}/set-up/settings", proposals.propose_settings, roles.SETTINGS),
    Way("GET", "/c/{company}/set-up/links", links.show_links, roles.SEE),
    Way("POST", "/c/{company}/set-up/links", links.look, roles.RELINK),
    Way("POST", "/c/{company}/sign/{as_at}/prepare", reconciliation.sign_prepared, roles.PREPARE),
    Way("POST", "/c/{company}/sign/{as_at}/review", reconciliation.sign_reviewed, roles.REVIEW),
)
"""An order's own decision is checked again by the view that carries it out."""
