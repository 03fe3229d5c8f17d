"""The sample company of Openbravo as a PostgreSQL database with true types, made from its CSV files.

What belongs here: the loading of what the mapping reads, with the types that Openbravo's own tables have.
"""

from __future__ import annotations

import csv
from pathlib import Path

from sqlalchemy import create_engine

from qbo_pipeline.sources.connect import normalise_url

TABLES = (
    "AD_ORG", "C_BPARTNER", "C_CONVERSION_RATE", "C_DOCTYPE", "C_INVOICE", "C_INVOICELINE", "C_INVOICELINETAX",
    "C_TAX", "C_UOM", "FIN_FINANCIAL_ACCOUNT", "FIN_PAYMENT", "FIN_PAYMENTMETHOD", "FIN_PAYMENT_DETAIL",
    "FIN_PAYMENT_SCHEDULE", "FIN_PAYMENT_SCHEDULEDETAIL", "M_INOUT", "M_INOUTLINE", "M_INVENTORY", "M_INVENTORYLINE",
    "M_LOCATOR", "M_MATCHINV", "M_MOVEMENT", "M_MOVEMENTLINE", "M_PRICELIST", "M_PRODUCT", "M_PRODUCT_CATEGORY",
    "M_TRANSACTION", "M_WAREHOUSE",
)  # fmt: skip
NUMBERS = {
    "TOTALLINES", "GRANDTOTAL", "QTYINVOICED", "PRICEACTUAL", "LINENETAMT", "TAXAMT", "TAXBASEAMT", "QTY", "AMOUNT",
    "MOVEMENTQTY", "TRANSACTIONCOST", "MULTIPLYRATE", "DIVIDERATE", "LINE", "RATE", "WRITEOFFAMT",
    "QTYCOUNT", "QTYBOOK",
}  # fmt: skip
INSTANTS = {
    "CREATED", "UPDATED", "DATEACCT", "DATEINVOICED", "MOVEMENTDATE", "PAYMENTDATE", "DUEDATE", "VALIDFROM", "VALIDTO",
    "DATEORDERED", "TRXPROCESSDATE", "DATETRX",
}  # fmt: skip


def load_openbravo(folder: Path, url: str) -> None:
    """Create and fill the tables: amounts NUMERIC, dates TIMESTAMP, the rest VARCHAR."""
    engine = create_engine(normalise_url(url))
    raw = engine.raw_connection()
    try:
        with raw.cursor() as cursor:
            for table in TABLES:
                path = folder / f"{table}.csv"
                with path.open(encoding="utf-8", newline="") as file:
                    columns = next(csv.reader(file))
                    typed = ", ".join(f"{column} {_type(column)}" for column in columns)
                    cursor.execute(f"CREATE TABLE {table} ({typed})")
                with path.open(encoding="utf-8", newline="") as file:
                    cursor.copy_expert(f"COPY {table} FROM STDIN WITH (FORMAT csv, HEADER true)", file)
        raw.commit()
    finally:
        raw.close()
        engine.dispose()


def _type(column: str) -> str:
    if column in NUMBERS:
        return "NUMERIC"
    return "TIMESTAMP" if column in INSTANTS else "VARCHAR"
