"""Class and department by level: line, product, category, location, document, party; by QuickBooks' name or Id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qbo_pipeline.inventory.records import Document, Movement, content_hash
from qbo_pipeline_tests.accounting.company import books, document, draft, item, match, movement, refused, stock

IDS = {"of the line": "1", "of the product": "2", "of the category": "3", "of the location": "4",
       "of the document": "5", "of the party": "6"}  # fmt: skip
MAPPED = {"product": "tea", "category": "drinks", "location": "east"}
KNOWN = {(of, name): number for of in ("class", "department") for name, number in IDS.items()}
KNOWN |= {(of, name): "77" for of in ("class", "department") for name in ("east:north", "id:77")}
FIELDS = {"class": "class_", "department": "department"}
LEVELS = tuple(name.removeprefix("of the ") for name in IDS)
RECORDS = {
    "Invoice": document("sales_invoice", item("tea", 2, "5", "10")),
    "Bill": document("bill", item("tea", 2, "5", "10"), reference="R1"),
    "Receipt": movement("receipt", stock("tea", 2, "10"), party_id="9"),
}


def dimensions(payload: dict[str, Any], dimension: str) -> list[str | None]:
    """The Ids of the lines; those of a form's department, which is the form's, in its place."""
    name = f"{dimension.capitalize()}Ref"
    if dimension == "department" and "JournalEntryLineDetail" not in payload["Line"][0]:
        return [payload.get(name, {}).get("value")]
    return [line[line["DetailType"]].get(name, {}).get("value") for line in payload["Line"]]


def with_levels(record: Document | Movement, dimension: str, levels: tuple[str, ...]) -> tuple[Any, Any]:
    """The record and the books in which these levels say something."""
    field = FIELDS[dimension]
    if "document" in levels:
        record = replace(record, **{field: "of the document"})
    line = replace(record.lines[0], location_id="east", **({field: "of the line"} if "line" in levels else {}))
    kind = "customer" if isinstance(record, Document) and record.kind == "sales_invoice" else "supplier"
    values = MAPPED | {"party": f"{kind}:{record.party_id}"}
    mapped = {(dimension, level, values[level]): IDS[f"of the {level}"] for level in levels if level in values}
    return replace(record, lines=(line,)), books(overrides=mapped, dimensions=KNOWN)  # type: ignore[arg-type]


@pytest.mark.parametrize("first", range(len(LEVELS)), ids=LEVELS)
@pytest.mark.parametrize("dimension", FIELDS)
@pytest.mark.parametrize("form", RECORDS)
def test_the_first_level_that_says_something_counts(form: str, dimension: str, first: int) -> None:
    levels = LEVELS[first:]
    if dimension == "department" and form != "Receipt":  # the form's own: it has no product, nor its lines' location
        levels = tuple(level for level in levels if level not in ("product", "category", "location"))
    record, known = with_levels(RECORDS[form], dimension, levels)
    found = dimensions(draft(record, known).payload, dimension)
    assert set(found) == {IDS[f"of the {levels[0]}"]}


@pytest.mark.parametrize("name", ["East:North", " east:north ", "id:77", "ID:77"])
def test_a_source_names_them_as_quickbooks_does_or_by_id(name: str) -> None:
    sold = document("sales_invoice", item("tea", 1, "5", "5", class_=name, department=name))
    payload = draft(sold, books(dimensions=KNOWN)).payload
    assert dimensions(payload, "class") == dimensions(payload, "department") == ["77"]


@pytest.mark.parametrize("dimension", FIELDS)
@pytest.mark.parametrize("level", ["line", "document"])
@pytest.mark.parametrize("form", RECORDS)
def test_a_name_that_quickbooks_does_not_have_is_refused_in_plain_words(form: str, level: str, dimension: str) -> None:
    record: Any = RECORDS[form]
    says: dict[str, Any] = {FIELDS[dimension]: "Mars"}
    record = replace(record, **(says if level == "document" else {"lines": (replace(record.lines[0], **says),)}))
    found = refused(record, books(dimensions=KNOWN))
    assert (found.reason, found.field) == (f"unknown_{dimension}", f"{dimension}:Mars")
    assert f"names the {dimension} 'Mars', which QuickBooks does not have" in found.message


def test_a_form_has_one_department() -> None:
    two = [item("tea", 1, "5", "5", department=name) for name in ("of the line", "of the party")]
    known = books(dimensions=KNOWN)
    several = refused(document("sales_invoice", *two), known)
    assert several.reason == "several_departments"
    assert "'of the line', 'of the party'" in several.message
    told = document("sales_invoice", *two, department="of the document")
    assert draft(told, known).payload["DepartmentRef"]["value"] == IDS["of the document"]
    one = document("sales_invoice", two[0], item("cup", 1, "5", "5"), department="of the document")
    assert draft(one, known).payload["DepartmentRef"]["value"] == IDS["of the line"]


def test_a_bill_that_clears_a_receipt_keeps_the_class_of_its_own_line() -> None:
    came = movement("receipt", stock("tea", 2, "9"))
    billed = document("bill", item("tea", 2, "5", "10", class_="of the line"), matches=(match(1, "receipt", 1, 2),))
    payload = draft(billed, books(came, dimensions=KNOWN)).payload
    assert len(payload["Line"]) == 2  # what it clears, and the price difference
    assert set(dimensions(payload, "class")) == {IDS["of the line"]}


def test_a_stored_record_that_names_none_keeps_its_hash() -> None:
    """The hashes are those of the version before the columns came: no posted document looks changed by them."""
    assert (
        content_hash(RECORDS["Invoice"].to_content())
        == "abde9e3cd10379b13b40a16c7d4f525b73a0d50ab2760560b89dc6cb4b24e380"
    )
    assert (
        content_hash(RECORDS["Receipt"].to_content())
        == "634ca6863bda59012b80f9dd8dc35ef050f936386fb48dca912676da3943d4d4"
    )


def test_what_names_them_comes_back_from_the_store_as_it_was() -> None:
    named = document("bill", item("tea", 1, "5", "5", class_="A", department="B"), class_="C", department="D")
    content = named.to_content()
    assert (content["class"], content["lines"][0]["class"]) == ("C", "A")
    assert Document.from_content(content) == named
    assert content_hash(content) != content_hash(document("bill", item("tea", 1, "5", "5")).to_content())
