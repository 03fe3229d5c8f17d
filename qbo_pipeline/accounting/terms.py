"""Payment terms: QBO's own by their name, and those that it lacks made, left out or waited for by a stated rule.

What belongs here: which of QBO's terms a customer, supplier or document has, and the Term that is made where policy
says so. A term belongs to no record: its key says all that it is made of, so that whoever refers to it can make it.
"""

from __future__ import annotations

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.drafts import Draft, Payload, refuse
from qbo_pipeline.accounting.money import ZERO
from qbo_pipeline.accounting.payloads import clean, finish, key_ref, ref, shorten

PREFIX = "term/"
NAME_LENGTH = 31
MOST_DAYS = 999  # of DueDays


def terms_field(books: Books, field: str, name: str | None, days: int | None, label: str) -> Payload:
    """`field` with a reference to the terms of this name; nothing where the source names none.

    Case does not tell names apart. Ends with `Refused` for terms that QBO does not have where policy refuses them, and
    for terms that are to be made and of which nobody says in how many days they want the money.
    """
    text = clean(name or "", "")
    if not text:
        return {}
    known = books.terms.get(text.casefold())
    if known is not None:
        return {field: ref(known)}
    policy = books.policies.unknown_terms
    if policy == "leave_out":
        return {}
    if policy == "refuse":
        refuse(
            "unknown_terms",
            f"{label} has the payment terms '{text}', which QuickBooks does not have, or has inactive: make them there "
            '(Lists, Terms), or say [posting] unknown_terms = "make" or "leave_out"',
            f"payment_terms:{text}",
        )
    if days is None or not 0 <= days <= MOST_DAYS:
        refuse(
            "unknown_terms",
            f"{label} has the payment terms '{text}', which are to be made in QuickBooks, and "
            + ("nobody says in how many days they want the money" if days is None else f"{days} is no number of days")
            + f": have the source deliver payment_days (0 to {MOST_DAYS}), or make the terms in QuickBooks",
            f"payment_terms:{text}",
        )
    return {field: key_ref(books.entry_key(term_key(text, days)))}


def term_key(name: str, days: int) -> str:
    """The key of the terms of a name that want the money in so many days."""
    return f"{PREFIX}{days}/{shorten(clean(name, ''), NAME_LENGTH)}"


def build_term(key: str, books: Books) -> Draft:
    """The Term that a key stands for; QBO takes a document's due day from it only where we state none."""
    days, _, name = key.removeprefix(PREFIX).partition("/")
    return finish(
        key=key,
        entity="Term",
        payload={"Name": name, "Type": "STANDARD", "DueDays": int(days)},
        business_date=None,
        amount=ZERO,
        currency=books.home_currency,
    )
