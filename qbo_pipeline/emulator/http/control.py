"""The endpoints under /emulator/: what tests and demonstrations turn and read. QBO has none of them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qbo_pipeline.emulator.http import company_control, wire
from qbo_pipeline.emulator.http.fault_rules import parse_script
from qbo_pipeline.emulator.http.gateway import Gateway
from qbo_pipeline.emulator.http.intent import Intent
from qbo_pipeline.emulator.http.meter import Meter
from qbo_pipeline.emulator.http.settings import Settings
from qbo_pipeline.emulator.http.webhooks import Subscription, Webhooks
from qbo_pipeline.emulator.scenarios.playing import SCENARIOS, play, steps_of
from qbo_pipeline.emulator.traffic.exchanges import parse
from qbo_pipeline.emulator.traffic.replaying import replay

BODY_LIMIT = 1024 * 1024
MOST_SECONDS = 20 * 366 * 86_400
MOST_CLOSED_SECONDS = 600

Handler = Callable[[Request], Awaitable[Response]]


class Play(BaseModel):
    """A scenario to be played."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["busy_office", "bookkeeper", "month_end", "merger", "reimbursed", "vat_return"]
    seed: int = 1
    steps: Annotated[int, Field(ge=1, le=10_000)] = 10
    every_seconds: Annotated[float, Field(ge=0, le=86_400)] = 0


class MergeOfTwo(BaseModel):
    """Two customers that are one: the Id that goes, and the one that is kept."""

    model_config = ConfigDict(extra="forbid")

    gone: str
    kept: str


class Replay(BaseModel):
    """Recorded traffic to be played again; its lines are those of `traffic.exchanges`."""

    model_config = ConfigDict(extra="forbid")

    traffic: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=100_000)]
    speed: Annotated[float, Field(ge=0, le=1_000_000)] = 0


class ControlError(ValueError):
    """A control request that cannot be followed; the text says what to write instead."""


