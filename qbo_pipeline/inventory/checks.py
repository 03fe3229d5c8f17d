"""Rules across columns and across frames: what a header and its lines must say together.

What belongs here: one function for each kind of record, vectorised over the frames of a batch. Rules about one
column are in `schemas.py`. A row whose values are missing breaks no rule here: the schema has named it already.

Two rules warn and do not set aside, because real stock ledgers break them lawfully: a quantity against its kind (the
reversal of a shipment comes back in) and a value against its quantity (a negative average cost).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pandas as pd

from qbo_pipeline.inventory.findings import Finding
from qbo_pipeline.inventory.records import decimal_text

Known = Mapping[str, frozenset[str]]
"""The ids that exist among those that a batch refers to, by what they are: `customer supplier product location
document movement_line`."""

TAX_ROUNDING = Decimal("0.005")
"""Source systems round the tax of each line and of the whole document by themselves: half a unit of the smallest
coin for each of them."""

ROUNDING_OF_AN_ENTRY = Decimal("0.05")
"""What an assembly's parts may differ from the product made of them (accounting rule: cents left over)."""

PARTY_OF = {
    "sales_invoice": "customer",
    "sales_credit": "customer",
    "quote": "customer",
    "sales_receipt": "customer",
    "sales_refund": "customer",
    "bill": "supplier",
    "purchase_credit": "supplier",
    "purchase_order": "supplier",
    "receipt": "supplier",
    "supplier_return": "supplier",
    "shipment": "customer",
    "customer_return": "customer",
    "payment_received": "customer",
    "payment_made": "supplier",
}
IN, OUT = 1, -1
DIRECTION_OF = {
    "receipt": IN,
    "customer_return": IN,
    "opening": IN,
    "shipment": OUT,
    "supplier_return": OUT,
    "write_off": OUT,
    "production_issue": OUT,
    "production_receipt": IN,
    "transfer_out": OUT,
    "transfer_in": IN,
}
VALUE_ALONE = ("revaluation", "landed_cost", "write_down")
ABSORBED = {
    "labour": "absorbed labour",
    "overhead": "absorbed overhead",
    "supplier_cost": "a supplier's cost",
    "waste": "waste",
}


def document_findings(
    documents: pd.DataFrame, lines: pd.DataFrame, matches: pd.DataFrame, known: Known
) -> list[Finding]:
    """What documents, their lines and their matches with receipts break together."""
    return [
        *_total(documents),
        *_net_of_lines(documents, lines),
        *_tax_of_lines(documents, lines),
        *_parties("documents", documents, known),
        *_references("documents", documents, "location_id", "location", known),
        *_references("document_lines", lines, "product_id", "product", known),
        *_references("document_lines", lines, "location_id", "location", known),
        *_repeated("document_lines", lines, documents, "document_id", "business_date", "line_date"),
        *_matched_lines(lines, matches),
        *_references("bill_matches", matches, "movement_line_id", "movement_line", known),
    ]


def movement_findings(movements: pd.DataFrame, lines: pd.DataFrame, known: Known) -> list[Finding]:
    """What movements and their lines break together."""
    kinds = _of_header(lines, movements, "movement_id", "kind")
    return [
        *_without_lines(movements, lines),
        *_parties("movements", movements, known),
        *_stock_lines(lines),
        *_references("movement_lines", lines, "product_id", "product", known),
        *_references("movement_lines", lines, "location_id", "location", known),
        *_repeated("movement_lines", lines, movements, "movement_id", "business_date", "line_date"),
        *_repeated("movement_lines", lines, movements, "movement_id", "currency", "line_currency"),
        *_value_alone(lines, kinds),
        *_labour(lines),
        *_transfers(movements, lines),
        *_assemblies(movements, lines),
        *_against_its_kind(lines, kinds),
        *_against_its_quantity(lines),
    ]


