"""The contract of a SQL source: which kinds of rows it delivers, which columns, and the text that says so.

What belongs here: the kinds (header and child, key, what is required) and the writer of
`sql/source/contract.md`. The columns themselves are in `inventory/columns.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from qbo_pipeline.inventory.columns import COLUMNS, Column


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row: its key column, the header it belongs to, and whether a source must offer it."""

    name: str
    key: str
    required: bool
    meaning: str
    header: str | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        return COLUMNS[self.name]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("parties", "party_id", True, "customers and suppliers"),
        Kind("products", "product_id", True, "what is bought, made and sold"),
        Kind("locations", "location_id", True, "warehouses and other places that hold stock"),
        Kind("documents", "document_id", True, "invoices, bills, credits, quotes, purchase orders"),
        Kind("document_lines", "line_id", True, "lines of the documents", header="documents"),
        Kind(
            "bill_matches",
            "line_id, movement_line_id",
            False,
            "which receipt delivered a bill's line",
            header="documents",
        ),
        Kind("movements", "movement_id", True, "everything that changes stock or its value"),
        Kind("movement_lines", "line_id", True, "lines of the movements", header="movements"),
        Kind("payments", "payment_id", False, "money received and paid"),
        Kind("payment_allocations", "allocation_id", False, "which document a payment settles", header="payments"),
        Kind("stock_values", "product_id", True, "the source's own stock value as at a date"),
        Kind("changed_days", "business_date", False, "which days changed since a moment"),
    )
}

_OPENING = """\
# The contract of a SQL source

What an inventory system's database delivers to the pipeline: for each kind of row the columns, with type, unit and
meaning. The reader is an engineer who points the pipeline at a database of their own.

A source offers each kind either as a **table or view of that name**, and then needs no mapping, or through a
**mapping**: a folder of `SELECT` files, `sql/source/<mapping>/<kind>.sql`, one statement a file. Nothing is ever
created or changed in the source's database; the session is read-only.

## How the rows are read
- Each `SELECT` is wrapped (`SELECT … FROM (<your SELECT>) AS source WHERE …`), so it ends without `ORDER BY`, `LIMIT`
  and semicolon. Pages go by `(business_date, id)`; the lines of a page are fetched by their headers' ids. Plain columns
  (`m.posting_date AS business_date`) let the database use its indexes; expressions do not.
- Ids are unique within their kind, never empty, and never change. The order of the columns is free. Columns that the
  contract does not know are not read, and `preflight` names them.
- A mapping may take parameters (`:legal_entity`); their values come from the connection's settings. `stock_values` may
  take `:as_at` (a date as text, `2013-12-31`), which the reader gives. Where a parameter has to be something that
  exists, `parameter_<name>.sql` selects `name` (what people write in the settings) and `value` (what the SELECTs take).
  With the comment `-- choose: one` there has to be one name, and it may be left out where there is only one; with
  `-- choose: many` the parameter is a list (`IN :warehouses`), and without names it is all of them.
- A file of an optional kind may be missing: then the source has no such rows.
- A folder of CSV files (`[source] kind = "csv"` and `path`) has one file for each kind, `parties.csv`, `documents.csv`
  and so on; through a mapping, one for each table that its `SELECT`s name. UTF-8, commas, `"` around what holds a comma
  or a line break, the names of the columns in the first line; an empty field is no value. A file that changes is read
  anew.

## The login
Read are PostgreSQL, SQLite, with the extra `mysql` MySQL and MariaDB (tested on Debian's MariaDB), and with the extra
`mssql` SQL Server (never tested against a server: see below); everything else through a folder of CSV files. Use a
login that can do nothing but read what is delivered. On PostgreSQL, for tables or views in the schema `delivery`:

```sql
CREATE ROLE qbo_pipeline_source LOGIN PASSWORD '...';
ALTER ROLE qbo_pipeline_source SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA delivery TO qbo_pipeline_source;
GRANT SELECT ON ALL TABLES IN SCHEMA delivery TO qbo_pipeline_source;
ALTER ROLE qbo_pipeline_source SET search_path = delivery;
```

On MySQL and MariaDB:

```sql
CREATE USER qbo_pipeline_source IDENTIFIED BY '...';
GRANT SELECT, SHOW VIEW ON delivery.* TO qbo_pipeline_source;
```

The reader switches its session to `default_transaction_read_only` (MySQL, MariaDB: `TRANSACTION READ ONLY`) by itself,
whatever the login, and opens a SQLite file with `mode=ro` and `query_only`: the login's own rights are the second lock.

On SQL Server, which has no read-only session:

```sql
CREATE USER qbo_pipeline_source FOR LOGIN qbo_pipeline_source WITH DEFAULT_SCHEMA = delivery;
GRANT SELECT ON SCHEMA::delivery TO qbo_pipeline_source;
```

**SQL Server is untested against a server.** What is written for it follows its documentation: the session is declared
to be for reading (`ApplicationIntent=ReadOnly`), transactions are always rolled back, SNAPSHOT isolation where the
database allows it, a SELECT that holds the word of another statement is refused, `preflight` says what the login could
change. There the login's rights are the first lock. A `WITH`, `$`, backquotes and quotes within brackets are not taken
in its SELECTs; a `datetimeoffset` is set aside row by row. It needs unixODBC and Microsoft's `ODBC Driver 18 for SQL
Server` (or another: `?driver=NAME`).

On MySQL and MariaDB a session also takes the sql_mode values `ANSI_QUOTES`, `PIPES_AS_CONCAT` and
`NO_BACKSLASH_ESCAPES`: write names in `"double"` quotes or backticks, texts in `'single'` ones. Ids that differ by
capitals, accents or blanks alone are different ids, whatever the collation.

## Types
| type | what it is |
|---|---|
| text | any text type; ids may be numbers and are read as text; no NUL, nothing that is not UTF-8 |
| date | `DATE`, a timestamp, or text that begins `YYYY-MM-DD`, in the company's time zone; the time of day is cut off |
| amount, quantity | `NUMERIC`, an integer, or decimal text (`-1234.56`): 12 digits before the point, 6 after it |
| rate | as an amount, with 8 digits before the point and 10 after it |
| integer | a whole number |
| flag | boolean, `1`/`0`, or `Y`/`N`, `yes`/`no`, `true`/`false` |
| choice | one of the words listed, in lower case |

What has more decimals is rounded in the SELECT: `ROUND(x, 6)` of a `NUMERIC` is exact. SQLite computes with binary
floating point: what its `ROUND`, `*` and `/` answer is refused, and no formatting makes it exact again. There deliver
the exact column itself (`CAST(cost AS TEXT)`), integers of the smallest unit written as text, or for a movement's line
`unit_cost`: the pipeline multiplies.
Binary floating point is refused because it cannot hold every cent; a timestamp with time zone (MySQL's `TIMESTAMP` is
one) is refused because its day depends on who asks; JSON, arrays, ranges and bytes are refused because they hold no
single value. A year before 1900 or after 2199 is a slip of the pen or means "never": its row is set aside.

## Signs
Movements are seen from the stock: in is positive, for quantity and for value. Documents and payments carry positive
amounts, their kind gives the direction; a negative document is delivered as it is, and the posting rules turn it into
its counterpart.

## Rows that fail
A row that breaks a rule (no number where an amount belongs, a date of 31 February, an unknown product, lines that do
not add up to their header) is set aside with the rule, the column, the value and a plain message: a header always with
all its lines. The other rows go on.
"""


