"""What was asked of the page, after all checks: who asks, about which company, with which fields; and the answers.

What belongs here: the two ends of a view, a function that takes `Asked` and gives a response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from qbo_pipeline.errors import Signal
from qbo_pipeline.page.companies import PageCompany
from qbo_pipeline.page.forms import Upload
from qbo_pipeline.page.shown import render
from qbo_pipeline.page.signing_in import User

if TYPE_CHECKING:
    from qbo_pipeline.page.app import PeoplePage

Fields = Mapping[str, Sequence[str]]


class NotThere(Signal):
    """There is no such thing, or not for this user: both are answered alike."""


class NotAllowed(Signal):
    """The user sees the company, and may not do this there."""


class NotUnderstood(Signal):
    """A field of the request is wrong; the text says which, and is shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered. `query` and `form` hold every value of each field, `path` the parts of the
    address."""

    page: PeoplePage
    user: User | None
    company: PageCompany | None
    path: Mapping[str, str]
    query: Fields
    form: Fields
    address: str
    file: Upload | None = None
    begun: str | None = None
    """What this browser keeps of a sign-in that it began at the provider."""

    @property
    def who(self) -> User:
        assert self.user is not None
        return self.user

    @property
    def here(self) -> PageCompany:
        assert self.company is not None
        return self.company

    def may(self, action: str) -> bool:
        return self.who.may(action, self.here.name)

    def text(self, name: str, *, form: bool = False) -> str:
        """A field's first value without blanks around it; empty where it is not there."""
        values = (self.form if form else self.query).get(name) or [""]
        return values[0].strip()

    def day(self, name: str, *, form: bool = False) -> date | None:
        """A field as a date; raises `NotUnderstood` for what is none."""
        given = self.text(name, form=form)
        try:
            return date.fromisoformat(given) if given else None
        except ValueError:
            raise NotUnderstood(f"“{given}” is no date: write it as 2026-03-31") from None

    def amount(self, name: str) -> Decimal | None:
        """A field as an exact amount, thousands apart or not; raises `NotUnderstood` for what is none."""
        given = self.text(name).replace(",", "").replace("−", "-")
        try:
            found = Decimal(given) if given else None
        except InvalidOperation:
            found = Decimal("NaN")
        if found is not None and (not found.is_finite() or abs(found) >= Decimal(10) ** 15):
            raise NotUnderstood(f"“{self.text(name)}” is no amount: write it as 1234.56")
        return found

    def link(self, path: str, **query: Any) -> str:
        """An address within the company's pages; fields without a value are left out."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return f"/c/{self.here.name}/{path}" + (f"?{urlencode(given)}" if given else "")


def show(asked: Asked, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page from a template."""
    return HTMLResponse(render(template, asked=asked, **values), status)


def go(address: str) -> Response:
    """Send the browser on to a page, so that reloading it does nothing again."""
    return RedirectResponse(address, 303)
