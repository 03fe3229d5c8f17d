"""Names of customers and vendors, unique over both; and locations, which are not posted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.accounting.parties import build_party
from qbo_pipeline.inventory.records import Location, Party
from qbo_pipeline_tests.accounting.company import books, draft, excluded, refused


def party(kind: str, party_id: str, name: str, number: str | None = None, **changes: str) -> Party:
    return Party(kind=kind, party_id=party_id, name=name, number=number, **changes)


def names(*parties: Party) -> list[str]:
    in_books = books(*parties)
    return [draft(one, in_books).payload["DisplayName"] for one in parties]


NAMES = [
    ("alone", [party("customer", "1", "Acme")], ["Acme"]),
    ("cleaned", [party("customer", "1", " Acme:\tB\n\u2028 C ")], ["Acme B C"]),
    ("both", [party("customer", "1", "Acme"), party("supplier", "1", "Acme")], ["Acme", "Acme (Supplier)"]),
    ("both, by case", [party("customer", "1", "ACME"), party("supplier", "1", "Acme")], ["ACME", "Acme (Supplier)"]),
    (
        "two of a kind, told apart by number",
        [party("customer", "1", "Acme", "K1"), party("customer", "2", "Acme", "K2")],
        ["Acme [K1]", "Acme [K2]"],
    ),
    (
        "two of a kind with one number",
        [party("customer", "1", "Acme", "K1"), party("customer", "2", "Acme", "K1")],
        ["Acme [1]", "Acme [2]"],
    ),
    (
        "two suppliers and a customer",
        [party("supplier", "1", "Acme", "L1"), party("supplier", "2", "Acme", "L2"), party("customer", "3", "Acme")],
        ["Acme (Supplier) [L1]", "Acme (Supplier) [L2]", "Acme"],
    ),
    (
        "numbers that capitals alone tell apart",
        [party("customer", "1", "Acme", "K1"), party("customer", "2", "ACME", "k1")],
        ["Acme [1]", "ACME [2]"],
    ),
    (
        "numbers that a colon alone tells apart",
        [party("customer", "1", "Acme", "K:1"), party("customer", "2", "Acme", "K 1")],
        ["Acme [1]", "Acme [2]"],
    ),
    (
        "ids that capitals alone tell apart",
        [party("customer", "ab", "Acme"), party("customer", "AB", "Acme"), party("customer", "c", "Acme")],
        ["Acme [ab fb8e20fc]", "Acme [AB 38164fbd]", "Acme [c]"],
    ),
    (
        "a customer and suppliers whose ids capitals alone tell apart",
        [party("supplier", "ab", "Acme"), party("supplier", "AB", "Acme"), party("customer", "1", "Acme")],
        ["Acme (Supplier) [ab fb8e20fc]", "Acme (Supplier) [AB 38164fbd]", "Acme"],
    ),
    ("nothing left of it", [party("customer", "1", " : ", "K1")], ["K1"]),
]


@pytest.mark.parametrize(("parties", "expected"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_display_names(parties: list[Party], expected: list[str]) -> None:
    assert names(*parties) == expected


few_words = st.sampled_from(["A", "a", "B", "A:"])
few_numbers = st.sampled_from(["1", "k", "K", "k:", None])


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["customer", "supplier"]), st.sampled_from(["1", "k", "K", "2"])),
        st.tuples(few_words, few_numbers),
        min_size=2,
        max_size=8,
    )
)
@settings(max_examples=50, deadline=None)
def test_whoever_they_are_no_two_have_one_name(parties: dict[tuple[str, str], tuple[str, str | None]]) -> None:
    shown = [name.casefold() for name in names(*(party(*who, *called) for who, called in parties.items()))]
    assert len(set(shown)) == len(shown)


def test_long_names_stay_different_and_keep_their_suffix() -> None:
    long = "x" * 600
    shown = names(
        party("customer", "1", long + "a"), party("customer", "2", long + "b"), party("supplier", "1", long + "a")
    )
    assert len(set(shown)) == 3
    assert [len(name) for name in shown] == [500, 500, 500]
    assert shown[2].endswith(" (Supplier)")


def test_a_vendor_has_its_number_and_currency() -> None:
    in_books: Books = books(policies={"multicurrency": True})
    made = draft(party("supplier", "5", "Tee GmbH", "L5", currency="EUR", email="tee@example.com"), in_books)
    assert made.payload == {
        "DisplayName": "Tee GmbH",
        "CompanyName": "Tee GmbH",
        "PrimaryEmailAddr": {"Address": "tee@example.com"},
        "AcctNum": "L5",
        "CurrencyRef": {"value": "EUR"},
    }
    assert (made.entity, made.key, made.business_date) == ("Vendor", "party/supplier:5", None)


def test_an_e_mail_that_is_none_is_kept_in_the_notes() -> None:
    made = draft(party("customer", "5", "Tee", email="ask Jo"), books())
    assert made.payload["Notes"] == "E-mail in the source: ask Jo"
    assert "PrimaryEmailAddr" not in made.payload


def test_locations_are_not_posted() -> None:
    assert excluded(Location(location_id="east", name="East"), books()).rule == "location_not_posted"


def test_a_supplier_gives_way_to_a_customer_who_is_called_like_its_name_with_the_suffix() -> None:
    ann = Party(party_id="c1", kind="customer", number=None, name="Ann")
    named = Party(party_id="c2", kind="customer", number=None, name="Ann (Supplier)")
    supplier = Party(party_id="s1", kind="supplier", number=None, name="ANN")
    known = books(ann, named, supplier)
    names = [build_party(party, known).payload["DisplayName"] for party in (ann, named, supplier)]
    assert names == ["Ann", "Ann (Supplier)", "ANN (Supplier) [s1]"]


BRANCH = party("customer", "2", "Branch", parent_id="1")
HEAD = party("customer", "1", "Head office")


def test_where_a_party_is_reached() -> None:
    full = party(
        "supplier", "1", "Leaf", phone=" +1 555\t0100 ", address="1 Wharf Rd\n\nUnit 2\n3\n4\n5\n6", city="Bath",
        region="Somerset", postal_code="BA1", country="UK",
    )  # fmt: skip
    payload = draft(full, books(full)).payload
    assert payload["PrimaryPhone"] == {"FreeFormNumber": "+1 555 0100"}
    assert payload["BillAddr"] == {
        "Line1": "1 Wharf Rd", "Line2": "Unit 2", "Line3": "3", "Line4": "4", "Line5": "5", "City": "Bath",
        "CountrySubDivisionCode": "Somerset", "PostalCode": "BA1", "Country": "UK",
    }  # fmt: skip


def test_a_source_that_says_nothing_of_it_changes_no_payload() -> None:
    plain = party("customer", "1", "Acme")
    assert draft(plain, books(plain)).payload == {"DisplayName": "Acme", "CompanyName": "Acme"}


def test_a_branch_stands_below_its_head_office_where_policy_keeps_it() -> None:
    made = draft(BRANCH, books(BRANCH, HEAD))
    assert (made.payload["Job"], made.payload["ParentRef"]) == (True, {"value": "$party/customer:1"})
    assert made.depends_on == ("party/customer:1",)
    flat = draft(BRANCH, books(BRANCH, HEAD, policies={"sub_customers": "flattened"}))
    assert "ParentRef" not in flat.payload
    assert "Job" not in flat.payload


def test_a_supplier_has_no_parent() -> None:
    supplier = party("supplier", "2", "Branch", parent_id="1")
    assert "ParentRef" not in draft(supplier, books(supplier, HEAD)).payload


def chain(length: int) -> list[Party]:
    """Customers below one another; the first is at the top."""
    top = party("customer", "c1", "C1")
    return [top, *(party("customer", f"c{n}", f"C{n}", parent_id=f"c{n - 1}") for n in range(2, length + 1))]


def test_five_levels_and_no_more_and_no_ring() -> None:
    assert draft(chain(5)[-1], books(*chain(5))).payload["Job"] is True
    ring = [party("customer", "1", "A", parent_id="2"), party("customer", "2", "B", parent_id="1")]
    for parties in (chain(6), ring):
        answer = refused(parties[-1], books(*parties))
        assert answer.reason == "customer_levels"
        assert "flattened" in answer.message


def test_an_unknown_head_office_and_one_in_another_currency_are_refused() -> None:
    assert refused(BRANCH, books(BRANCH)).reason == "unknown_party"
    euro = party("customer", "1", "Head office", currency="EUR")
    in_books = books(BRANCH, euro, policies={"multicurrency": True})
    assert refused(BRANCH, in_books).reason == "party_currency"
