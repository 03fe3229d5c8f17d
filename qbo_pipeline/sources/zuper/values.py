"""What is peculiar to the values of Zuper's objects: things that stand for themselves or by their uid, amounts, names.

What belongs here: one function for each kind of value. What all systems have in common is in `landed/values.py`.
"""

from __future__ import annotations

from decimal import Decimal

from qbo_pipeline.inventory.records import decimal_text
from qbo_pipeline.sources.landed.values import Object, amount, cents, exact, key, part, text


def uid(source: Object, *names: str) -> str | None:
    """A uid in the one way that it is written."""
    return key(source, *names)


def behind(source: Object, name: str, uid_name: str) -> str | None:
    """The uid of the thing in a field, which is an object or the uid alone."""
    found = source.get(name)
    return uid(part(source, name), uid_name) if isinstance(found, dict) else uid(source, name)


def money(source: Object, *names: str) -> str | None:
    """An amount, rounded half up to cents; as it came where it is no number."""
    number = exact(source, *names)
    return amount(source, *names) if number is None else decimal_text(cents(number))


def line_net(line: Object) -> str | None:
    """A line before tax: its own total, or price times quantity less its discount."""
    if amount(line, "total") is not None:
        return money(line, "total")
    price, quantity = exact(line, "unit_price"), exact(line, "quantity")
    if price is None or quantity is None:
        return amount(line, "unit_price")
    whole, discount = price * quantity, exact(line, "discount") or Decimal(0)
    in_percent = text(line, "discount_type") == "PERCENTAGE"
    return decimal_text(cents(whole - (whole * discount / 100 if in_percent else discount)))


def numbered(source: Object, *names: str) -> str | None:
    """A number with its prefix, as people see it."""
    found = text(source, *names)
    return None if found is None else f"{text(source, 'prefix') or ''}{found}"


def person(source: Object) -> str | None:
    """Whom an entry of the customers stands for: a person, or a company, or at least an address."""
    names = [found for name in ("customer_first_name", "customer_last_name") if (found := text(source, name))]
    return " ".join(names) or text(source, "customer_company_name", "customer_email")


def is_stocked(product: Object) -> bool:
    """Whether quantities of a product are kept."""
    return product.get("track_quantity") is True
