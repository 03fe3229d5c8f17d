"""`QuickBooks`: everything the pipeline asks of one company, in QBO's own words.

Writes answer one of four outcomes (`outcomes.py`) and never raise for what the network or QBO did; they are sent
once. Reads raise exceptions named by recovery (`errors.py`) and are tried again where that can help.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import IO, Any

from qbo_pipeline.instants import parse_instant
from qbo_pipeline.quickbooks.answers import batch_outcome, whole_batch, write_outcome
from qbo_pipeline.quickbooks.attachments import FileContent, upload_body, upload_outcome
from qbo_pipeline.quickbooks.calls import Caller, CallFailure, Manner
from qbo_pipeline.quickbooks.changes import Changes, read_changes
from qbo_pipeline.quickbooks.clock import Clock, SystemClock
from qbo_pipeline.quickbooks.entities import entity_named
from qbo_pipeline.quickbooks.errors import NotFound, Unavailable
from qbo_pipeline.quickbooks.hosts import Environment
from qbo_pipeline.quickbooks.keeper import AccessTokens
from qbo_pipeline.quickbooks.ledger import LedgerReport, ledger_sign
from qbo_pipeline.quickbooks.ledger_reading import read_ledger
from qbo_pipeline.quickbooks.meter import MemoryMeter, Meter
from qbo_pipeline.quickbooks.outcomes import BatchOutcome, NotSent, Outcome, Unknown
from qbo_pipeline.quickbooks.pacing import MemoryPacer, Pacer
from qbo_pipeline.quickbooks.query import PAGE, Query, pages, select
from qbo_pipeline.quickbooks.reads import WAITS, json_of, read_json, reading
from qbo_pipeline.quickbooks.reports import Report, parse_report
from qbo_pipeline.quickbooks.requests import (
    BatchItem,
    Params,
    Request,
    batch_request,
    create_request,
    delete_request,
    update_request,
    void_request,
)
from qbo_pipeline.quickbooks.retrying import retried
from qbo_pipeline.quickbooks.transport import Answer, Call, Transport, TransportFailure
from qbo_pipeline.quickbooks.wire import from_wire

WRITE_SECONDS = 60.0
FILE_SECONDS = 300.0  # for a file of 100 MB
_WRITE_BYTES = 32_000_000
_JSON = "application/json"

JsonObject = dict[str, Any]


class QuickBooks:
    """The v3 Accounting API for one realm. Safe to use from several threads.

    `tokens` is a `TokenKeeper`; `pacer` and `meter` are shared by all processes where they come from the store, and
    for this client alone where they are left out. `transport` and `clock` are replaced in tests; a transport lives by
    the same clock. Raises `ValueError` for a realm that is not digits only.

    What has an `until` ends at that moment of the clock's monotonic time, whenever it was called: nothing is sent after
    it. A caller that holds a lease gives the lease's end, less a margin.
    """

    def __init__(
        self,
        realm: str,
        environment: Environment,
        tokens: AccessTokens,
        *,
        transport: Transport | None = None,
        pacer: Pacer | None = None,
        meter: Meter | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.realm = realm
        self._environment = environment
        self._clock = clock or SystemClock()
        self._transport = transport or Transport(clock=self._clock)
        self._meter = meter or MemoryMeter()
        self._caller = Caller(
            realm,
            environment,
            tokens,
            self._transport,
            pacer or MemoryPacer(clock=self._clock),
            self._meter,
            self._clock,
        )

    def __repr__(self) -> str:
        return f"QuickBooks({self._environment.name})"

    def close(self) -> None:
        self._transport.close()

    @property
    def batches_held(self) -> bool:
        """Whether batches wait for their turn under QBO's limits, while calls with one document need not."""
        return self._caller.batches_held

    # Writes

    def send(
        self,
        method: str,
        path: str,
        params: Params,
        body: bytes,
        deadline: float = WRITE_SECONDS,
        *,
        until: float = math.inf,
    ) -> Outcome:
        """Send the frozen bytes of one write (`requests.py`) and answer its outcome.

        `path` is relative to the company; `deadline` is in seconds for everything, the wait for a slot included.
        Raises `ValueError` only for a batch, whose answer is one outcome an item: that is `send_batch`.
        """
        if path == "batch":
            raise ValueError("the answer to a batch is one outcome for each item: use send_batch")
        answer = self._write(Request(method, path, params, body), deadline, until)
        return write_outcome(answer, path) if isinstance(answer, Answer) else answer

    def send_batch(
        self,
        params: Params,
        body: bytes,
        deadline: float = WRITE_SECONDS,
        *,
        until: float = math.inf,
        bids: Sequence[str] | None = None,
    ) -> BatchOutcome:
        """Send the frozen bytes of a batch and answer the outcome of each item, matched by bId.

        `bids` are those of the body, where they are known; else they are read from it.
        """
        bids = [str(item["bId"]) for item in from_wire(body)["BatchItemRequest"]] if bids is None else list(bids)
        answer = self._write(Request("POST", "batch", params, body), deadline, until, items=len(bids))
        if isinstance(answer, Answer):
            return batch_outcome(answer, bids)
        return whole_batch(answer, bids, answer.intuit_tid if isinstance(answer, Unknown) else None)

    def create(
        self,
        entity: str,
        payload: JsonObject,
        *,
        request_id: str | None = None,
        options: Sequence[str] = (),
        deadline: float = WRITE_SECONDS,
    ) -> Outcome:
        return self._sent(create_request(entity, payload, request_id=request_id, options=options), deadline)

    def update(
        self,
        entity: str,
        payload: JsonObject,
        *,
        request_id: str | None = None,
        options: Sequence[str] = (),
        deadline: float = WRITE_SECONDS,
    ) -> Outcome:
        """A sparse update: what the payload leaves out stays as it is."""
        return self._sent(update_request(entity, payload, request_id=request_id, options=options), deadline)

    def delete(
        self, entity: str, id: str, sync_token: str, *, request_id: str | None = None, deadline: float = WRITE_SECONDS
    ) -> Outcome:
        return self._sent(delete_request(entity, id, sync_token, request_id=request_id), deadline)

    def void(
        self, entity: str, id: str, sync_token: str, *, request_id: str | None = None, deadline: float = WRITE_SECONDS
    ) -> Outcome:
        return self._sent(void_request(entity, id, sync_token, request_id=request_id), deadline)

    def batch(
        self, items: Sequence[BatchItem], *, request_id: str | None = None, deadline: float = WRITE_SECONDS
    ) -> BatchOutcome:
        """1 to 30 operations in one call; each succeeds or fails for itself."""
        request = batch_request(items, request_id=request_id)
        return self.send_batch(request.params, request.body, deadline)

    def upload(
        self,
        file_name: str,
        content: bytes | FileContent,
        *,
        attach_to: Sequence[tuple[str, str]] = (),
        note: str | None = None,
        deadline: float = WRITE_SECONDS,
    ) -> Outcome:
        """Upload a file and attach it to objects (pairs of entity and Id). A `FileContent` is read while it is sent.

        Being a write it is sent once and answers an outcome. Raises `ValueError` for a file that QBO cannot take.
        """
        for entity, _ in attach_to:
            entity_named(entity)
        body, content_type = upload_body(file_name, content, tuple(attach_to), note)
        answer = self._write(Request("POST", "upload", upload=body), deadline, content_type=content_type)
        return upload_outcome(answer) if isinstance(answer, Answer) else answer

    def _sent(self, request: Request, deadline: float) -> Outcome:
        return self.send(request.method, request.path, request.params, request.body, deadline)

    def _write(
        self, request: Request, deadline: float, until: float = math.inf, *, items: int = 0, content_type: str = _JSON
    ) -> Answer | NotSent | Unknown:
        manner = Manner(False, deadline, _WRITE_BYTES, content_type, items=items, until=until)
        answer = self._caller.call(request, manner)
        if isinstance(answer, Answer):
            return answer
        if answer.sent:
            return Unknown(answer.reason, answer.intuit_tid)
        return NotSent(answer.reason, answer.kind, answer.retry_after)

    # Reads

    def read(self, entity: str, id: str) -> JsonObject:
        """One object by its Id; raises `NotFound`."""
        known = entity_named(entity)
        if not (id.isascii() and id.isdigit()):
            raise ValueError(f"the Id of {entity} is digits only, not {id!r}")
        return self._object(Request("GET", f"{known.path}/{id}"), known.name)

    def company_info(self) -> JsonObject:
        return self.company_info_as_at()[0]

    def company_info_as_at(self) -> tuple[JsonObject, datetime]:
        """The company, and QBO's own time of the answer, from which its changes can be asked for."""
        request = Request("GET", f"companyinfo/{self.realm}")
        body = self._json(request)
        try:
            return _the_object(body, request, "CompanyInfo"), parse_instant(str(body.get("time")))
        except ValueError:
            raise Unavailable(f"{request.method} {request.path} answered no time with its offset") from None

    def preferences(self) -> JsonObject:
        return self._object(Request("GET", "preferences"), "Preferences")

    def query(self, query: Query, *, page_size: int = PAGE, until: float = math.inf) -> Iterator[JsonObject]:
        """All objects of a query, each once, read page by page as they are asked for.

        With `until`, all pages and all tries together end by then; `Unavailable` where that is too short.
        """
        for page in self.query_pages(query, page_size=page_size, until=until):
            yield from page

    def query_pages(
        self, query: Query, *, page_size: int = PAGE, until: float = math.inf
    ) -> Iterator[list[JsonObject]]:
        """The objects of a query in pages of at most 1,000."""

        def fetch(text: str) -> list[JsonObject]:
            rows = self._query_response(text, until).get(query.entity.name, [])
            if not isinstance(rows, list):
                raise Unavailable(f"the query for {query.entity.name} answered {type(rows).__name__} instead of a list")
            return rows

        return pages(query, fetch, limit=page_size)

    def count(self, query: Query) -> int:
        """How many objects a query would answer."""
        total = self._query_response(query.count_text()).get("totalCount")
        if not isinstance(total, int):
            raise Unavailable(f"the count of {query.entity.name} answered no totalCount")
        return total

    def changes(self, entities: Sequence[str], since: datetime, *, completed: bool = True) -> Changes:
        """What was created, changed or deleted since an instant; says itself where it may be incomplete.

        `completed` asks by a query for what change data capture leaves out: a metered read for each 1,000 objects.
        """

        def ask(names: str, start: datetime) -> JsonObject:
            params = (("entities", names), ("changedSince", start.isoformat(timespec="seconds")))
            return self._json(Request("GET", "cdc", params))

        query = (lambda wanted: list(self.query(wanted))) if completed else None
        return read_changes(entities, since, self._clock.now(), ask, query)

    def report(self, name: str, params: Mapping[str, str]) -> Report:
        """A report, parsed; raises `Incomplete` where QBO cut it off."""
        if not (name.isascii() and name.isalpha()):
            raise ValueError(f"{name!r} is not the name of a report")
        return parse_report(self._json(Request("GET", f"reports/{name}", tuple(params.items()))), name)

    def ledger(
        self,
        accounts: Sequence[str],
        first: date,
        last: date,
        *,
        multi_currency: bool = False,
        history_before: date | None = None,
        known: Iterable[JsonObject] = (),
    ) -> LedgerReport:
        """The general ledger lines of balance sheet accounts (by Id), proved complete; see `read_ledger`.

        QBO is asked for the accounts that are not among `known`, which were read from it before. Raises `NotFound` for
        an account that is not there, `ValueError` for one of profit and loss (its balance starts anew each fiscal year,
        so that its lines cannot be chained).
        """
        found = {str(account["Id"]): account for account in known}
        if new := [id for id in accounts if id not in found]:
            query = select("Account", with_inactive=True).where("Id", "IN", tuple(new))
            found |= {account["Id"]: account for account in self.query(query)}
            if missing := [id for id in accounts if id not in found]:
                raise NotFound(f"QuickBooks has no account with the Id {', '.join(missing)}")
        signs = {id: ledger_sign(found[id]) for id in accounts}
        return read_ledger(
            self.report, signs, first, last, multi_currency=multi_currency, history_before=history_before
        )

    def download(self, attachable_id: str) -> bytes:
        """The content of an attachment, held whole: see `download_to`."""
        out = BytesIO()
        self.download_to(attachable_id, out)
        return out.getvalue()

    def download_to(self, attachable_id: str, out: IO[bytes]) -> None:
        """Write the content of an attachment into a file as it comes, from where the file stands."""
        if not (attachable_id.isascii() and attachable_id.isdigit()):
            raise ValueError(f"the Id of an attachment is digits only, not {attachable_id!r}")
        request, start = Request("GET", f"download/{attachable_id}"), out.tell()

        def once() -> None:
            answer = self._caller.call(request, reading(1_000_000))
            if isinstance(answer, CallFailure) or answer.status != 200:
                json_of(answer, request)  # raises what the answer means
                raise Unavailable(f"the address of attachment {attachable_id} could not be read")
            out.seek(start)
            out.truncate()  # what an earlier try left
            self._fetch(answer.text.strip().strip('"'), out)

        retried(once, self._clock, WAITS)

    def _fetch(self, url: str, out: IO[bytes]) -> None:
        """The file at an address that QBO gave, without our credentials."""
        self._environment.check_file(url)
        self._meter.count("free")
        call = Call("GET", url, headers={"Accept-Encoding": "identity"})
        try:
            answer = self._transport.send(call, deadline=FILE_SECONDS, max_bytes=200_000_000, into=out)
        except TransportFailure as failure:
            raise Unavailable(f"the attachment's content could not be read: {failure.reason}") from None
        if answer.status != 200:
            raise Unavailable(f"the attachment's content answered HTTP {answer.status}", http_status=answer.status)

    def _json(self, request: Request, content_type: str = _JSON, until: float = math.inf) -> JsonObject:
        return read_json(self._caller, request, self._clock, content_type=content_type, until=until)

    def _object(self, request: Request, entity: str) -> JsonObject:
        return _the_object(self._json(request), request, entity)

    def _query_response(self, text: str, until: float = math.inf) -> JsonObject:
        body = self._json(Request("POST", "query", (), text.encode()), "application/text", until)
        found = body.get("QueryResponse")
        if not isinstance(found, dict):
            raise Unavailable("a query answered no QueryResponse")
        return found


def _the_object(body: JsonObject, request: Request, entity: str) -> JsonObject:
    found = body.get(entity)
    if not isinstance(found, dict):
        raise Unavailable(f"{request.method} {request.path} answered no {entity}")
    return found
