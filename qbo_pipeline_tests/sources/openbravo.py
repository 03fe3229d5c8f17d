"""The sample company of Openbravo as a PostgreSQL database with true types, made from its CSV files.

What belongs here: the tables that the sample lacks, and the loading of what the mapping reads, with the types that
Openbravo's own tables have.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from sqlalchemy import create_engine

from qbo_pipeline.sources.connect import normalise_url

TABLES = (
    "AD_ORG", "C_BPARTNER", "C_CONVERSION_RATE", "C_CURRENCY", "C_DOCTYPE", "C_INVOICE", "C_INVOICELINE",
    "C_INVOICELINETAX",
    "C_TAX", "C_UOM", "FIN_FINANCIAL_ACCOUNT", "FIN_PAYMENT", "FIN_PAYMENTMETHOD", "FIN_PAYMENT_CREDIT",
    "FIN_PAYMENT_DETAIL",
    "FIN_PAYMENT_SCHEDULE", "FIN_PAYMENT_SCHEDULEDETAIL", "M_INOUT", "M_INOUTLINE", "M_INVENTORY", "M_INVENTORYLINE",
    "M_LOCATOR", "M_MATCHINV", "M_MOVEMENT", "M_MOVEMENTLINE", "M_PRICELIST", "M_PRODUCT", "M_PRODUCT_CATEGORY",
    "M_TRANSACTION", "M_WAREHOUSE",
)  # fmt: skip
LACKING = {
    "C_CURRENCY": "C_CURRENCY_ID,ISO_CODE\n100,USD\n102,EUR\n114,GBP\n",
    "FIN_PAYMENT_CREDIT": "FIN_PAYMENT_CREDIT_ID,FIN_PAYMENT_ID,FIN_PAYMENT_ID_USED,AMOUNT,UPDATED\n",
}
NUMBERS = {
    "TOTALLINES", "GRANDTOTAL", "QTYINVOICED", "PRICEACTUAL", "LINENETAMT", "TAXAMT", "TAXBASEAMT", "QTY", "AMOUNT",
    "MOVEMENTQTY", "TRANSACTIONCOST", "MULTIPLYRATE", "DIVIDERATE", "LINE", "RATE", "WRITEOFFAMT",
    "QTYCOUNT", "QTYBOOK",
}  # fmt: skip
INSTANTS = {
    "CREATED", "UPDATED", "DATEACCT", "DATEINVOICED", "MOVEMENTDATE", "PAYMENTDATE", "DUEDATE", "VALIDFROM", "VALIDTO",
    "DATEORDERED", "TRXPROCESSDATE", "DATETRX",
}  # fmt: skip


def completed(sample: Path, folder: Path) -> Path:
    """A folder with the sample's files and the two tables that every Openbravo has and it lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sample.glob("*.csv"):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    for name, text in LACKING.items():
        if not (folder / f"{name}.csv").exists():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


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
