"""The systems that are read by API, one row each: what tells one from another before a word is exchanged.

What belongs here: the table. What a system's objects mean is in its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from qbo_pipeline.sources.api_target import ApiTarget, ByKind, Doors
from qbo_pipeline.sources.cin7_core.check import check_account
from qbo_pipeline.sources.cin7_core.fetching import fetch
from qbo_pipeline.sources.cin7_core.lists import API, BASE_URL
from qbo_pipeline.sources.cin7_core.lists_writing import ListWriter as Cin7CoreLists
from qbo_pipeline.sources.cin7_core.look import look_at
from qbo_pipeline.sources.cin7_core.system import Cin7Core
from qbo_pipeline.sources.cin7_core.writing import PaymentWriter as Cin7CorePayments
from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.http.reader import Api
from qbo_pipeline.sources.http_contract import lists as http_contract
from qbo_pipeline.sources.http_contract import system as http_contract_system
from qbo_pipeline.sources.http_contract.writing import HttpInbox
from qbo_pipeline.sources.landed.account import AccountLook, Expected
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import Landing
from qbo_pipeline.sources.landed.projection import System
from qbo_pipeline.sources.syncro import lists as syncro
from qbo_pipeline.sources.syncro.check import check_account as check_syncro
from qbo_pipeline.sources.syncro.fetching import fetch as fetch_syncro
from qbo_pipeline.sources.syncro.look import look_at as look_at_syncro
from qbo_pipeline.sources.syncro.system import syncro as syncro_system
from qbo_pipeline.sources.syncro.writing import PartyWriter as SyncroParties
from qbo_pipeline.sources.syncro.writing import PaymentWriter as SyncroPayments
from qbo_pipeline.sources.unleashed import lists as unleashed
from qbo_pipeline.sources.unleashed.check import check_account as check_unleashed
from qbo_pipeline.sources.unleashed.fetching import fetch as fetch_unleashed
from qbo_pipeline.sources.unleashed.look import look_at as look_at_unleashed
from qbo_pipeline.sources.unleashed.signing import signed
from qbo_pipeline.sources.unleashed.system import Unleashed
from qbo_pipeline.sources.unleashed.writing import PartyWriter as UnleashedParties
from qbo_pipeline.sources.zuper import lists as zuper
from qbo_pipeline.sources.zuper import region as zuper_region
from qbo_pipeline.sources.zuper.check import check_account as check_zuper
from qbo_pipeline.sources.zuper.fetching import fetch as fetch_zuper
from qbo_pipeline.sources.zuper.look import look_at as look_at_zuper
from qbo_pipeline.sources.zuper.system import zuper as zuper_system

Parameters = Mapping[str, str | Sequence[str]]
Headers = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Regions:
    """A system whose API has another address for each company: a service of the vendor's is asked by `POST` of the
    `question` with the company's login name, and its answer read as the `address`, `None` where it names none."""

    service: str
    path: str
    question: Callable[[str], bytes]
    address: Callable[[bytes], str | None]


@dataclass(frozen=True, slots=True)
class ReadByApi:
    """One system. `secrets` are the names of what a connection needs to enter (`QBO_<CONNECTION>_<NAME>`), the account
    first, and `key` says in a few words whose they are; `headers` makes of them what goes with each call, by its query
    string; `system` is made for a company's zone and currency. Without a `base_url` the settings have to give one.
    `target` is how the system is written to, where it can be; its second argument gives back connections."""

    api: Api
    base_url: str | None
    key: str
    secrets: tuple[str, ...]
    headers: Callable[[Sequence[str]], Headers]
    system: Callable[[ZoneInfo, str], System]
    fetch: Callable[[Lists, ZoneInfo, date], None]
    check: Callable[[Landing, Expected, Parameters], list[Problem]]
    look: Callable[[Lists], AccountLook]
    regions: Regions | None = None
    target: Callable[[Doors, Callable[[], None]], ApiTarget | HttpInbox] | None = None


def _account_and_key(secrets: Sequence[str]) -> Headers:
    account, key = secrets
    found = {"api-auth-accountid": account, "api-auth-applicationkey": key}
    return lambda _query: found


def _token(secrets: Sequence[str]) -> Headers:
    found = {"Authorization": f"Bearer {secrets[0]}"}
    return lambda _query: found


def _x_api_key(secrets: Sequence[str]) -> Headers:
    found = {"x-api-key": secrets[0]}
    return lambda _query: found


SYSTEMS: dict[str, ReadByApi] = {
    "cin7_core": ReadByApi(
        api=API,
        base_url=BASE_URL,
        key="of an API application in Cin7 Core",
        secrets=("source_account_id", "source_application_key"),
        headers=_account_and_key,
        system=lambda zone, currency: Cin7Core(zone),
        fetch=fetch,
        check=check_account,
        look=look_at,
        target=lambda doors, close: ApiTarget(ByKind([Cin7CorePayments(doors), Cin7CoreLists(doors)]), doors, close),
    ),
    "http_contract": ReadByApi(
        api=http_contract.API,
        base_url=None,
        key="that the server of the HTTP contract knows",
        secrets=("source_token",),
        headers=_token,
        system=lambda zone, currency: http_contract_system.HttpContract(zone),
        fetch=http_contract_system.fetch,
        check=http_contract_system.check,
        look=http_contract_system.look_at,
        target=lambda doors, close: HttpInbox(doors.reader, doors.writer, close),
    ),
    "syncro": ReadByApi(
        api=syncro.API,
        base_url=None,
        key="an API token of Syncro",
        secrets=("source_token",),
        headers=_token,
        system=syncro_system,
        fetch=fetch_syncro,
        check=check_syncro,
        look=look_at_syncro,
        target=lambda doors, close: ApiTarget(ByKind([SyncroPayments(doors), SyncroParties(doors)]), doors, close),
    ),
    "unleashed": ReadByApi(
        api=unleashed.API,
        base_url=unleashed.BASE_URL,
        key="of the API access in Unleashed",
        secrets=("source_api_id", "source_api_key"),
        headers=signed,
        system=Unleashed,
        fetch=fetch_unleashed,
        check=check_unleashed,
        look=look_at_unleashed,
        target=lambda doors, close: ApiTarget(UnleashedParties(doors), doors, close, idempotent=True),
    ),
    "zuper": ReadByApi(
        api=zuper.API,
        base_url=None,
        key="an API key of Zuper",
        secrets=("source_api_key",),
        headers=_x_api_key,
        system=zuper_system,
        fetch=fetch_zuper,
        check=check_zuper,
        look=look_at_zuper,
        regions=Regions(zuper_region.ACCOUNTS, "config", zuper_region.question, zuper_region.address),
    ),
}
