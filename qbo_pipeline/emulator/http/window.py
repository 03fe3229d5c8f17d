"""The emulator's own window at `/`: company, accounts, transactions, ledger lines, and the requests that came in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from qbo_pipeline.emulator.company.faults import QboFault
from qbo_pipeline.emulator.http.pages import render
from qbo_pipeline.emulator.http.state import EmulatorState

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
ROWS = 40


class Window:
    """What a person sees of the emulator."""

    def __init__(self, state: EmulatorState) -> None:
        self.state = state

    def routes(self) -> list[Route]:
        return [
            Route("/", self.page),
            Route("/emulator/journal", self.journal),
            Route("/emulator/invoice/{id}", self.invoice),
            Route("/download/{id}", self.file),
        ]

    async def page(self, request: Request) -> Response:
        state = self.state
        info = state.company.read("CompanyInfo", state.realm)
        preferences = state.company.read("Preferences", state.realm)
        meter = state.meter.as_dict(state.clock.now(), state.limits.peaks())
        accounts = [{**account, "balance": amount(account["balance"])} for account in state.company.accounts()]
        page = render(
            "window.html",
            company=info.get("CompanyName", ""),
            realm=state.realm,
            label=state.label,
            now=state.time(),
            running=state.clock.running,
            ahead=readable_seconds(state.clock.offset.total_seconds()),
            limits=state.settings.limits,
            request_id=state.settings.request_id,
            home_currency=preferences["CurrencyPrefs"]["HomeCurrency"]["value"],
            accounts=accounts,
            transactions=[_shown(row) for row in state.company.latest_transactions(ROWS)],
            lines=[_shown(row) for row in state.company.latest_lines(ROWS)],
            requests=state.meter.log_as_list()[:ROWS],
            meter=meter,
            rules=state.faults.armed,
            waiting=len(state.schedule),
        )
        return HTMLResponse(page, headers=HEADERS)

    async def journal(self, request: Request) -> Response:
        """The whole ledger as an hledger journal."""
        return PlainTextResponse(self.state.company.journal())

    async def invoice(self, request: Request) -> Response:
        """The invoice behind an InvoiceLink, for the customer who has the link: as PDF."""
        try:
            return Response(self.state.company.pdf("Invoice", request.path_params["id"]), media_type="application/pdf")
        except QboFault as fault:
            return PlainTextResponse(str(fault), 404)

    async def file(self, request: Request) -> Response:
        """The content behind an Attachable's TempDownloadUri; like Intuit's, the link itself is the permission."""
        try:
            found = self.state.company.download(request.path_params["id"])
        except QboFault as fault:
            return PlainTextResponse(str(fault), 404)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(found.content, media_type="application/octet-stream", headers=headers)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: amount(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def amount(value: Decimal) -> str:
    """An amount for reading: grouped thousands, two decimals and a true minus sign."""
    text = f"{abs(value):,.2f}"
    return f"−{text}" if value < 0 else text


def readable_seconds(seconds: float) -> str:
    """How far the clock is ahead, in days and hours; empty below a minute."""
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1_440, minutes // 60 % 24, minutes % 60
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (rest, "min")) if count]
    return " ".join(parts)