def contract_text() -> str:
    """The whole of `sql/source/contract.md`, made from the table of columns."""
    parts = [_OPENING, "\n## The kinds\n| kind | key | required | what it is |\n|---|---|---|---|\n"]
    parts += [
        f"| [`{kind.name}`](#{kind.name}) | `{kind.key}` | {_yes(kind.required)} | {kind.meaning} |\n"
        for kind in KINDS.values()
    ]
    for kind in KINDS.values():
        parts.append(f"\n### {kind.name}\n{_NOTES.get(kind.name, '')}")
        parts.append("| column | type | required | meaning |\n|---|---|---|---|\n")
        parts.extend(_column_row(column) for column in kind.columns)
    return "".join(parts)


_NOTES = {
    "documents": (
        "`net_amount + tax_amount = total_amount`. The lines' `net_amount` add up to the header's; their `tax_amount`\n"
        "too, within half a cent for each line, unless no line carries tax.\n\n"
    ),
    "bill_matches": (
        "Needed where goods received not invoiced is kept: a bill's line then clears the receipt's accrual. A bill of\n"
        "freight or of work clears a landed cost, or an assembly's `supplier_cost`, in the same way.\n\n"
    ),
    "movement_lines": (
        "A transfer has one line out and one line in for each product: quantity and value add up to zero.\n"
        "An assembly has its components as lines out, the product as a line in, and labour and overhead as lines of\n"
        "those roles; the stock changes by these. Where parts are taken on one day and the product comes on another,\n"
        "the two are a `production_issue` and a `production_receipt`; goods that are on the way between two dates\n"
        "are a `transfer_out` and a `transfer_in`. What services and products without stock add to an assembly, a\n"
        "production or a write-off is a line with quantity and value out, as of a component. A revaluation, a\n"
        "write-down and a landed cost have quantity 0. A quantity against its kind (a shipment that comes back in) is\n"
        "taken as a reversal, with a warning.\n\n"
    ),
    "payment_allocations": "Together they are at most the payment.\n\n",
    "stock_values": (
        "Either a `SELECT` that takes `:as_at` and delivers the stock of that day, or a table or view of all changes\n"
        "of stock with their `business_date`; a row whose date is empty or no date ends the reading. Rows of one\n"
        "product, location and currency are added up by the reader, so sums need not be written in SQL. With an\n"
        "`exchange_rate` each row is converted and rounded half up to cents. Deliver the system's own figures, not a\n"
        "copy of the movements, where it has them: this is what the books are compared with.\n\n"
    ),
    "changed_days": (
        "Asked between the nightly runs. A day may appear several times. Without this kind the source is read by the\n"
        "schedule alone.\n\n"
    ),
}


def _column_row(column: Column) -> str:
    meaning = column.meaning
    if column.values:
        meaning += ": " + ", ".join(f"`{value}`" for value in column.values)
    if column.default is not None:
        meaning += f" (without it: `{column.default}`)"
    return f"| `{column.name}` | {column.type} | {_yes(column.required)} | {meaning} |\n"


def _yes(required: bool) -> str:
    return "yes" if required else "no"


if __name__ == "__main__":
    print(contract_text(), end="")
