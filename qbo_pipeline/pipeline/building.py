"""Building records: a page of them on its way into the outbox, written together or not at all.

What belongs here: asking the posting rules about each record, and writing what they answer: intents for posting, the
record's disposition. Which records are due, and in which pages, is `transform`'s.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from qbo_pipeline.accounting.drafts import Draft, Excluded, Outcome, Refused
from qbo_pipeline.accounting.money import cents
from qbo_pipeline.accounting.own_tax import tax_rounding_of
from qbo_pipeline.accounting.parties import further_currency
from qbo_pipeline.accounting.products import build_account_items
from qbo_pipeline.accounting.rules import BY_SETTINGS, build, build_unrecorded
from qbo_pipeline.inventory.records import Document, Movement, Party, Product, Record, content_hash
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.earlier_settings import EarlierSettings
from qbo_pipeline.pipeline.intake_policy import intake_policy
from qbo_pipeline.pipeline.made_in_quickbooks import VOIDED_HERE, WRITTEN_BACK, came_from_quickbooks
from qbo_pipeline.pipeline.master_data import MASTER_TYPES, Parsed, rows_of
from qbo_pipeline.pipeline.on_both_sides import why_held
from qbo_pipeline.pipeline.refusing import DEADLY, in_short
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.same_number import conflicts
from qbo_pipeline.pipeline.settings_in_force import in_force
from qbo_pipeline.pipeline.summaries import ALONE, Membership, may_be_summed, may_sum_up_sales, memberships
from qbo_pipeline.pipeline.summed_apart import keep_apart
from qbo_pipeline.pipeline.transformed import Transformed
from qbo_pipeline.pipeline.two_sided import Compared
from qbo_pipeline.pipeline.two_sided_posting import compared_records, to_be_posted, voided_there
from qbo_pipeline.posting.asking import NOTHING_ASKED, Intake, IntakePolicy, Intent
from qbo_pipeline.posting.intents import put
from qbo_pipeline.posting.shell import identity_of
from qbo_pipeline.posting.states import Reason
from qbo_pipeline.store.dispositions import Built, load_record, put_built
from qbo_pipeline.store.postings import linked_by, links, posted_records
from qbo_pipeline.store.retired import inactive_in_qbo
from qbo_pipeline.store.settings_versions import forget_comparisons

log = logging.getLogger(__name__)

SETTLES_SALES = "payment_received"
VOIDED = "voided_in_source"
NOT_NEEDED = ("not_needed", "no document refers to it yet")
NOT_ACTIVE = ("not_active", "it is not active in the source, and no document refers to it yet")


class PageOfRecords:
    """One page of records on its way into the outbox, within one transaction."""

    def __init__(
        self,
        run: Run,
        connection: Connection,
        result: Transformed,
        *,
        ordered: bool = False,
        parsed: Parsed | None = None,
    ) -> None:
        self.run = run
        self.ordered = ordered
        self.connection = connection
        self.result = result
        self.stored = StoredBooks(connection, run.settings, parsed=parsed)
        self.earlier = EarlierSettings(run, connection, self.stored)
        self.in_force = in_force(self.stored.rule_set, run.settings.posting)
        self.built: dict[str, tuple[str, Built]] = {}  # with the record's kind, by key
        self.intents: list[Intent] = []
        self._needed: set[str] = set()  # parties and products that drafts refer to
        self._anew: set[str] = set()  # products whose opening stock was read, posted or not
        self._tracked = run.settings.posting.mode == "tracked"
        self._unrecorded: set[str] = set()  # entries of lists behind which no record stands
        self._summed = ordered or may_be_summed(connection, run.name, self.stored.rule_set)
        self.touched: set[str] = set()  # the summaries whose records are left to `build_summaries`

    def build_account_items(self) -> None:
        """The items that belong to no record: they stand for accounts on lines without a product."""
        for draft in build_account_items(self.stored.books):
            self.intents.append(Intent(draft.key, content_hash({"item": draft.key}), [draft]))
        self.put()

    def quarantine(self, rows: Sequence[Any]) -> None:
        """Refuse records over which processes died; nothing of them is looked into."""
        for row in rows:
            if row.vanished_at is None:
                self.answer(row, DEADLY)
            else:
                self.gone(row)
        self.put()

    @property
    def sums_up_sales(self) -> bool:
        """Whether sales may stand in summaries: payments are then built after these, which they settle."""
        return self._summed and may_sum_up_sales(self.connection, self.run.name, self.stored.rule_set)

    def held_by_number(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        """Those of these documents that wait because another one has their number; none under an order."""
        if self.ordered:
            return {}
        return conflicts(self.connection, self.run.name, keys, self.run.settings.posting.same_number)

    def build(self, rows: Sequence[Any], *, settling: bool = False, listed: bool = False) -> None:
        """Build records; those of a summary are tried, and answered when the summary is built. So are payments of sales
        that may stand in one: they are left to a page that is `settling`. With `listed`, active parties and products
        are built whether a document names them or not."""
        rows = self._without_summed(rows)
        if not settling and self.sums_up_sales:
            self._try([row for row in rows if row.kind == SETTLES_SALES])
            rows = [row for row in rows if row.kind != SETTLES_SALES]
        loaded = [(row, self.load(row)) for row in rows if row.vanished_at is None]
        self.stored.prefetch(record for _, record in loaded if record is not None)
        known = posted_records(self.connection, self.run.name, [key_of(row) for row in rows])
        as_posted = {} if self.ordered else self.earlier.posted(list(known), self.in_force.rules_hash)
        keys = [key_of(row) for row, _ in loaded]
        read = [record for _, record in loaded if record is not None]
        held: dict[str, Outcome] = came_from_quickbooks(self.connection, self.run.settings, read)
        held |= self.held_by_number(keys)
        alike = why_held(self.connection, self.run.settings, read, self.stored.parsed)
        stay = self._stay_posted(keys)
        both = self._both_sides(read)
        wants_all = listed or self.run.settings.posting.master_data == "all"
        for row in rows:
            if row.vanished_at is not None:
                self.gone(row)
        for row, record in loaded:
            if record is None:
                continue
            if (compared := both.get(key_of(row))) is not None:
                self._answer_compared(row, compared, known)
                continue
            if isinstance(record, Party | Product) and key_of(row) not in known and not (wants_all and record.active):
                self.note(row, "excluded", *(NOT_ACTIVE if wants_all else NOT_NEEDED))
                continue
            if isinstance(record, Movement) and record.kind == "opening" and self._tracked:
                # Its items are made with it.
                self._anew.update(f"product/{line.product_id}" for line in record.lines if line.product_id)
            outcome = held.get(key_of(row)) or self.outcome_of(row, record)
            before = as_posted.get(key_of(row), ())
            differ = self.earlier.alone_differ(record, row.content_hash, outcome, before)
            if differ or (key_of(row) in stay and isinstance(outcome, Excluded) and outcome.rule in BY_SETTINGS):
                self.note(row, "posting", None, None)
            elif isinstance(outcome, Excluded) and outcome.rule == VOIDED_HERE:
                self._void_there(row, record)
            else:
                self.answer(row, outcome, held=alike.get(key_of(row)))
        self.build_needed()
        self.put()

    def _void_there(self, row: Any, record: Record) -> None:
        """Take a document out of QuickBooks that was made there: what it is becomes a posting, and that is withdrawn
        before anything of it is sent."""
        as_made = self.outcome_of(row, replace(record, status="completed")) if isinstance(record, Document) else None
        if as_made is None or isinstance(as_made, Excluded | Refused):
            self.answer(row, as_made or Excluded(rule=VOIDED_HERE, message="it was voided"))
            return
        self.answer(row, as_made)
        self.put()
        self.answer(row, Excluded(rule=VOIDED, message="It was voided in the source"))

    def _both_sides(self, read: Sequence[Record]) -> dict[str, Compared]:
        now = self.run.database.now(self.connection)
        return compared_records(self.connection, self.run.settings, read, now)

    def _answer_compared(self, row: Any, both: Compared, known: set[str]) -> None:
        """What becomes of a record that both sides keep."""
        found = to_be_posted(self.connection, self.run.name, both, posted=both.key in known)
        if isinstance(found, Refused):
            self.answer(row, found)
        elif isinstance(found, Excluded):
            self.note(row, "excluded", found.rule, found.message)
        elif found is None:
            self.note(row, "posting", None, None)
        else:
            self.answer(row, self.outcome_of(row, found), built_on=both.version or None)

    def _stay_posted(self, keys: Sequence[str]) -> set[str]:
        """Those of these records that were posted before the settings said that the other side makes what is of their
        kind, or that they stay out."""
        policies = [rules.policies for rules in self.stored.rule_set.by_date]
        if not any(its.not_posted or its.not_exported or its.approved_statuses for its in policies):
            return set()
        return set(links(self.connection, self.run.name, keys))

    def _without_summed(self, rows: Sequence[Any]) -> list[Any]:
        if not self._summed:
            return list(rows)
        places = self.memberships_of(rows)
        alone, summed = [], []
        for row in rows:
            place = places.get(key_of(row), ALONE)
            if not place.touched:
                alone.append(row)
                continue
            self.touched |= place.touched
            summed.append(row)
        self._try(summed)
        return alone

    def _try(self, rows: Sequence[Any]) -> None:
        """Build them for nothing: what kills a process does so in a page that says which record it was."""
        read = []
        for row in rows:
            try:
                if row.vanished_at is None:
                    read.append(load_record(row))
            except Exception as error:
                log.debug("a record of a summary cannot be read: %s", in_short(error))
        self.stored.prefetch(read)
        for record in read:
            try:
                build(record, self.stored.books)
            except DBAPIError:
                raise
            except Exception as error:
                log.debug("a record of a summary fails by itself: %s", in_short(error))

    def memberships_of(self, rows: Sequence[Any]) -> dict[str, Membership]:
        """Where each of these records belongs: by itself, or in a summary."""
        its = memberships(self.connection, self.run.name, rows, self.stored.books, by_settings=self.ordered)
        return keep_apart(self.connection, self.run.settings, rows, its, self.stored.parsed)

    def gone(self, row: Any) -> None:
        """The record is no longer in the source: nothing of it is to be in QBO."""
        self.note(row, "vanished", "vanished", "the source no longer has it")
        if row.kind == "opening" and self._tracked and isinstance(record := self.load(row), Movement):
            self._anew.update(f"product/{line.product_id}" for line in record.lines if line.product_id)
        why = "its record is no longer in the source"
        self.intents.append(Intent(key_of(row), row.content_hash, why_gone=why))

    def load(self, row: Any) -> Record | None:
        """The record, or `None` for one that cannot be read any more, which is then refused."""
        try:
            return load_record(row)
        except Exception as error:
            self.answer(row, self.result.failures.refused(key_of(row), error))
            return None

    def outcome_of(self, row: Any, record: Record) -> Outcome:
        """What the posting rules answer; a rule that fails is a refusal of its record."""
        try:
            return build(record, self.stored.books)
        except DBAPIError:
            raise  # the store's, not the record's
        except Exception as error:
            return self.result.failures.refused(key_of(row), error)

    def answer(self, row: Any, outcome: Outcome, built_on: str | None = None, held: str | None = None) -> None:
        """Write down what becomes of the record, and ask posting for it, as `Intent` says."""
        drafts: Sequence[Draft] = ()
        refusal: Refused | None = None
        why_gone = NOTHING_ASKED
        if isinstance(outcome, Excluded):
            self.note(row, "excluded", outcome.rule, outcome.message)
            voided = outcome.rule == VOIDED
            if voided and voided_there(self.connection, self.run.name, key_of(row)):
                return  # both sides have taken it out: nothing is to be done
            why_gone = "it was voided in the source" if voided else f"nothing of it is posted: {outcome.message}"
        elif isinstance(outcome, Refused):
            self.note(row, "refused", outcome.reason, outcome.message)
            refusal = outcome
        else:
            self.note(row, *(("posting", None, None) if held is None else ("refused", Reason.PERHAPS_ONE, held)))
            drafts = outcome if isinstance(outcome, list) else [outcome]
            self.need(*drafts)
            self.result.tax_rounding += filter(None, (tax_rounding_of(draft.payload) for draft in drafts))
        self.intents.append(
            Intent(
                record_key=key_of(row),
                content_hash=row.content_hash,
                drafts=drafts,
                refusal=refusal,
                why_gone=why_gone,
                business_date=row.business_date,
                amount=cents(row.amount or Decimal(0)),
                currency=row.currency or self.stored.books.home_currency,
                built_on=built_on,
                held=held,
                moved=bool(drafts),  # what it has elsewhere in QBO is within these now
            )
        )

    def need(self, *drafts: Draft) -> None:
        """Have the parties and products built that these drafts refer to."""
        for key in (key for draft in drafts for key in draft.depends_on):
            if key.split("/")[0] in MASTER_TYPES:
                self._needed.add(key)
                self.stored.keep_active(further_currency(key)[0])
            elif key not in self._unrecorded and (entry := build_unrecorded(key, self.stored.books)) is not None:
                self._unrecorded.add(key)
                if linked_by(self.connection, self.run.name, [key], WRITTEN_BACK):
                    continue  # people made it in QuickBooks, and keep it there
                self.intents.append(Intent(key, content_hash({"entry": key}), [entry]))
                self.need(entry)

    def build_needed(self) -> None:
        """Parties and products that the page's drafts refer to and that have no posting yet."""
        asked: set[str] = set()
        while wanted := sorted((self._needed | self._anew) - asked):  # a customer may need the one it is a part of
            asked |= set(wanted)
            again = self._in_further_currencies(wanted) | self._to_be_active(wanted)
            self.intents = [intent for intent in self.intents if intent.record_key not in again]
            there = {intent.record_key for intent in self.intents} | (
                posted_records(self.connection, self.run.name, wanted) - self._anew
            )
            rows = rows_of(self.connection, self.run.name, sorted((set(wanted) - there) | again))
            loaded = [(row, record) for row in rows if (record := self.load(row)) is not None]
            self.stored.fetch_for(record for _, record in loaded)
            held = came_from_quickbooks(self.connection, self.run.settings, [record for _, record in loaded])
            both = self._both_sides([record for _, record in loaded])
            for row, record in loaded:
                if (compared := both.get(key_of(row))) is not None:
                    self._answer_compared(row, compared, set())
                else:
                    self.answer(row, held.get(key_of(row)) or self.outcome_of(row, record))

    def _to_be_active(self, keys: Sequence[str]) -> set[str]:
        """The keys of the records among these that are inactive in QuickBooks, or are about to be."""
        if self.run.settings.posting.inactive == "kept_active":
            return set()
        leaving = {d.key for intent in self.intents for d in intent.drafts if d.payload.get("Active") is False}
        leaving |= inactive_in_qbo(self.connection, self.run.name, keys, newest=True)
        return {further_currency(key)[0] for key in leaving & set(keys)}

    def _in_further_currencies(self, keys: Sequence[str]) -> set[str]:
        """The keys of the parties among these that are to be built again, with the further currencies that are new."""
        further = {key: found for key in keys if (found := further_currency(key))[1]}
        there = {draft.key for intent in self.intents for draft in intent.drafts} if further else set()
        again = set()
        for of, currency in (found for key, found in further.items() if key not in there):
            record_id = of.removeprefix("party/")
            if currency not in self.stored.books.further_currencies(record_id):
                self.stored.want_currency(record_id, currency)
                again.add(of)
        return again

    def put(self) -> None:
        """Write what was asked for and what became of the records; the page is empty afterwards."""
        try:
            with self.connection.begin_nested():
                intake = self._put_intents(self.intents)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            log.warning("a page could not be written at once (%s): one record at a time", in_short(error))
            for intent in self.intents:
                self._put_alone(intent)
        else:
            self.result.intents.update(asdict(intake))
        forget_comparisons(self.connection, self.run.name, [intent.record_key for intent in self.intents])
        put_built(self.connection, self.run.name, [built for _, built in self.built.values()])
        for kind, built in self.built.values():
            outcome = "drafted" if built.disposition == "posting" else built.disposition
            self.result.outcomes[kind, outcome, built.rule or ""] += 1
        self.intents, self.built = [], {}

    def _put_alone(self, intent: Intent) -> None:
        """Put one record's intent; where its drafts cannot be written they are refused in their place."""
        try:
            with self.connection.begin_nested():
                intake = self._put_intents([intent])
        except Exception as error:
            if not intent.drafts or intent.record_key not in self.built:
                raise
            kind, built = self.built[intent.record_key]
            refused = self.result.failures.refused(intent.record_key, error)
            outcome = Built(built.record_type, built.record_id, "refused", refused.reason, refused.message)
            self.built[intent.record_key] = (kind, outcome)
            intake = self._put_intents([replace(intent, drafts=(), refusal=refused)])
        self.result.intents.update(asdict(intake))

    def _put_intents(self, intents: Sequence[Intent]) -> Intake:
        database = self.run.database
        return put(
            self.connection,
            self.run.name,
            intents,
            identity=identity_of(self.connection, self.run.name, self.run.settings.quickbooks.realm),
            policy=self.policy(),
            now=database.now(self.connection),
            settings_hash=self.in_force.settings_hash,
        )

    def policy(self) -> IntakePolicy:
        """What is not sent at once, as things are now."""
        return intake_policy(self.connection, self.run, ordered=self.ordered)

    def note(self, row: Any, outcome: str, rule: str | None, message: str | None) -> None:
        """Write down what becomes of the record."""
        self.built[key_of(row)] = (row.kind, Built(row.record_type, row.record_id, outcome, rule, message))


def key_of(row: Any) -> str:
    """The key of a record's row."""
    return f"{row.record_type}/{row.record_id}"