def payment_findings(payments: pd.DataFrame, allocations: pd.DataFrame, known: Known) -> list[Finding]:
    """What payments and their allocations break together."""
    return [
        *_parties("payments", payments, known),
        *_over_allocated(payments, allocations),
        *_references("payment_allocations", allocations, "document_id", "document", known),
        *_repeated("payment_allocations", allocations, payments, "payment_id", "business_date", "line_date"),
    ]


def _total(documents: pd.DataFrame) -> Iterator[Finding]:
    wrong = documents["net_amount"] + documents["tax_amount"] != documents["total_amount"]
    for row in _rows(wrong):
        net, tax, total = (documents.at[row, name] for name in ("net_amount", "tax_amount", "total_amount"))
        yield Finding(
            "documents", row, "total", "total_amount", decimal_text(total),
            f"total_amount is {decimal_text(total)}, but net_amount {decimal_text(net)} and tax_amount "
            f"{decimal_text(tax)} make {decimal_text(net + tax)}",
        )  # fmt: skip


def _net_of_lines(documents: pd.DataFrame, lines: pd.DataFrame) -> Iterator[Finding]:
    sums = _sums(documents, lines, "document_id", "net_amount")
    for row in _rows(sums != documents["net_amount"]):
        net = documents.at[row, "net_amount"]
        count = int((lines["document_id"] == documents.at[row, "document_id"]).sum())
        yield Finding(
            "documents", row, "lines_net", "net_amount", decimal_text(net),
            f"net_amount is {decimal_text(net)}, but its {count} lines add up to {decimal_text(sums.at[row])}: "
            f"{decimal_text(net - sums.at[row])} is missing",
        )  # fmt: skip


def _tax_of_lines(documents: pd.DataFrame, lines: pd.DataFrame) -> Iterator[Finding]:
    """A source that keeps tax only for the whole document has no tax on any line, and breaks nothing."""
    taxed = lines[(lines["tax_amount"] != 0).fillna(False).astype(bool)]
    sums = _sums(documents, taxed, "document_id", "tax_amount")
    counts = taxed.groupby("document_id").size()
    for row in _rows((sums != documents["tax_amount"]) & documents["document_id"].isin(counts.index)):
        tax, total = documents.at[row, "tax_amount"], sums.at[row]
        allowed = TAX_ROUNDING * (int(counts[documents.at[row, "document_id"]]) + 1)
        if abs(tax - total) > allowed:
            yield Finding(
                "documents", row, "lines_tax", "tax_amount", decimal_text(tax),
                f"tax_amount is {decimal_text(tax)}, but the lines' tax adds up to {decimal_text(total)}; "
                f"rounding allows {decimal_text(allowed)}",
            )  # fmt: skip


def _matched_lines(lines: pd.DataFrame, matches: pd.DataFrame) -> Iterator[Finding]:
    own = set(zip(lines["document_id"], lines["line_id"], strict=True))
    for row, pair in enumerate(zip(matches["document_id"], matches["line_id"], strict=True)):
        if pair not in own and not pd.isna(pair[1]):
            yield Finding(
                "bill_matches", row, "reference", "line_id", str(pair[1]),
                f"line_id {pair[1]!r} is no line of document {pair[0]!r}",
            )  # fmt: skip


def _without_lines(movements: pd.DataFrame, lines: pd.DataFrame) -> Iterator[Finding]:
    """A stock count that found nothing to correct has no lines, lawfully."""
    empty = ~movements["movement_id"].isin(lines["movement_id"]) & (movements["kind"] != "stock_count")
    for row in _rows(empty):
        identity = str(movements.at[row, "movement_id"])
        yield Finding(
            "movements", row, "no_lines", "movement_id", identity,
            "the movement has no line, so it says nothing of what moved",
        )  # fmt: skip


def _stock_lines(lines: pd.DataFrame) -> Iterator[Finding]:
    stock = lines["role"] == "stock"
    for column in ("product_id", "location_id"):
        for row in _rows(stock & lines[column].isna()):
            message = f"{column} is empty; a line of stock needs it"
            yield Finding("movement_lines", row, "required", column, None, message)


