"""The systems that are read by API, one row each: what tells one from another before a word is exchanged.

What belongs here: the table. What a system's objects mean is in its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from qbo_pipeline.returning.abilities import KindAbility
from qbo_pipeline.sources.api_target import ApiTarget, Doors, Writer
from qbo_pipeline.sources.cin7_core import abilities as cin7_core_abilities
from qbo_pipeline.sources.cin7_core import adjustments_writing as cin7_core_adjustments
from qbo_pipeline.sources.cin7_core import lists_writing as cin7_core_lists
from qbo_pipeline.sources.cin7_core import writing as cin7_core_payments
from qbo_pipeline.sources.cin7_core.check import check_account
from qbo_pipeline.sources.cin7_core.fetching import fetch
from qbo_pipeline.sources.cin7_core.lists import API, BASE_URL
from qbo_pipeline.sources.cin7_core.look import look_at
from qbo_pipeline.sources.cin7_core.system import Cin7Core
from qbo_pipeline.sources.errors import Problem
from qbo_pipeline.sources.http.reader import Api
from qbo_pipeline.sources.http_contract import lists as http_contract
from qbo_pipeline.sources.http_contract import system as http_contract_system
from qbo_pipeline.sources.http_contract.abilities import TAKES as HTTP_CONTRACT_TAKES
from qbo_pipeline.sources.http_contract.writing import HttpInbox
from qbo_pipeline.sources.landed.account import AccountLook, Expected
from qbo_pipeline.sources.landed.listing import Lists
from qbo_pipeline.sources.landed.objects import Landing
from qbo_pipeline.sources.landed.projection import System
from qbo_pipeline.sources.syncro import abilities as syncro_abilities
from qbo_pipeline.sources.syncro import lists as syncro
from qbo_pipeline.sources.syncro import lists_writing as syncro_lists
from qbo_pipeline.sources.syncro import receipts_writing as syncro_receipts
from qbo_pipeline.sources.syncro import writing as syncro_payments
from qbo_pipeline.sources.syncro.check import check_account as check_syncro
from qbo_pipeline.sources.syncro.fetching import fetch as fetch_syncro
from qbo_pipeline.sources.syncro.look import look_at as look_at_syncro
from qbo_pipeline.sources.syncro.system import syncro as syncro_system
from qbo_pipeline.sources.unleashed import abilities as unleashed_abilities
from qbo_pipeline.sources.unleashed import lists as unleashed
from qbo_pipeline.sources.unleashed import writing as unleashed_lists
from qbo_pipeline.sources.unleashed.check import check_account as check_unleashed
from qbo_pipeline.sources.unleashed.fetching import fetch as fetch_unleashed
from qbo_pipeline.sources.unleashed.look import look_at as look_at_unleashed
from qbo_pipeline.sources.unleashed.signing import signed
from qbo_pipeline.sources.unleashed.system import Unleashed
from qbo_pipeline.sources.zuper import abilities as zuper_abilities
from qbo_pipeline.sources.zuper import lists as zuper
from qbo_pipeline.sources.zuper import products_writing as zuper_products
from qbo_pipeline.sources.zuper import quantities_writing as zuper_quantities
from qbo_pipeline.sources.zuper import region as zuper_region
from qbo_pipeline.sources.zuper import states_writing as zuper_states
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
    `takes` is what it takes of what comes back, kind by kind; `writers` make those that write it by the system's API,
    `inbox` is how one is written to that keeps an inbox."""

    api: Api
    base_url: str | None
    key: str
    secrets: tuple[str, ...]
    headers: Callable[[Sequence[str]], Headers]
    system: Callable[[ZoneInfo, str], System]
    fetch: Callable[[Lists, ZoneInfo, date], None]
    check: Callable[[Landing, Expected, Parameters], list[Problem]]
    look: Callable[[Lists], AccountLook]
    takes: Mapping[str, KindAbility]
    writers: tuple[Callable[[Doors], Writer], ...] = ()
    inbox: Callable[[Doors, Callable[[], None]], HttpInbox] | None = None
    regions: Regions | None = None

    def target(self, doors: Doors, close: Callable[[], None]) -> ApiTarget | HttpInbox:
        """The system as what comes back is written to; `close` gives back connections."""
        if self.inbox is not None:
            return self.inbox(doors, close)
        return ApiTarget([writer(doors) for writer in self.writers], doors, close)


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
        takes=cin7_core_abilities.TAKES,
        writers=(cin7_core_payments.writer, cin7_core_lists.writer, cin7_core_adjustments.writer),
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
        takes=HTTP_CONTRACT_TAKES,
        inbox=lambda doors, close: HttpInbox(doors, close),
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
        takes=syncro_abilities.TAKES,
        writers=(
            syncro_payments.writer,
            syncro_lists.party_writer,
            syncro_lists.product_writer,
            syncro_receipts.writer,
        ),
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
        takes=unleashed_abilities.LISTS,
        writers=(unleashed_lists.writer,),
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
        takes=zuper_abilities.TAKES,
        writers=(zuper_products.writer, zuper_quantities.writer, zuper_states.writer),
        regions=Regions(zuper_region.ACCOUNTS, "config", zuper_region.question, zuper_region.address),
    ),
}
