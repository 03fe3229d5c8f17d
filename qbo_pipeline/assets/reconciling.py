"""Assets that compare: QBO's ledger lines of the inventory accounts, and the reconciliation with its reports."""

from bisect import bisect_right
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dagster as dg

from qbo_pipeline.assets.columns import column_lineage, rows_in
from qbo_pipeline.assets.common import FINANCE, ROW_COUNT, Common, as_metadata, covered, in_words, told
from qbo_pipeline.assets.run_log import run_in_lines
from qbo_pipeline.instants import show_instant
from qbo_pipeline.partitions import days_of
from qbo_pipeline.pipeline import page_links
from qbo_pipeline.reconciliation.causes import Cause
from qbo_pipeline.resources import PipelineResource, curve, table
from qbo_pipeline.settings import Settings
from qbo_pipeline.store.tables.reconciliation import ledger_lines as ledger_table
from qbo_pipeline.surfaces import markdown_list, one_line, terminal
from qbo_pipeline.verdicts import OF_STATUS

if TYPE_CHECKING:
    from qbo_pipeline.reconciliation.result import Reconciliation
    from qbo_pipeline.reports.files import ReportFiles

_CURVES = {
    "stock_value": "cumulative_stock",
    "ledger_balance": "cumulative_ledger",
    "difference": "cumulative_difference",
}