def _value_alone(lines: pd.DataFrame, kinds: pd.Series) -> Iterator[Finding]:
    for row in _rows(kinds.isin(VALUE_ALONE) & (lines["quantity"] != 0)):
        quantity = lines.at[row, "quantity"]
        yield Finding(
            "movement_lines", row, "value_alone", "quantity", decimal_text(quantity),
            f"a {kinds.at[row]} changes value alone, but quantity is {decimal_text(quantity)}",
        )  # fmt: skip


def _labour(lines: pd.DataFrame) -> Iterator[Finding]:
    """Costs without stock are positive, and only stock has a quantity."""
    for role, words in ABSORBED.items():
        for row in _rows((lines["role"] == role) & (lines["value"] < 0)):
            value = lines.at[row, "value"]
            message = f"{words} is {decimal_text(value)}; it has to be positive"
            yield Finding("movement_lines", row, "labour", "value", decimal_text(value), message)
    for row in _rows((lines["role"] != "stock") & (lines["quantity"] != 0)):
        role, quantity = str(lines.at[row, "role"]), lines.at[row, "quantity"]
        message = f"a line of {role.replace('_', ' ')} moves no stock, but quantity is {decimal_text(quantity)}"
        yield Finding("movement_lines", row, "labour", "quantity", decimal_text(quantity), message)


def _transfers(movements: pd.DataFrame, lines: pd.DataFrame) -> Iterator[Finding]:
    own = lines[lines["movement_id"].isin(movements.loc[movements["kind"] == "transfer", "movement_id"])]
    by_product = own.groupby(["movement_id", "product_id"])["quantity"].sum()
    lost = by_product[(by_product != 0).fillna(False).astype(bool)].reset_index().drop_duplicates("movement_id")
    unequal = dict(zip(lost["movement_id"], zip(lost["product_id"], lost["quantity"], strict=True), strict=True))
    values = _sums(movements, own, "movement_id", "value")
    transfers = movements["kind"] == "transfer"
    for row in _rows(transfers & (movements["movement_id"].isin(list(unequal)) | (values != 0))):
        identity = movements.at[row, "movement_id"]
        if identity in unequal:
            product, quantity = unequal[identity]
            yield Finding(
                "movements", row, "transfer", "quantity", decimal_text(quantity),
                f"what a transfer takes out it puts in, but of product {product!r} {decimal_text(quantity)} "
                "is left over",
            )  # fmt: skip
        else:
            value = values.at[row]
            yield Finding(
                "movements", row, "transfer", "value", decimal_text(value),
                f"a transfer keeps the value of the stock, but its lines change it by {decimal_text(value)}; deliver "
                "the difference as a revaluation or landed cost",
            )  # fmt: skip


def _assemblies(movements: pd.DataFrame, lines: pd.DataFrame) -> Iterator[Finding]:
    def of(*roles: str) -> pd.Series:
        return _sums(movements, lines[_true(lines["role"].isin(roles))], "movement_id", "value")

    made, absorbed = of("stock", "sold", "waste"), of("labour", "overhead", "supplier_cost")
    for row in _rows((movements["kind"] == "assembly") & (made != absorbed)):
        if abs(made.at[row] - absorbed.at[row]) > ROUNDING_OF_AN_ENTRY:
            yield Finding(
                "movements", row, "assembly", "value", decimal_text(made.at[row]),
                "an assembly adds the labour, overhead and suppliers' work that it absorbs to the stock, but stock "
                f"changes by {decimal_text(made.at[row])} and these are {decimal_text(absorbed.at[row])}",
            )  # fmt: skip


