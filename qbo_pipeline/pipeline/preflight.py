"""Preflight: what must be right before a connection goes live, each finding with its remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select as select_columns

from qbo_pipeline.accounting.books import ROLES, Books
from qbo_pipeline.accounting.deposits import DEPOSIT_TYPES
from qbo_pipeline.accounting.drafts import Draft
from qbo_pipeline.pipeline.access import REMEDY, see_access
from qbo_pipeline.pipeline.books import StoredBooks
from qbo_pipeline.pipeline.company_checks import company_findings, needed_by
from qbo_pipeline.pipeline.foresight import days_ahead, foresee
from qbo_pipeline.pipeline.linking import likenesses_of
from qbo_pipeline.pipeline.names_ahead import Namesake, namesakes_of
from qbo_pipeline.pipeline.names_in_settings import changed_names
from qbo_pipeline.pipeline.preflight_finding import PreflightFinding
from qbo_pipeline.pipeline.reference import read_reference_data
from qbo_pipeline.pipeline.run import Run
from qbo_pipeline.pipeline.stock_and_ledger import opening_balance, stock_since
from qbo_pipeline.pipeline.there_already import there_already
from qbo_pipeline.pipeline.write_back import entities
from qbo_pipeline.pipeline.write_targets import open_inbox
from qbo_pipeline.quickbooks.query import select
from qbo_pipeline.returning.rules import OWNED_AS
from qbo_pipeline.sources.errors import Problem, SourceFailure
from qbo_pipeline.store.tables.records import records

# What QBO takes for a role; a role that is not here may be any account but one of these.
NEEDS_A_NAME = ("Accounts Receivable", "Accounts Payable")  # of a customer or vendor, on each line
ACCOUNT_TYPES = {
    "inventory": ("Other Current Asset",),
    "in_transit": ("Other Current Asset",),
    "work_in_progress": ("Other Current Asset",),
    "goods_received_not_invoiced": ("Other Current Liability",),
    "accounts_receivable": ("Accounts Receivable",),
    "accounts_payable": ("Accounts Payable",),
    "sales": ("Income", "Other Income"),
    "bank": ("Bank",),
    **{role: (type,) for role, type in DEPOSIT_TYPES.items()},
    "cost_of_goods_sold": ("Cost of Goods Sold", "Expense", "Other Expense"),
    "opening_balance_equity": ("Equity",),
    "exchange_difference": ("Other Income", "Other Expense", "Income", "Expense"),
}
# What would leave the stock's account where it was, or the stock's value with money: none of these is a stock account.
OUTSIDE_STOCK = (
    "inventory_adjustment", "write_off", "labour_absorbed", "purchase_price_variance", "rounding", "input_tax",
    "overhead_absorbed", "payment_fees", "discounts", "freight", "charges",
)  # fmt: skip
NEEDED_ROLES = (
    "inventory",
    "cost_of_goods_sold",
    "sales",
    "accounts_receivable",
    "accounts_payable",
    "bank",
    "purchases",
)


def preflight(run: Run) -> list[PreflightFinding]:
    """All checks: source, QuickBooks company, our access to it, accounts, the days ahead, tracked items, opening
    balance; whatever one of them finds, the others are made.

    Reads only. Raises `NotConnected` and the client's errors where QuickBooks cannot be asked at all.
    """
    read_reference_data(run, whole=True)
    mistakes: list[str] = []
    with run.database.reading() as connection:
        books = StoredBooks(connection, run.settings, mistakes).books
        changed = changed_names(connection, run.settings)
    run.progress("the source is looked at", 0)
    source, broken = _source(run)
    return [
        *source,
        *_inbox(run),
        *_company(run),
        *_access(run),
        *(
            PreflightFinding("names in the settings", False, item.text, "Say which of the two is meant")
            for item in changed
        ),
        *_accounts(books, mistakes),
        *_days_ahead(run, broken),
        *_categories(run),
        *_tracked_items(run),
        *_stock(run, books, broken),
    ]


def _source(run: Run) -> tuple[list[PreflightFinding], frozenset[Problem]]:
    """The findings, and the problems among them that keep the source from being read."""
    with run.source() as source:
        problems = source.check()
    errors = frozenset(problem for problem in problems if problem.severity == "error")
    found = [
        PreflightFinding(
            "source", problem not in errors, f"{problem.what} ({problem.where}): {problem.why}", problem.remedy
        )
        for problem in problems
    ]
    if not errors:
        found.append(PreflightFinding("source", True, "answers, with every column of the contract"))
    return found, errors


def _not_looked_at(name: str, what: str, error: SourceFailure | None, told: frozenset[Problem]) -> PreflightFinding:
    """A check that the source did not let us make; what the check of the source has told already is not told again."""
    why = str(error)
    if error is None or told.issuperset(error.problems):
        why = "the source cannot be read, as its own check says"
    return PreflightFinding(name, False, f"{what}: {why}", "See the source")


def _unreadable(broken: frozenset[Problem]) -> bool:
    """Whether asking again would only take as long again: a system that does not answer is asked for a minute."""
    return any(problem.unreadable for problem in broken)


def _inbox(run: Run) -> Iterator[PreflightFinding]:
    if not entities(run):
        return
    with closing(open_inbox(run)) as inbox:
        made_there = run.settings.ownership.made_in_quickbooks()
        problems = inbox.check([kind for kind, owned_as in OWNED_AS.items() if owned_as in made_there])
    for problem in problems:
        yield PreflightFinding("inbox", False, f"{problem.what} ({problem.where}): {problem.why}", problem.remedy)
    if not problems:
        yield PreflightFinding("inbox", True, "takes what people do in QuickBooks")


def _company(run: Run) -> list[PreflightFinding]:
    with run.database.reading() as connection:
        return [*company_findings(connection, run.settings)]


def _access(run: Run) -> Iterator[PreflightFinding]:
    access = see_access(run)
    yield PreflightFinding("access", access.well, access.text, REMEDY)


def _accounts(books: Books, mistakes: list[str]) -> Iterator[PreflightFinding]:
    for mistake in mistakes:
        yield PreflightFinding("accounts", False, mistake, "Correct the name, or make it in QuickBooks")
    asked = needed_by(books.policies)
    for role in ROLES:
        missing = role not in books.roles and not any(f"[accounts.roles] {role}:" in m for m in mistakes)
        if missing and (role in NEEDED_ROLES or role in asked):
            why = f", and {asked[role]} needs it" if role in asked else ""
            remedy = f"Name one in [accounts.roles] {role}"
            yield PreflightFinding(f"account of {role}", False, f"is not set{why}", remedy)
        for account_id in sorted(books.accounts_of(role)):
            account = books.chart[account_id]
            wanted = ACCOUNT_TYPES.get(role)
            on_stock = role in OUTSIDE_STOCK and account.id in books.stock_accounts
            refused = account.type in NEEDS_A_NAME or on_stock
            yield PreflightFinding(
                f"account of {role}",
                account.type in wanted if wanted is not None else not refused,
                f"{account.name} ({account.type})",
                f"It must be of type {' or '.join(wanted)}"
                if wanted is not None
                else "It must be none that keeps stock, nor one of receivables or payables, whose lines need a name",
            )


def _days_ahead(run: Run, broken: frozenset[Problem]) -> Iterator[PreflightFinding]:
    """What the records of the next days would wait for, so that all of it can be mapped at once."""
    settings = run.settings.connection
    with run.database.reading() as connection:
        dated = select_columns(func.max(records.c.business_date)).where(
            records.c.connection == run.name, records.c.record_type.in_(("document", "movement", "payment"))
        )
        read_through = connection.execute(dated).scalar_one()
    first, last = days_ahead(settings.first_day, settings.last_day, read_through, datetime.now(settings.zone).date())
    days = f"{first} to {last}"
    if first > last:
        yield PreflightFinding("days ahead", True, f"the first day, {first}, is still to come: nothing to look at yet")
        return
    if _unreadable(broken):
        yield _not_looked_at("days ahead", f"{days} could not be looked at", None, broken)
        return
    try:
        with run.source() as source, run.database.reading() as connection:
            # Books of their own: some look-ups of a rule ask the store.
            books = StoredBooks(connection, run.settings, []).books
            wants_all = run.settings.posting.master_data == "all"
            size = run.settings.source.batch_size
            seen = foresee(source, books, first, last, size, all_master_data=wants_all)
    except SourceFailure as error:
        yield _not_looked_at("days ahead", f"{days} could not be looked at", error, broken)
        return
    # A code whose account is misspelt is mapped: the check of the accounts says what is wrong with it.
    named = run.settings.accounts.hints, run.settings.tax_codes
    for hint, count in sorted(item for item in seen.unmapped_hints.items() if item[0] not in named[0]):
        remedy = f'Name its QuickBooks account in [accounts.hints]: "{hint}" = "..."'
        yield PreflightFinding(
            "unmapped account", False, f"the source's account {hint!r} is on {_records(count)} of {days}", remedy, hint
        )
    for code, count in sorted(item for item in seen.unmapped_tax_codes.items() if item[0] not in named[1]):
        what = f"the source's tax code {code!r}" if code else "no tax code"
        remedy = f'Name its QuickBooks tax code in [tax_codes]: "{code}" = "..."'
        yield PreflightFinding("unmapped tax code", False, f"{what} is on {_records(count)} of {days}", remedy, code)
    for refusal, count in seen.refused:
        text = f"{refusal.message} (so it is with {_records(count)} of {days})"
        yield PreflightFinding("days ahead", False, text, "They wait until that is mended; everything else is posted")
    for message, count in sorted(seen.set_aside.items()):
        text = f"{_records(count)} of {days} would be set aside: {message}"
        yield PreflightFinding("days ahead", False, text, "Correct them in the source; the next reading finds them")
    if not (seen.unmapped_hints or seen.unmapped_tax_codes or seen.refused or seen.set_aside):
        yield PreflightFinding(
            "days ahead", True, f"{_records(seen.records)} of {days}: every code is mapped, nothing waits"
        )
    yield from _names(run, seen.entries)
    yield from there_already(run, seen.transactions)


def _records(count: int) -> str:
    return f"{count:,} record" + ("" if count == 1 else "s")


def _names(run: Run, entries: Sequence[Draft]) -> Iterator[PreflightFinding]:
    """Names that are taken in QuickBooks: what is linked is a policy, and shown before anything is."""
    if run.settings.posting.link_signs():
        yield from _alike(run, entries)
        return
    found = list(namesakes_of(run, entries))
    if run.settings.posting.link_existing == "never":
        yield PreflightFinding(
            "names",
            not found,
            _some(found, "of our names taken in QuickBooks by entries of others") if found else "none of them is taken",
            'Rename them in QuickBooks, or let them be linked: [posting] link_existing = "same_name", or one by one '
            "with `qbo-pipeline relink`",
        )
        return
    linked = [item for item in found if item.obstacle is None]
    if linked:
        yield PreflightFinding("names", True, _some(linked, "will be linked, not made anew"))
    for item in found:
        if item.obstacle is not None:
            yield PreflightFinding(
                "names", False, f"{item.text} has the name of one of ours and cannot be linked", item.obstacle
            )


def _alike(run: Run, entries: Sequence[Draft]) -> Iterator[PreflightFinding]:
    """What a policy of signs would link, and what it leaves to a person."""
    with run.database.reading() as connection:
        found = likenesses_of(connection, run, entries)
    told = f"{len(found.matches):,} entries of QuickBooks will be linked, not made anew; {found.new:,} are like none"
    yield PreflightFinding("names", True, told)
    if found.doubts:
        first = found.doubts[0]
        yield PreflightFinding(
            "names",
            False,
            f"{len(found.doubts):,} of ours are like an entry of QuickBooks and not sure to be it, such as "
            f"{first.ours.name!r}: {first.why}",
            "See both sides with `qbo-pipeline link-parties`; they wait until somebody says (`relink`, or `retry`)",
        )


def _categories(run: Run) -> Iterator[PreflightFinding]:
    """Whether categories are switched on shows in that there is one: no preference tells."""
    if run.settings.posting.categories == "off":
        return
    there = next(iter(run.quickbooks().query(select("Item").where("Type", "=", "Category"))), None)
    yield PreflightFinding(
        "categories",
        there is not None,
        "QuickBooks has categories" if there else "QuickBooks has none: whether they are switched on does not show",
        'Switch them on in QuickBooks (Products and services) and make one, or say [posting] categories = "off"',
    )


def _some(found: Sequence[Namesake], what: str) -> str:
    shown = ", ".join(item.text for item in found[:3])
    return f"{len(found)} {what}: {shown}" + (", …" if len(found) > 3 else "")


def _tracked_items(run: Run) -> Iterator[PreflightFinding]:
    """A tracked item posts its own cost of sales: beside our journals the cost would stand twice. In tracked mode those
    that are there are adopted by name where the policy says so, and else a name that they have is taken."""
    tracked = [item["Name"] for item in run.quickbooks().query(select("Item").where("Type", "=", "Inventory"))]
    if run.settings.posting.mode == "tracked":
        adopted = run.settings.posting.link_existing == "same_name"
        text = "one that has the name of a product is adopted" if adopted else "none is adopted, ours are made anew"
        yield PreflightFinding("tracked items", True, f"{len(tracked)} items track their quantity already; {text}")
        return
    yield PreflightFinding(
        "tracked items",
        not tracked,
        f"{len(tracked)} items track their quantity in QuickBooks" + (f", such as {tracked[0]}" if tracked else ""),
        "Make them inactive or non-inventory: QuickBooks would post their cost of sales a second time",
    )


def _stock(run: Run, books: Books, broken: frozenset[Problem]) -> Iterator[PreflightFinding]:
    """Stock value against the ledger: at the opening, and now."""
    for name, check in (("opening balance", opening_balance), ("stock value", stock_since)):
        if _unreadable(broken):
            yield _not_looked_at(name, "the source cannot value its stock", None, broken)
            return
        try:
            yield from check(run, books)
        except SourceFailure as error:
            yield _not_looked_at(name, "the source cannot value its stock", error, broken)