def reconciling_assets(common: Common) -> list[dg.AssetsDefinition]:
    """`ledger_lines` and `reconciliation` of one connection."""

    @common.asset(
        "reconcile",
        deps=["quickbooks_documents"],
        kinds={"quickbooks"},
        table=ledger_table,
        description="QBO's own general ledger lines of the inventory accounts, read completely up to the last day; "
        "and what people changed or deleted there among the documents that were posted.",
    )
    def ledger_lines(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        from qbo_pipeline.pipeline.ledger_refresh import refresh_ledger

        _, last = covered(context)[-1]
        with pipeline.run(context) as run:
            side = refresh_ledger(run, last)
            calls, there = run.api_calls(), rows_in(run, ledger_table)
        pipeline.note("ledger_lines", **calls)
        if side.drifted is None or side.read is None:
            if side.as_of is None:
                raise dg.Failure(description=terminal(side.warning or ""), allow_retries=False)
            context.log.warning(one_line(side.warning or ""))
            zone = common.settings.connection.time_zone
            return told(
                context,
                {
                    "warning": terminal(side.warning or ""),
                    "as_of": show_instant(side.as_of, zone),
                    **as_metadata(calls),
                },
                last,
            )
        changed = sum(side.drifted.found.values())
        pipeline.note("ledger_lines", changed_in_quickbooks=changed)
        return told(
            context,
            {
                **as_metadata(side.read.totals()),
                ROW_COUNT: there,
                **column_lineage(ledger_table, common.name),
                "changed_in_quickbooks": changed,
                **as_metadata(calls),
                "balances": table(side.read.rows(), ["account", "balance", "lines"]),
            },
            last,
        )

    @common.asset(
        "reconcile",
        deps=["ledger_lines", "movements"],
        kinds={"excel", "html"},
        owner=FINANCE,
        read_by_people=True,
        description="Stock value against the Inventory account as at the day, each difference with its cause; workbook "
        "and page for finance. A run over several days reconciles as at the last one, day by day up to it.",
    )
    def reconciliation(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> dg.MaterializeResult[None]:
        from qbo_pipeline.pipeline.reconcile import reconcile_as_at
        from qbo_pipeline.pipeline.report_files import write_reports
        from qbo_pipeline.pipeline.two_way_kept import try_two_way
        from qbo_pipeline.pipeline.write_back_numbers import way_back_counts
        from qbo_pipeline.store.two_way import two_way_numbers

        _, last = covered(context)[-1]
        with pipeline.run(context) as run:
            result = reconcile_as_at(run, last)
            not_compared = try_two_way(run)
            files = write_reports(run, result)
            with run.database.reading() as reading:
                came_back, both = way_back_counts(reading, run.name), [*map(dict, two_way_numbers(reading, run.name))]
            pipeline.note("reconciliation", **run.api_calls())
        if not_compared is not None:
            context.log.warning(one_line(not_compared))
        for day, amounts_then in _by_day(result, covered(context)).items():
            context.add_asset_metadata(as_metadata(amounts_then), partition_key=day)
        context.log.info(run_in_lines(pipeline.noted, result, str(files.page)))
        causes = result.causes.astype(str).to_dict("records")
        divergence = result.first_divergence
        amounts = ("stock_value", "ledger_balance", "difference", "unexplained")
        return told(
            context,
            {
                "as_at": result.as_at.isoformat(),
                "currency": result.currency,
                **as_metadata({name: getattr(result, name) for name in amounts}),
                "verdict": OF_STATUS[result.status].word,
                "first_divergence": divergence.business_date.isoformat() if divergence else "never",
                "differences": len(result.differences),
                "curves": table(_curves(result.by_date), ["what", "curve", "lowest", "highest", "last"]),
                "causes": table(causes, ["label", "count", "amount"]),
                **_both_ways(came_back, both),
                "notes": dg.MetadataValue.md(markdown_list(result.notes)),
                **_files(common.settings, result.as_at, files),
                "content_hash": result.content_hash,
            },
            last,
        )

    return [ledger_lines, reconciliation]


def _both_ways(came_back: list[dict[str, Any]], both: list[dict[str, Any]]) -> dict[str, Any]:
    """What came back from QuickBooks, and how both sides stand to each other; nothing where nothing comes back."""
    found: dict[str, Any] = {}
    if came_back:
        found["way_back"] = table(in_words(came_back), ["kind", "state", "reason", "count"])
    if both:
        found["two_way"] = table(in_words(both), ["kind", "agree", "differ"])
        found["two_way_differ"] = sum(row["differ"] for row in both)
    return found


def _files(settings: Settings, as_at: date, files: "ReportFiles") -> dict[str, Any]:
    """Where the report lies; where the settings say how browsers reach the page for people, what opens it there."""
    links = {
        "report": page_links.report(settings, as_at, "page"),
        "report_workbook": page_links.report(settings, as_at, "workbook"),
        "on_the_page": page_links.reconciliations(settings),
    }
    return {
        "page": dg.MetadataValue.path(str(files.page)),
        "workbook": dg.MetadataValue.path(str(files.workbook)),
        **{name: dg.MetadataValue.url(url) for name, url in links.items() if url is not None},
    }


def _by_day(result: "Reconciliation", windows: list[tuple[date, date]]) -> dict[str, dict[str, Decimal]]:
    """Both values, their difference and what of it has no cause, at the end of each day that was covered but the last,
    whose numbers are told by themselves: what Dagster plots over the partitions. A day on which nothing moved has those
    of the day before it."""
    columns = {name: list(result.by_date[column]) for name, column in _CURVES.items()}
    known = list(result.by_date["business_date"])
    nameless = result.differences[result.differences["cause"] == Cause.UNEXPLAINED]
    unexplained = list(zip(nameless["business_date"], nameless["amount"], strict=True))
    found = {}
    for day in [day for first, last in windows for day in days_of(first, last)][:-1]:
        place = bisect_right(known, day) - 1
        if place >= 0:
            until = sum((amount for then, amount in unexplained if then <= day), Decimal(0))
            values = {name: values[place] for name, values in columns.items()}
            found[day.isoformat()] = values | {"unexplained": until}
    return found


def _curves(by_date: Any) -> list[dict[str, str]]:
    """Both values and their difference, day by day, as small charts."""
    rows = []
    for what, column in _CURVES.items():
        values = list(by_date[column])
        if values:
            ends = {"lowest": min(values), "highest": max(values), "last": values[-1]}
            shown = {name: f"{end:,.2f}" for name, end in ends.items()}
            rows.append({"what": what.replace("_", " "), "curve": curve(values), **shown})
    return rows
