"""The form of a fingerprint, as it is stored with what was posted.

It is compared with QBO's answers years later: in another form everything that was posted would look as if somebody had
changed it. The digests are written out for that reason.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbo_pipeline.posting.content import (
    STATED,
    agrees,
    amount,
    counts_for_nothing,
    differences,
    fingerprint,
    is_voided,
    item_ids,
    stated,
)
from qbo_pipeline.quickbooks.shapes import OddShape
from qbo_pipeline_tests.posting.test_content import (
    BILL_PAYMENT,
    INVOICE,
    ITEM,
    JOURNAL,
    PAYMENT,
    TAX_LINE,
    expense_line,
    item_line,
    line,
    reference,
)

NIL_TAX = {"Amount": 0, "TaxLineDetail": {"TaxRateRef": reference("5")}}
RICH = INVOICE | {
    "TotalAmt": 25, "GlobalTaxCalculation": "TaxExcluded", "ARAccountRef": reference("9"),
    "TxnTaxDetail": {"TotalTax": 5, "TaxLine": [TAX_LINE, NIL_TAX]},
    "Line": [
        item_line(ClassRef=reference("1"), DepartmentRef=reference("8")),
        expense_line(CustomerRef=reference("2")),
        {"DetailType": "DescriptionOnly", "Description": "thank you"},
    ],
}  # fmt: skip
COUNT = {
    "AdjustAccountRef": reference("4"),
    "Line": [line("ItemAdjustmentLineDetail", "0", ItemRef=reference("3"), QtyDiff=-2)],
}
LINKS = [{"TxnId": "8", "TxnType": "Invoice"}, {"TxnId": "7", "TxnType": "Invoice"}]
ALWAYS = ["exchange rate=1", "tax=0.00"]
WHOLE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("Invoice", RICH, [
        "date=2026-03-02", "customer=5", "receivable account=9", "location=8", "total=25.00", "deposit taken=0.00",
        "currency=EUR", "exchange rate=1.25", "tax method=TaxExcluded", "tax=5.00",
        "tax lines=4e06facb85b876940401f795995fabfb",
        "lines=5f11d75717cf3aae84f9fbefd9f8733a", "tax codes of lines=e1d51f3a14c52fef4265c54f9c1301b8",
        "quantities of lines=52193fe2547fd981d05a013a55319f42",
        "classes of lines=5b9160e47764fb8b8936458431340476", "locations of lines=2bb297573883e4e57aa9d70dc4851f75",
        "names on lines=f736bac8aefb8b44c912325e76b37eaf",
    ]),
    ("Payment", PAYMENT, [
        "date=2026-03-02", "customer=5", "deposit account=35", "total=120.00", *ALWAYS,
        "lines=bac14921761cd0a379435bd8e68d8487", "tax codes of lines=none",
    ]),
    ("BillPayment", BILL_PAYMENT, [
        "date=2026-03-02", "vendor=5", "payable account=6", "bank account=35", "total=90.00", *ALWAYS,
        "lines=bac14921761cd0a379435bd8e68d8487", "tax codes of lines=none",
    ]),
    ("JournalEntry", JOURNAL, [
        "date=2026-03-02", *ALWAYS, "lines=7b810861f31e16adae72bb06b37bf536", "tax codes of lines=none",
    ]),
    ("InventoryAdjustment", COUNT, [
        "date=", "adjustment account=4", "total=0.00", *ALWAYS, "lines=0574ec63b72244651778444a68a74532",
        "tax codes of lines=none",
    ]),
    ("Invoice", {}, [
        "date=", "total=0.00", "deposit taken=0.00", *ALWAYS, "lines=e3b0c44298fc1c149afbf4c8996fb924",
        "tax codes of lines=none",
    ]),
    ("Transfer", {"Amount": 5, "FromAccountRef": reference("1"), "ToAccountRef": reference("2")}, [
        "date=", "account from=1", "account to=2", "total=5.00", *ALWAYS,
        "lines=e3b0c44298fc1c149afbf4c8996fb924", "tax codes of lines=none",
    ]),
    ("Payment", {"Line": [{"LinkedTxn": LINKS}]}, [
        "date=", "total=0.00", *ALWAYS, "lines=5c985ff1d24cdd5c5f99120618be8d6a", "tax codes of lines=none",
    ]),
    ("Bill", {"TxnTaxDetail": {"TaxLine": [{"Amount": 2}]}}, [
        "date=", "total=0.00", *ALWAYS, "tax lines=7b97ad93975a39ce81f538610c796930",
        "lines=e3b0c44298fc1c149afbf4c8996fb924", "tax codes of lines=none",
    ]),
    ("Item", ITEM, ["name=a04bd35be16789649a70cf2e6712d8e7", "type=Service", "income account=1", "parent=none"]),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "thing", "facts"), WHOLE, ids=[f"{n}-{r[0]}" for n, r in enumerate(WHOLE)])
def test_the_form_of_a_fingerprint_stays(entity: str, thing: dict[str, Any], facts: list[str]) -> None:
    assert fingerprint(entity, thing).split("\n") == facts


def test_a_payload_states_only_what_it_says() -> None:
    assert stated("Invoice", {}) == STATED
    left_out = {*ALWAYS, "tax codes of lines=none"}
    for entity, thing, facts in WHOLE[1:4]:
        assert stated(entity, thing).split("\n") == [STATED, *(fact for fact in facts if fact not in left_out)]
    said = {"ExchangeRate": 1, "TxnTaxDetail": {"TotalTax": 0}, "Line": [item_line()]}
    names = [fact.partition("=")[0] for fact in stated("Invoice", said).split("\n")[1:]]
    assert names == ["exchange rate", "tax", "lines", "tax codes of lines"]


def test_everything_that_is_stated_may_be_all_that_is_there() -> None:
    assert agrees(f"{STATED}\na=1\nb=2", "b=2\na=1")
    assert agrees(f"{STATED}\na=1", "b=2\na=1")
    assert not agrees(f"{STATED}\na=1\nb=2", "a=1")
    assert not agrees("a=1", "a=1\nb=2")


@pytest.mark.parametrize(
    ("entity", "thing", "later"),
    [
        ("Invoice", RICH, {"deposit taken", "quantities of lines"}),
        ("Item", ITEM | {"ParentRef": reference("7")}, {"parent"}),
    ],
)
def test_a_fingerprint_of_before_says_nothing_about_facts_that_it_has_no_word_of(
    entity: str, thing: dict[str, Any], later: set[str]
) -> None:
    """What was posted by an earlier version is not taken for changed; once it is compared it is of the present form."""
    seen = fingerprint(entity, thing)
    earlier = "\n".join(fact for fact in seen.split("\n") if fact.partition("=")[0] not in later)
    assert earlier != seen
    assert agrees(earlier, seen)
    assert differences(earlier, seen) == []
    assert not agrees(seen, earlier)
    assert not agrees(earlier.replace("=", "=x", 1), seen)


def test_differences_name_what_is_missed_on_either_side() -> None:
    assert differences("total=1.00\nlocation=2", "total=2.00\nclass=3") == [
        "total 1.00 → 2.00", "location 2 → none", "class none → 3",
    ]  # fmt: skip
    assert differences(f"{STATED}\ntotal=1.00", "total=1.00\nclass=3") == []
    assert differences("tax method=a=b", "tax method=a=c") == ["tax method a=b → a=c"]


@pytest.mark.parametrize("nothing", ["lines", "tax lines", "name", "tax codes of lines", "classes of lines",
                                     "locations of lines", "names on lines", "quantities of lines"])  # fmt: skip
def test_what_is_digested_is_named_without_its_digest(nothing: str) -> None:
    assert differences(f"{nothing}=1f", f"{nothing}=2f") == [nothing]


@pytest.mark.parametrize(
    ("value", "text"), [(5, "5.00"), (5.0, "5.00"), ("5.00", "5.00"), (Decimal("-0.5"), "-0.50"), (10**20 - 1, None)]
)
def test_an_amount_has_two_decimals(value: Any, text: str | None) -> None:
    assert amount(value) == (text or "99999999999999999999.00")


@pytest.mark.parametrize("value", [10**20, -(10**20)])
def test_what_no_books_can_hold_is_odd(value: int) -> None:
    with pytest.raises(OddShape, match=r"^an amount holds -?1000.* instead of an amount that books can hold$"):
        amount(value)
    with pytest.raises(OddShape, match=r"^Qty holds -?1000.* instead of a quantity$"):
        fingerprint("Invoice", INVOICE | {"Line": [item_line(Qty=value)]})
    with pytest.raises(OddShape, match=r"^ExchangeRate holds -?1000.* instead of a rate$"):
        fingerprint("Invoice", {"ExchangeRate": value})
    with pytest.raises(OddShape, match=r"^an amount holds 'ten' instead of a number$"):
        amount("ten")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"ExchangeRate": "x"}, "ExchangeRate holds 'x' instead of a number"),
        ({"TxnTaxDetail": 5}, "TxnTaxDetail holds 5 instead of an object"),
        ({"TxnTaxDetail": {"TaxLine": 5}}, "TaxLine holds 5 instead of a list of objects"),
        ({"TxnTaxDetail": {"TaxLine": [{"TaxLineDetail": 5}]}}, "TaxLineDetail holds 5 instead of an object"),
        ({"Line": 5}, "Line holds 5 instead of a list of objects"),
        ({"Line": [{"DetailType": "X", "X": 5}]}, "X holds 5 instead of an object"),
        ({"Line": [{"DetailType": "X", "X": {"Entity": 5}}]}, "Entity holds 5 instead of an object"),
        ({"Line": [{"DetailType": "X", "X": {"QtyDiff": "x"}}]}, "QtyDiff holds 'x' instead of a number"),
        ({"CheckPayment": 5}, "CheckPayment holds 5 instead of an object"),
    ],
)
def test_an_answer_of_an_odd_shape_is_named_where_it_is_odd(spoil: dict[str, Any], words: str) -> None:
    with pytest.raises(OddShape) as caught:
        fingerprint("Invoice", spoil)
    assert str(caught.value) == words


def test_the_links_of_a_payments_line_are_told_without_their_order() -> None:
    def paying(*links: dict[str, str]) -> str:
        return fingerprint("Payment", PAYMENT | {"Line": [{"Amount": 1, "LinkedTxn": list(links)}]})

    one, two = {"TxnId": "7", "TxnType": "Invoice"}, {"TxnId": "8", "TxnType": "Invoice"}
    assert paying(one, two) == paying(two, one) != paying(one)
    with pytest.raises(OddShape, match=r"^LinkedTxn holds"):
        fingerprint("Payment", PAYMENT | {"Line": [{"LinkedTxn": "7"}]})


def test_a_rate_is_what_qbo_rounds_it_to() -> None:
    def rate(value: Any) -> list[str]:
        facts = fingerprint("Invoice", {"ExchangeRate": value, "CurrencyRef": reference("EUR")}).split("\n")
        return [fact for fact in facts if fact.startswith(("exchange", "currency"))]

    assert rate(Decimal("1.23456749")) == ["currency=EUR", "exchange rate=1.234567"]
    assert rate("100.50") == ["currency=EUR", "exchange rate=100.5"]
    assert rate(100) == ["currency=EUR", "exchange rate=100"]
    assert rate(2) == ["currency=EUR", "exchange rate=2"]
    assert rate(1) == rate(1.0) == rate("1.0000001") == rate(None) == ["exchange rate=1"]


@pytest.mark.parametrize(
    ("thing", "voided"),
    [
        ({"TotalAmt": 0, "Balance": 0, "PrivateNote": "Voided"}, True),
        ({"PrivateNote": "Voided - 12"}, True),
        ({"TotalAmt": 0, "Balance": 1, "PrivateNote": "Voided"}, False),
        ({"TotalAmt": 1, "Balance": 0, "PrivateNote": "Voided"}, False),
        ({"TotalAmt": "x", "PrivateNote": "Voided"}, False),
        ({"TotalAmt": 0, "PrivateNote": "was Voided"}, False),
        ({"TotalAmt": 0, "PrivateNote": None}, False),
        ({"TotalAmt": 0}, False),
    ],
)
def test_an_object_is_voided_where_all_is_nil_and_the_note_says_so(thing: dict[str, Any], voided: bool) -> None:
    assert is_voided(thing) is voided


def test_lines_that_qbo_computes_are_passed_over_wherever_they_stand() -> None:
    first = {"Line": [{"DetailType": "SubTotalLineDetail", "Amount": 25}, *RICH["Line"]]}
    assert fingerprint("Invoice", RICH | first) == fingerprint("Invoice", RICH)


@pytest.mark.parametrize(
    ("given", "text"), [("8", "8"), (reference("8"), "8"), ({"value": " 8  a "}, "8 a"), ({"name": "North"}, "")]
)
def test_a_reference_is_its_id_without_stray_spaces(given: Any, text: str) -> None:
    assert f"location={text}" in fingerprint("Invoice", {"DepartmentRef": given}).split("\n")


def test_items_are_found_on_lines_and_inside_groups() -> None:
    group = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"Line": [item_line(ItemRef=reference("9"))]}}
    assert item_ids({"Line": [item_line(), expense_line(), group]}) == {"3", "9"}
    assert item_ids({}) == set()


VOID = {"TotalAmt": 0, "Balance": 0, "PrivateNote": "Voided"}


@pytest.mark.parametrize(
    ("thing", "nothing"),
    [
        (VOID | {"Line": [{"Amount": 0}, {"Amount": "0.00"}, {"DetailType": "DescriptionOnly"}]}, True),
        (VOID, True),
        (VOID | {"Line": [{"Amount": 0}, {"Amount": 1}]}, False),
        (VOID | {"Line": [{"Amount": -1}, {"Amount": 1}]}, False),
        (VOID | {"Line": "none"}, False),
        (VOID | {"Line": [{"Amount": "none"}]}, False),
        ({"Line": [{"Amount": 0}], "PrivateNote": "thanks"}, False),
        (VOID | {"TotalAmt": 1}, False),
    ],
)
def test_an_object_counts_for_nothing_where_it_is_voided_and_no_line_has_an_amount(
    thing: dict[str, Any], nothing: bool
) -> None:
    assert counts_for_nothing(thing) is nothing
