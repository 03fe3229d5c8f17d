"""Made-up books that answer the reports GeneralLedger and TrialBalance the way QBO does, cut off at a cap of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.quickbooks.reports import Report, parse_report


@dataclass
class Books:
    """`lines` are (day, account id, signed amount in the account's natural sign); `liabilities` grow by credits.

    `cap` is the most rows that a general ledger shows, `says_so` whether it then says that it was cut off; `hide`
    drops lines silently; `shows_zero` says whether a section that opens with nothing has an opening balance;
    `totals_what_shows` makes a section's total that of the lines in it; `omits` leaves out whole sections.
    """

    names: dict[str, str]
    lines: list[tuple[date, str, Decimal]]
    liabilities: frozenset[str] = frozenset()
    cap: int = 10**9
    says_so: bool = True
    hide: frozenset[int] = frozenset()
    shows_zero: bool = True
    totals_what_shows: bool = False
    omits: frozenset[str] = frozenset()
    time: str = "2026-03-28T13:18:59-07:00"
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def report(self, name: str, params: Mapping[str, str]) -> Report:
        self.asked.append((name, params))
        body = self._trial_balance(params) if name == "TrialBalance" else self._general_ledger(params)
        return parse_report(body, name)

    def _trial_balance(self, params: Mapping[str, str]) -> dict[str, Any]:
        rows = []
        for id, name in self.names.items():
            total = sum((a for d, i, a in self.lines if i == id and d.isoformat() <= params["end_date"]), Decimal(0))
            debit = (total >= 0) != (id in self.liabilities)
            cells = [str(abs(total)), ""] if debit else ["", str(abs(total))]
            rows.append({"ColData": [{"value": name, "id": id}, *({"value": cell} for cell in cells)]})
        columns = [("", "Account"), ("Debit", "Money"), ("Credit", "Money")]
        total_row = {"group": "GrandTotal", "type": "Section", "Summary": {"ColData": [{"value": "TOTAL"}]}}
        return {
            "Header": {"ReportName": "TrialBalance", "Time": self.time},
            "Columns": {"Column": [{"ColTitle": title, "ColType": kind} for title, kind in columns]},
            "Rows": {"Row": [*rows, total_row]},
        }

    def _general_ledger(self, params: Mapping[str, str]) -> dict[str, Any]:
        columns = params["columns"].split(",")
        first, last = params["start_date"], params["end_date"]
        sections, room = [], self.cap
        for id in params["account"].split(","):
            opening = sum((a for d, i, a in self.lines if i == id and d.isoformat() < first), Decimal(0))
            within = [n for n, (d, i, _) in enumerate(self.lines) if i == id and first <= d.isoformat() <= last]
            within.sort(key=lambda n: self.lines[n][0])
            if id in self.omits or (not within and opening == 0):
                continue
            beginning = {"tx_date": "Beginning Balance", self._key("rbal", columns): str(opening)}
            rows = [self._row(columns, beginning)] if opening or self.shows_zero else []
            running = opening
            for number in within:
                running += self.lines[number][2]
                if number not in self.hide and room > 0:
                    rows.append(self._line(columns, number, running))
                room -= 1
            section = {
                "type": "Section",
                "Header": {"ColData": [{"value": self.names[id], "id": id}]},
                "Rows": {"Row": rows},
            }
            if room >= 0:
                shown = [self.lines[n][2] for n in within if n not in self.hide]
                made = sum(shown, Decimal(0)) if self.totals_what_shows else running - opening
                total = {"tx_date": f"Total for {self.names[id]}", self._key("subt", columns): str(made)}
                section["Summary"] = self._row(columns, total)
            sections.append(section)
            if room < 0:
                if self.says_so:
                    sections.append(
                        {"ColData": [{"value": "Unable to display more data. Please reduce the date range."}]}
                    )
                break
        return {
            "Header": {"ReportName": "GeneralLedger"},
            "Columns": {
                "Column": [
                    {"ColTitle": key.upper(), "ColType": key, "MetaData": [{"Name": "ColKey", "Value": key}]}
                    for key in columns
                ]
            },
            "Rows": {"Row": sections} if sections else {},
        }

    def _line(self, columns: list[str], number: int, running: Decimal) -> dict[str, Any]:
        day, _, amount = self.lines[number]
        values = {
            "tx_date": day.isoformat(),
            "txn_type": "Journal Entry",
            "doc_num": f"N{number}",
            "name": "",
            "memo": "memo",
            "split_acc": "-Split-",
            "create_date": "2026-03-01T04:00:00-08:00",
            "create_by": "A Person",
            "last_mod_date": "",
            "last_mod_by": "",
            self._key("subt", columns): str(amount),
            self._key("rbal", columns): str(running),
        }
        return self._row(columns, values, id=str(1000 + number))

    def _key(self, stem: str, columns: list[str]) -> str:
        return next(key for key in columns if key.startswith(stem))

    def _row(self, columns: list[str], values: Mapping[str, str], id: str = "") -> dict[str, Any]:
        data = [{"value": values.get(key, "")} for key in columns]
        if id:
            data[columns.index("txn_type")]["id"] = id
        return {"type": "Data", "ColData": data}
