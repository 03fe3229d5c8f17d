"""What can be set on the emulator's HTTP side: by the command, and at run time by POST /emulator/settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

DAY = 86_400


class Settings(BaseModel):
    """The knobs of the gateway; the defaults are Intuit's documented behaviour, or the commonest reading of it.

    Durations are seconds of virtual time, `latency_ms` is real milliseconds.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    limits: str = "qbo"
    """`qbo` (Intuit's limits), `off`, or `xN` (N times Intuit's limits)."""
    latency_ms: Annotated[int, Field(ge=0, le=120_000)] = 0
    throttle_keys: Literal["upper", "lower"] = "upper"
    """Key case of the 429 body: `Fault/Error/Message` or the gateway's `fault/error/message`."""
    answers: Literal["json", "xml"] = "json"
    """What a request gets whose Accept header names neither kind; of the real service XML is recorded."""
    monthly_reads: Annotated[int, Field(ge=0)] | None = None
    """CorePlus calls a month after which metered reads are refused (500000 on the free tier); None: no block."""
    emails_per_day: Annotated[int, Field(ge=0)] = 40

    request_id: Literal["honour", "ignore", "fault"] = "honour"
    """What a repeated requestid gets: the first answer, a second object, or fault 6000."""
    request_id_seconds: Annotated[int, Field(ge=0)] = DAY
    """How long a requestid is remembered; Intuit publishes no figure."""
    request_id_conflict: Literal["replay", "fault"] = "replay"
    """What the same requestid with another body gets: the first answer, or fault 600."""

    intent_url: str | None = None
    """Asked before each write whether its requestid is committed (POST JSON, 200 `{"committed": true}`)."""

    pkce: bool = False
    """Whether the discovery document names S256 (RFC 7636); Intuit's did not when this was written."""
    access_token_seconds: Annotated[int, Field(gt=0)] = 3_600
    rotation_seconds: Annotated[int, Field(ge=0)] = DAY
    """Age at which a refresh token's value is replaced by a new one; the previous one works as long again."""
    refresh_idle_seconds: Annotated[int, Field(gt=0)] = 8_726_400
    """A refresh token that is not used for 100 days after its day of issue dies (the figure QBO states: 101 days)."""
    refresh_hard_seconds: Annotated[int, Field(gt=0)] = 5 * 365 * DAY

    @field_validator("limits")
    @classmethod
    def _known_limits(cls, value: str) -> str:
        limit_factor(value)
        return value


def limit_factor(limits: str) -> float | None:
    """By what Intuit's limits are multiplied: 1 for `qbo`, N for `xN`, None for `off`.

    Raises ValueError for anything else.
    """
    if limits == "qbo":
        return 1.0
    if limits == "off":
        return None
    try:
        factor = float(limits[1:]) if limits.startswith("x") else 0.0
    except ValueError:
        factor = 0.0
    if not 0.0 < factor <= 1_000_000.0:
        raise ValueError(f"limits is {limits!r}; write qbo, off, or xN with N a number above 0, for example x10.")
    return factor