def answering(handler: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> Handler:
    """A JSON endpoint: what is wrong with the request is answered with 400 and `{"error": …}`."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handler(await _json(request)))
        except (ValueError, ValidationError) as error:
            return JSONResponse({"error": _readable(error)}, 400)

    return endpoint


async def _json(request: Request) -> dict[str, Any]:
    """The body's JSON object; an empty one for GET and DELETE.

    POST needs the content type application/json, which a foreign page in a browser cannot send unasked.
    """
    if request.method in ("GET", "DELETE"):
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ControlError("send JSON with Content-Type: application/json")
    body = await wire.read_body(request.receive, BODY_LIMIT)
    if body is None:
        raise ControlError(f"the body is longer than {BODY_LIMIT} bytes")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ControlError(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ControlError("the body must be a JSON object")
    return value


def _readable(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    problems = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg'].removeprefix('Value error, ')}" for p in problems)


def _name(body: dict[str, Any]) -> str:
    if not isinstance(body.get("name"), str) or set(body) - {"name", "forget"}:
        raise ControlError('write the name of a snapshot: {"name": "before"}')
    return str(body["name"])


class Control:
    """Clock, faults, settings, meter, request log, webhooks."""

    def __init__(self, gateway: Gateway, webhooks: Webhooks) -> None:
        self.state = gateway.state
        self.webhooks = webhooks
        self._gateway = gateway

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]] = [
            ("GET", "clock", self.read_clock),
            ("POST", "clock", self.move_clock),
            ("GET", "faults", self.read_faults),
            ("POST", "faults", self.add_faults),
            ("PUT", "faults", self.replace_faults),
            ("DELETE", "faults", self.clear_faults),
            ("GET", "settings", self.read_settings),
            ("POST", "settings", self.change_settings),
            ("GET", "company", self.read_company),
            ("POST", "company", self.change_company),
            ("GET", "meter", self.read_meter),
            ("DELETE", "meter", self.clear_meter),
            ("GET", "requests", self.read_requests),
            ("GET", "emails", self.read_emails),
            ("POST", "listener", self.close_listener),
            ("GET", "scenarios", self.read_scenarios),
            ("POST", "scenarios", self.play_scenario),
            ("POST", "merges", self.merge_customers),
            ("POST", "replay", self.replay_traffic),
            ("GET", "snapshots", self.read_snapshots),
            ("POST", "snapshots", self.take_snapshot),
            ("POST", "rewind", self.rewind),
            ("GET", "webhooks", self.read_webhooks),
            ("POST", "webhooks", self.add_webhook),
            ("DELETE", "webhooks", self.clear_webhooks),
        ]
        return [Route(f"/emulator/{name}", answering(handler), methods=[method]) for method, name, handler in table]

    async def read_clock(self, _: dict[str, Any]) -> dict[str, Any]:
        clock = self.state.clock
        return {
            "now": clock.now().isoformat(),
            "ahead_seconds": clock.offset.total_seconds(),
            "running": clock.running,
            "waiting": len(self.state.schedule),
        }

    async def move_clock(self, body: dict[str, Any]) -> dict[str, Any]:
        """`{"advance_seconds": n}`, `{"to": instant}`, `{"running": false}`; what falls due on the way is done."""
        unknown = sorted(set(body) - {"advance_seconds", "to", "running"})
        if unknown or not body:
            raise ControlError(f"write advance_seconds, to, or running; not {', '.join(unknown) or 'nothing'}")
        if "running" in body:
            if not isinstance(body["running"], bool):
                raise ControlError("running must be true or false")
            if body["running"]:
                self.state.clock.run()
            else:
                self.state.clock.stop()
        if "advance_seconds" in body:
            seconds = body["advance_seconds"]
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_SECONDS:
                raise ControlError(f"advance_seconds must be a number from 0 to {MOST_SECONDS}")
            await self.state.schedule.advance_to(self.state.clock.now() + timedelta(seconds=seconds))
        if "to" in body:
            await self.state.schedule.advance_to(datetime.fromisoformat(str(body["to"])))
        self.state.save_clock()
        return await self.read_clock({})

    async def read_faults(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.state.faults.as_dict()

    async def add_faults(self, body: dict[str, Any]) -> dict[str, Any]:
        self.state.faults.add(parse_script(body, "body"))
        return self.state.faults.as_dict()

    async def replace_faults(self, body: dict[str, Any]) -> dict[str, Any]:
        script = parse_script(body, "body")
        self.state.faults.clear()
        self.state.faults.add(script)
        return self.state.faults.as_dict()

    async def clear_faults(self, _: dict[str, Any]) -> dict[str, Any]:
        self.state.faults.clear()
        return self.state.faults.as_dict()

    async def read_settings(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.state.settings.model_dump()

    async def change_settings(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change some settings; all of them or none."""
        settings = self.state.settings
        checked = Settings.model_validate({**settings.model_dump(), **body})
        intent = Intent(checked.intent_url, self.state.meter) if checked.intent_url else None
        for name in body:
            setattr(settings, name, getattr(checked, name))
        if "intent_url" in body:
            self.state.intent = intent
        return settings.model_dump()

    async def read_company(self, _: dict[str, Any]) -> dict[str, Any]:
        return company_control.as_json(self.state.company)

    async def change_company(self, body: dict[str, Any]) -> dict[str, Any]:
        return company_control.change(self.state.company, body)

    async def read_meter(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.state.meter.as_dict(self.state.clock.now(), self.state.limits.peaks())

    async def clear_meter(self, _: dict[str, Any]) -> dict[str, Any]:
        """Start counting anew; the limits' windows go on."""
        self.state.meter = Meter()
        if self.state.intent is not None:
            self.state.intent.meter = self.state.meter
        self.state.limits.forget_peaks()
        return await self.read_meter({})

    async def read_requests(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"requests": self.state.meter.log_as_list()}

    async def read_emails(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"emails": self.state.emails}

    async def close_listener(self, body: dict[str, Any]) -> dict[str, Any]:
        """`{"closed_seconds": n}`: new connections are refused for n real seconds; open ones go on."""
        seconds = body.get("closed_seconds")
        if set(body) != {"closed_seconds"} or isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ControlError("write closed_seconds, a number")
        if not 0 < seconds <= MOST_CLOSED_SECONDS:
            raise ControlError(f"closed_seconds must lie above 0 and not above {MOST_CLOSED_SECONDS}")
        if self.state.refuse_connections is None:
            raise ControlError("this emulator does not own its socket")
        self.state.refuse_connections(float(seconds))
        return {"closed_seconds": seconds}

    async def read_scenarios(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"scenarios": {name: scenario.__doc__ for name, scenario in SCENARIOS.items()}}

    async def play_scenario(self, body: dict[str, Any]) -> dict[str, Any]:
        """`{"name", "seed", "steps", "every_seconds"}`: played at once, or one step each so many virtual seconds."""
        wanted = Play.model_validate(body)
        if not wanted.every_seconds:
            return {"done": play(self.state.company, wanted.name, wanted.seed, wanted.steps)}
        steps = steps_of(self.state.company, wanted.name, wanted.seed, wanted.steps)

        def one_step() -> None:
            next(steps, None)

        for n in range(wanted.steps):
            self.state.schedule.after((n + 1) * wanted.every_seconds, one_step)
        return {"scheduled": wanted.steps}

    async def merge_customers(self, body: dict[str, Any]) -> dict[str, Any]:
        """`{"gone": Id, "kept": Id}`: one customer is merged into another, as in QuickBooks' window."""
        wanted = MergeOfTwo.model_validate(body)
        self.state.company.merge_customers(wanted.gone, wanted.kept)
        return {"merged": wanted.gone, "into": wanted.kept}

    async def replay_traffic(self, body: dict[str, Any]) -> dict[str, Any]:
        """`{"traffic": [...], "speed": 60}`: recorded requests played again; answers when all are done."""
        wanted = Replay.model_validate(body)
        exchanges = sorted((parse(told) for told in wanted.traffic), key=lambda exchange: exchange.at)
        return (await replay(self._gateway, exchanges, wanted.speed)).as_dict()

    async def read_snapshots(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"snapshots": self.state.company.snapshots.names()}

    async def take_snapshot(self, body: dict[str, Any]) -> dict[str, Any]:
        """`{"name": "before"}` keeps the present; with `"forget": true` that snapshot is dropped."""
        if body.get("forget"):
            self.state.company.snapshots.forget(_name(body))
        else:
            self.state.snapshot(_name(body))
        return await self.read_snapshots({})

    async def rewind(self, body: dict[str, Any]) -> dict[str, Any]:
        """`{"name": "before"}`: the company and the clock as they were."""
        self.state.rewind(_name(body))
        return await self.read_clock({})

    async def read_webhooks(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.webhooks.as_dict()

    async def add_webhook(self, body: dict[str, Any]) -> dict[str, Any]:
        self.webhooks.subscribe(Subscription.model_validate(body))
        return self.webhooks.as_dict()

    async def clear_webhooks(self, _: dict[str, Any]) -> dict[str, Any]:
        self.webhooks.subscriptions.clear()
        return self.webhooks.as_dict()
