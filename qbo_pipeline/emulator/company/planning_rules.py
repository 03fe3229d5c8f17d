"""Rules of time activities, budgets and journal codes."""

from __future__ import annotations

from datetime import date

from qbo_pipeline.emulator.company.book import Book, Entry
from qbo_pipeline.emulator.company.faults import QboError, error


def _need(entry: Entry, names: tuple[str, ...], errors: list[QboError]) -> None:
    errors.extend(
        error("2020", name, what=f"Required parameter {name} is missing in the request")
        for name in names
        if entry.body.get(name) is None
    )


def time_activity(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    """Whose time it was, and how much; billable time needs a customer and an hourly rate.

    How much is Hours and Minutes, or StartTime and EndTime, which must not lie the wrong way round.
    """
    body = entry.body
    body.setdefault("TxnDate", book.today().isoformat())
    body.setdefault("BillableStatus", "NotBillable")
    _need(entry, {"Employee": ("EmployeeRef",), "Vendor": ("VendorRef",)}.get(body["NameOf"], ()), errors)
    if body.get("StartTime") or body.get("EndTime"):
        _need(entry, ("StartTime", "EndTime"), errors)
        is_backwards = str(body.get("EndTime") or "9") < str(body.get("StartTime") or "")
        if is_backwards and book.holds("time_order"):
            errors.append(error("6000", "EndTime", what="The end time must not be before the start time."))
    elif body.get("Hours") is None and body.get("Minutes") is None:
        _need(entry, ("Hours",), errors)
    else:
        body.setdefault("Hours", 0)
        body.setdefault("Minutes", 0)
    if body["BillableStatus"] == "Billable":
        _need(entry, ("CustomerRef", "HourlyRate"), errors)


def budget(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    """A budget covers one fiscal year, and its details lie in it."""
    body = entry.body
    start, end = str(body["StartDate"]), str(body["EndDate"])
    years = {book.fiscal_year_start(date.fromisoformat(day)) for day in (start, end)}
    if (start > end or len(years) > 1) and book.holds("budget_year"):
        errors.append(error("6000", "StartDate", what="A budget must lie within one fiscal year."))
    days = [str(line.get("BudgetDate") or "") for line in body.get("BudgetDetail", [])]
    if not all(start <= day <= end for day in days) and book.holds("budget_dates"):
        errors.append(error("6000", "BudgetDate", what="The date of each detail must lie within the budget."))


def journal_code(book: Book, entry: Entry, old: Entry | None, errors: list[QboError]) -> None:
    """Journal codes are a French company's."""
    if book.country != "FR":
        errors.append(error("5020", what="Journal codes are available to companies in France."))
    entry.body.setdefault("Type", "Others")