def _against_its_kind(lines: pd.DataFrame, kinds: pd.Series) -> Iterator[Finding]:
    for direction, against in ((IN, lines["quantity"] < 0), (OUT, lines["quantity"] > 0)):
        own = [kind for kind, its in DIRECTION_OF.items() if its == direction]
        for row in _rows(kinds.isin(own) & against):
            quantity = lines.at[row, "quantity"]
            yield Finding(
                "movement_lines", row, "against_its_kind", "quantity", decimal_text(quantity),
                f"a {kinds.at[row]} of {decimal_text(quantity)}: taken as the reversal of one", fatal=False,
            )  # fmt: skip


def _against_its_quantity(lines: pd.DataFrame) -> Iterator[Finding]:
    quantity, value = lines["quantity"], lines["value"]
    for row in _rows(((quantity > 0) & (value < 0)) | ((quantity < 0) & (value > 0))):
        yield Finding(
            "movement_lines", row, "negative_cost", "value", decimal_text(value.at[row]),
            f"quantity {decimal_text(quantity.at[row])} at value {decimal_text(value.at[row])}: "
            "the cost of one is negative",
            fatal=False,
        )  # fmt: skip


def _over_allocated(payments: pd.DataFrame, allocations: pd.DataFrame) -> Iterator[Finding]:
    sums = _sums(payments, allocations, "payment_id", "amount")
    amount = payments["amount"]
    over = ((amount >= 0) & ((sums > amount) | (sums < 0))) | ((amount < 0) & ((sums < amount) | (sums > 0)))
    for row in _rows(over):
        yield Finding(
            "payments", row, "over_allocated", "amount", decimal_text(amount.at[row]),
            f"the payment is {decimal_text(amount.at[row])}, but {decimal_text(sums.at[row])} of it is allocated",
        )  # fmt: skip


def _parties(kind: str, frame: pd.DataFrame, known: Known) -> Iterator[Finding]:
    for side in ("customer", "supplier"):
        kinds = [kind_ for kind_, party in PARTY_OF.items() if party == side]
        rows = frame["kind"].isin(kinds) & frame["party_id"].notna() & ~frame["party_id"].isin(known[side])
        for row in _rows(rows):
            party = str(frame.at[row, "party_id"])
            message = f"party_id {party!r} is no {side} that the source delivers"
            yield Finding(kind, row, "reference", "party_id", party, message)


def _references(kind: str, frame: pd.DataFrame, column: str, what: str, known: Known) -> Iterator[Finding]:
    for row in _rows(frame[column].notna() & ~frame[column].isin(known[what])):
        value = str(frame.at[row, column])
        message = f"{column} {value!r} is no {what.replace('_', ' ')} that the source delivers"
        yield Finding(kind, row, "reference", column, value, message)


def _repeated(
    kind: str, lines: pd.DataFrame, headers: pd.DataFrame, key: str, column: str, rule: str
) -> Iterator[Finding]:
    own = _of_header(lines, headers, key, column)
    for row in _rows(lines[column] != own):
        message = f"the line's {column} is {lines.at[row, column]}, the header's is {own.at[row]}"
        yield Finding(kind, row, rule, column, str(lines.at[row, column]), message)


def _of_header(lines: pd.DataFrame, headers: pd.DataFrame, key: str, column: str) -> pd.Series:
    """The header's value for each line; null where the header is not there."""
    values = headers.drop_duplicates(key).set_index(key)[column]
    return values[values.index.notna()].reindex(lines[key]).set_axis(lines.index)


def _sums(headers: pd.DataFrame, lines: pd.DataFrame, key: str, column: str) -> pd.Series:
    """The sum of a column over each header's lines, exact; zero for a header without lines."""
    sums = lines.groupby(key)[column].sum().reindex(headers[key]).set_axis(headers.index)
    return sums.fillna(Decimal(0))


def _true(mask: pd.Series) -> pd.Series:
    return mask.fillna(False).astype(bool)


def _rows(mask: pd.Series) -> list[int]:
    """The positions at which a rule is broken; what cannot be compared breaks nothing."""
    return [int(row) for row in mask.index[_true(mask)]]
