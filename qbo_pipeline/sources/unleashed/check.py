"""Whether an Unleashed account fits the settings. The API says neither the company's currency nor its time zone.

What belongs here: the questions to what has landed; they take no call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.landed.account import Expected
from qbo_pipeline.sources.landed.objects import Landing
from qbo_pipeline.sources.landed.values import Object, exact, part, text

_LOOKED_AT = 200  # papers of a kind
_PAPERS = ("invoice", "purchase_order", "credit_note")


def check_account(landing: Landing, expected: Expected, parameters: Mapping[str, str | Sequence[str]]) -> list[Problem]:
    """What stops the reading or is worth a look: a company in another currency shows in its papers, each of which is
    told in the company's own currency too (`BCSubTotal`)."""
    for paper in _papers(landing):
        net, home = exact(paper, "SubTotal"), exact(paper, "BCSubTotal")
        code = text(part(paper, "Currency"), "CurrencyCode")
        if code == expected.currency and net and home and abs(net - home) > abs(net) / 1000:
            number = text(paper, "OrderNumber", "InvoiceNumber", "CreditNoteNumber", "CreditNumber")
            why = f"{number} is {net:,.2f} {code}, and {home:,.2f} in the company's own currency: that is another one"
            remedy = "Correct [connection] currency, or connect the company that belongs to the account"
            return [Problem("another currency", "Unleashed, SubTotal and BCSubTotal", why, remedy)]
    return []


def _papers(landing: Landing) -> Iterator[Object]:
    for kind in _PAPERS:
        for landed in islice(landing.each(kind), _LOOKED_AT):
            yield landed.content
