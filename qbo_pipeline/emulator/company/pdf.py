"""A simple PDF of a form: one page of text in a built-in font, written by hand."""

from __future__ import annotations

from typing import Final

from qbo_pipeline.emulator.company.book import Body

FORMS: Final = (*("CreditMemo", "Estimate", "Invoice", "Payment", "PurchaseOrder", "RefundReceipt", "SalesReceipt"),)
"""The entities that have one, as Intuit's reference lists them."""
_LINES_ON_PAGE = 48


def form(company: str, label: str, body: Body) -> bytes:
    """The form as PDF bytes: head, lines, total. Lines beyond the page are counted, not drawn."""
    currency = body.get("CurrencyRef", {}).get("value", "")
    rows = [company, "", f"{label} {body.get('DocNumber', '')}", f"Date {body['TxnDate']}"]
    if body.get("DueDate"):
        rows.append(f"Due {body['DueDate']}")
    party = body.get("CustomerRef") or body.get("VendorRef") or {}
    rows += [f"To {party.get('name', '')}", ""]
    for line in body.get("Line", []):
        linked = next((f"{x['TxnType']} {x['TxnId']}" for x in line.get("LinkedTxn", [])), "")
        if line.get("Id") or linked:
            text = str(line.get("Description") or linked or line.get("DetailType", ""))
            rows.append(f"{text[:60]:<62}{line.get('Amount', ''):>14}")
    tax = body.get("TxnTaxDetail", {}).get("TotalTax")
    rows += ["", f"{'Tax':<62}{tax:>14}" if tax else "", f"{'Total ' + currency:<62}{body['TotalAmt']:>14}"]
    if len(rows) > _LINES_ON_PAGE:
        rows = [*rows[: _LINES_ON_PAGE - 4], f"... {len(rows) - _LINES_ON_PAGE + 3} more lines", "", *rows[-2:]]
    return _document(rows)


def _document(rows: list[str]) -> bytes:
    shown = [row.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for row in rows]
    content = "BT /F1 10 Tf 14 TL 50 780 Td " + " ".join(f"({row}) Tj T*" for row in shown) + " ET"
    stream = content.encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for n, found in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, found)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
