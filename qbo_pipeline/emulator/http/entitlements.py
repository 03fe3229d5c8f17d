"""GET /manage/entitlements/v3/{realm}: which features the company's plan has, as XML."""

from __future__ import annotations

from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qbo_pipeline.emulator.http.answers import forbidden, unauthorised
from qbo_pipeline.emulator.http.state import EmulatorState

PLANS = ("SimpleStart", "Essentials", "Plus", "Advanced")
# Feature → the smallest plan that has it.
FEATURES: dict[str, str] = {
    "Invoices": "SimpleStart",
    "Bills": "Essentials",
    "Multicurrency": "Essentials",
    "Inventory": "Plus",
    "Purchase Orders": "Plus",
    "Class Tracking": "Plus",
    "Location Tracking": "Plus",
    "Custom Fields": "Advanced",
}


class Entitlements:
    """The plan's features; a call that is never metered."""

    def __init__(self, state: EmulatorState) -> None:
        self.state = state

    def routes(self) -> list[Route]:
        return [Route("/manage/entitlements/v3/{realm}", self.read)]

    async def read(self, request: Request) -> Response:
        now = self.state.clock.now()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.state.tokens.check_access(token.strip() if scheme.lower() == "bearer" else "", now.timestamp())
        if isinstance(grant, str):
            refused = unauthorised(grant, now)
            return Response(refused.body, refused.status, {"WWW-Authenticate": 'Bearer realm="Intuit"'})
        if grant.realm != request.path_params["realm"]:
            refused = forbidden(now)
            return Response(refused.body, refused.status)
        return Response(self._xml(), media_type="application/xml")

    def _xml(self) -> str:
        settings = self.state.company.settings
        rank = PLANS.index(settings.plan)
        rows = "".join(
            f'<Entitlement id="{number}"><name>{escape(name)}</name>'
            f"<term>{'On' if rank >= PLANS.index(least) else 'Off'}</term></Entitlement>"
            for number, (name, least) in enumerate(FEATURES.items(), 1)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            '<EntitlementsResponse xmlns="http://schema.intuit.com/platform/fdatafeed/entitlement/v3">'
            f"<QboCompany>{'true' if settings.subscription_active else 'false'}</QboCompany>"
            f"<PlanName>QuickBooks Online {escape(settings.plan)}</PlanName><MaxUsers>5</MaxUsers>"
            f"{rows}</EntitlementsResponse>"
        )
