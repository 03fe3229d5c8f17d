"""Reading one object of any entity by its Id."""

from __future__ import annotations

from qbo_pipeline.emulator.company import present, rates, saving, tax_classifications
from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import NOT_FOUND_DELETED, NOT_FOUND_INACTIVE, fault
from qbo_pipeline.emulator.company.schema import entities
from qbo_pipeline.emulator.company.store import entry_key, row_id


def one(book: Book, entity: str, id: str) -> Body:
    """The object. CompanyInfo and Preferences are found under any id. Raises fault 610, 2030 for no number."""
    if entities.entity_name(entity) == "TaxClassification":
        return tax_classifications.one(id)
    rules = entities.entity(entity)
    if rules.kind == "transaction":
        return _transaction(book, rules.name, id)
    if rules.name == "ExchangeRate":
        return rates.get(book, id, None)
    entry = book.entries[rules.name].get("1" if rules.kind == "single" else id)
    if entry is None and isinstance(entry_key(id), str):
        raise fault("2030", "Id", what=id)
    if entry is None:
        raise fault("610", what=NOT_FOUND_INACTIVE)
    return present.entry(book, rules.name, entry)


def _transaction(book: Book, entity: str, id: str) -> Body:
    if row_id(id) < 0:
        raise fault("2030", "Id", what=id)
    if not book.store.row("SELECT 1 FROM txns WHERE id = ? AND entity = ?", (row_id(id), entity)):
        raise fault("610", what=NOT_FOUND_DELETED)
    return saving.stored(book, row_id(id))
