"""FECReport, the Fichier des Ecritures Comptables that the French tax office asks for: a row for each ledger line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from qbo_pipeline.emulator.company.book import Body, Book
from qbo_pipeline.emulator.company.faults import fault
from qbo_pipeline.emulator.company.present import entry as present_entry
from qbo_pipeline.emulator.company.reports import french_lines
from qbo_pipeline.emulator.company.reports.french_lines import FrenchLine, only_in_france
from qbo_pipeline.emulator.company.reports.periods import period
from qbo_pipeline.emulator.company.reports.shape import Row, amount, cells, column, report

# FEC's own title and ColKey of each column.
_FEC: Final = (
    ("JournalCode", "journal_code_name"),
    ("JournalLib", "journal_code_description"),
    ("EcritureNum", "txn_num"),
    ("EcritureDate", "create_date"),
    ("CompteNum", "acct_num_with_extn"),
    ("CompteLib", "account_name"),
    ("CompAuxNum", "aux_account"),
    ("CompAuxLib", "aux_account_name"),
    ("PieceRef", "doc_num"),
    ("PieceDate", "tx_date"),
    ("EcritureLib", "memo"),
    ("Debit", "debt_amt"),
    ("Credit", "credit_amt"),
    ("EcritureLet", "lettrage"),
    ("DateLet", "paid_date"),
    ("ValidDate", "region_tx_validation_date"),
    ("Montantdevise", "multicurrency_amount"),
    ("Idevise", "multicurrency_symbol"),
    ("AttachmentsInfo", "attachments"),
    ("Due Date", "due_date"),
    ("Transaction Id", "txn_id"),
    ("Sequence", "sequence"),
    ("Journal Code type", "$TECHNICAL$journal_code_type"),
    ("Supplier", "$TECHNICAL$vend_name"),
    ("Product/Service", "$TECHNICAL$item_name"),
    ("Customer", "$TECHNICAL$cust_name"),
)


def fec_report(book: Book, params: Mapping[str, str]) -> Body:
    """FECReport: each ledger line of the period that is not zero, with journal, account, document, sides and lettering.

    `attachmentType=TEMPORARY_LINKS` adds the files of each document, `add_due_date` when it is due, `withQboIdentifier`
    the transaction's Id and the line's number in it. Raises 2170 and 2230.
    """
    only_in_france(book)
    found = period(book, params, "this month-to-date")
    links = params.get("attachmenttype") or "NONE"
    if links.upper() not in ("TEMPORARY_LINKS", "NONE"):
        raise fault("2170", "attachmentType", what=links)
    left_out = set() if links.upper() != "NONE" else {"attachments"}
    if not _flag(params, "add_due_date"):
        left_out.add("due_date")
    if not _flag(params, "withqboidentifier"):
        left_out |= {"txn_id", "sequence"}
    shown = [(title, key) for title, key in _FEC if key not in left_out]
    files = {} if "attachments" in left_out else _files(book)
    rows: list[Row] = []
    for line in french_lines.read(book, {}, found):
        if not line.home:
            continue
        own = _entry(book, line, files.get((line.entity, str(line.txn)), []))
        rows.append({"ColData": cells(*(own[key] for _, key in shown)), "type": "Data"})
    return report(book, "FECReport", params, [column(title, "String", key) for title, key in shown], rows, found)


def _flag(params: Mapping[str, str], name: str) -> bool:
    text = (params.get(name) or "false").lower()
    if text not in ("true", "false"):
        raise fault("2230", name, what=text)
    return text == "true"


def _entry(book: Book, line: FrenchLine, files: list[Body]) -> dict[str, str]:
    """The texts of a line by ColKey; dates as YYYYMMDD."""
    own = {key: cell["value"] for key, cell in french_lines.cells(book, line).items()}
    is_foreign = line.currency != book.home_currency
    parts = (own["name"], line.number, own["item_name"] or line.memo)
    return own | {
        "journal_code_description": line.journal.name,
        "create_date": _digits(book.local(line.created)[:10]),
        "aux_account": str(line.party or "") if line.account in book.control else "",
        "aux_account_name": own["name"] if line.account in book.control else "",
        "tx_date": _digits(line.day),
        "memo": " - ".join(part for part in parts if part),
        "debt_amt": amount(max(line.home, 0)),
        "credit_amt": amount(max(-line.home, 0)),
        "paid_date": _digits(line.paid),
        "region_tx_validation_date": "",
        "multicurrency_amount": amount(line.amount) if is_foreign else "",
        "multicurrency_symbol": line.currency if is_foreign else "",
        "attachments": json.dumps(files) if files else "",
        "due_date": _digits(own["due_date"]),
        "txn_id": str(line.txn),
        "sequence": str(line.n + 1),
        "$TECHNICAL$journal_code_type": line.journal.kind,
        "$TECHNICAL$vend_name": own["name"] if line.party_kind == "Vendor" else "",
        "$TECHNICAL$item_name": own["item_name"],
        "$TECHNICAL$cust_name": own["name"] if line.party_kind == "Customer" else "",
    }


def _digits(day: str) -> str:
    return day.replace("-", "")


def _files(book: Book) -> dict[tuple[str, str], list[Body]]:
    """The files of each document, with addresses that hold for a while."""
    out: dict[tuple[str, str], list[Body]] = {}
    for entry in book.entries["Attachable"].values():
        told = present_entry(book, "Attachable", entry)
        info = {"filename": told.get("FileName", ""), "tempURI": told.get("TempDownloadUri", ""),
                "attachableId": entry.id}  # fmt: skip
        for reference in told.get("AttachableRef", ()):
            named = reference.get("EntityRef") or {}
            out.setdefault((str(named.get("type")), str(named.get("value"))), []).append(info)
    return out
