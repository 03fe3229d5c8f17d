"""Stock from before the first day of posting, as rows that are never to be posted.

What belongs here: how `opening_values` become rows of the stock frame.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from qbo_pipeline.reconciliation import inputs
from qbo_pipeline.reconciliation.frames import DAY, FrameError, to_table
from qbo_pipeline.reconciliation.inputs import ReconciliationInput


def opening_stock(given: ReconciliationInput) -> Any:
    """One row for each opening value, dated the day before `opening_date`; raises `FrameError` without that date."""
    if given.opening_date is None:
        raise FrameError("opening_values: without opening_date nobody knows their date; deliver both or neither")
    values = to_table("opening_values", given.opening_values, inputs.STOCK_VALUES)
    place = pc.binary_join_element_wise(
        pc.fill_null(values["product_id"], ""), pc.fill_null(values["location_id"], ""), "@"
    )
    rows = values.num_rows
    known = {
        "record_key": pc.binary_join_element_wise("opening", place, "/"),
        "kind": pa.array(["opening"] * rows, pa.string()),
        "business_date": pa.array([given.opening_date - timedelta(days=1)] * rows, DAY),
        "disposition": pa.array(["excluded"] * rows, pa.string()),
        **{name: values[name] for name in ("product_id", "location_id", "account_id", "quantity", "value")},
    }
    return to_table("opening_values", pa.table(known), inputs.STOCK)
