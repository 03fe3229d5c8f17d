"""Jobs for what a person asks or certifies from Dagster's launchpad: preflight, verify, show, sign-off.

Each is one op whose answer is metadata of its output and lines in the run's log; the same as the commands of these
names. Counts by state, which the command `status` prints, are metadata and checks of the assets.
"""

import json
from typing import Any

import dagster as dg
from pydantic import Field

from qbo_pipeline.assets.common import anchors_of, as_metadata
from qbo_pipeline.ops.days import day_of
from qbo_pipeline.ops.decisions import pool
from qbo_pipeline.ops.launchpad import asks_for
from qbo_pipeline.resources import PipelineResource, table
from qbo_pipeline.settings import Settings
from qbo_pipeline.surfaces import fit, one_line, terminal


class Show(dg.Config):
    """Which document."""

    key: str = Field(description="A record's or posting's key (document/4711), or a document's number.")


class SignOffConfig(dg.Config):
    """A signature on the reconciliation as at a date."""

    as_at: str = Field(description="The date that is certified, its end included (YYYY-MM-DD).")
    by: str = Field(description="Who signs. The reviewer must be another person than the preparer.")
    comment: str = Field(default="", description="A remark that is kept with the signature.")


class GoLive(dg.Config):
    """Nothing, or who lets the connection go live although a check fails."""

    accept_by: str = Field(default="", description="Who lets it go live all the same; empty: nobody.")
    accept_why: str = Field(default="", description="Why; kept in the store.")


def inspecting_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """`preflight`, `verify`, `show` and `sign_off` of one connection."""
    name = settings.connection.name
    documents = dg.AssetKey([name, "quickbooks_documents"])

    @dg.op(name=f"{name}_check_before_going_live", pool=pool(settings))
    def check_before_going_live(context: dg.OpExecutionContext, config: GoLive, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.going_live import accept_preflight
        from qbo_pipeline.pipeline.preflight import preflight
        from qbo_pipeline.posting.persons import Person

        with pipeline.run(context) as run:
            found = preflight(run)
            if config.accept_by or config.accept_why:
                accept_preflight(run, found, Person(config.accept_by, config.accept_why))
        rows = [
            {"check": item.name, "ok": "yes" if item.ok else "NO", "finding": item.finding, "remedy": item.remedy}
            for item in found
        ]
        failed = [item for item in found if not item.ok]
        metadata: dict[str, Any] = {"failed": len(failed), "checks": table(rows, ["check", "ok", "finding", "remedy"])}
        if failed and not config.accept_by:
            said = "\n".join(f"{item.name}: {item.finding}. {item.remedy}" for item in failed)
            raise dg.Failure(description=terminal(said), metadata=metadata, allow_retries=False)
        context.add_output_metadata(metadata)

    @dg.op(name=f"{name}_verify_journal_and_counts")
    def verify_journal_and_counts(context: dg.OpExecutionContext, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.counts import broken_counts
        from qbo_pipeline.pipeline.verify import verify_attempts
        from qbo_pipeline.store.integrity import check_integrity
        from qbo_pipeline.store.opening import RESTORE

        with pipeline.run(context) as run:
            store = check_integrity(run.database, run.progress)
            if store.findings:
                raise dg.Failure(description=terminal(f"{store.text}. {RESTORE}."), allow_retries=False)
            chain = verify_attempts(run, outside=anchors_of(context.instance, documents))
            broken = [row.as_dict() for row in broken_counts(run)]
        metadata: dict[str, Any] = {
            **as_metadata({"store": store.text, "attempts": chain.attempts, "chain": chain.text}),
            "counts": table(broken, list(broken[0]) if broken else []),
        }
        if broken or not chain.intact:
            said = f"{chain.text}; counts that do not add up: {len(broken)}"
            raise dg.Failure(description=terminal(said), metadata=metadata, allow_retries=False)
        context.add_output_metadata(metadata)

    @dg.op(name=f"{name}_show_document")
    def show_document(context: dg.OpExecutionContext, config: Show, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.trace import trace

        with pipeline.run(context) as run:
            found = trace(run, config.key)
        if not found:
            raise dg.Failure(f"Nothing has the key or the number {config.key!r}.", allow_retries=False)
        context.add_output_metadata(
            {one_line(str(item["key"])): dg.MetadataValue.json(fit(_plain(item))) for item in found}
        )

    @dg.op(name=f"{name}_sign_reconciliation", pool=pool(settings))
    def sign_reconciliation(context: dg.OpExecutionContext, config: SignOffConfig, pipeline: PipelineResource) -> None:
        from qbo_pipeline.pipeline.sign import sign

        as_at = day_of(config.as_at, "as_at")
        with pipeline.run(context) as run:
            signed = sign(run, as_at, config.by, config.comment)
        context.add_output_metadata(
            as_metadata(
                {
                    "as_at": signed.as_at.isoformat(),
                    "state": signed.state,
                    "prepared_by": signed.preparer,
                    "reviewed_by": signed.reviewer or "nobody yet",
                    "content_hash": signed.content_hash,
                }
            )
        )

    jobs = {
        "preflight": (check_before_going_live, "The checks before going live, each with its remedy; reads only."),
        "verify": (
            verify_journal_and_counts,
            "The store is undamaged, the journal of attempts is unaltered, and the counts add up.",
        ),
        "show": (show_document, "One document's whole history: record, postings, attempts, ledger lines."),
        "sign_off": (
            sign_reconciliation,
            "Certify a reconciliation: the first signature prepares, the second, by somebody else, reviews.",
        ),
    }
    asked = {"show": ("key",), "sign_off": ("as_at", "by")}
    return [_job(name, short, op, description, asked.get(short, ())) for short, (op, description) in jobs.items()]


def _job(name: str, short: str, op: Any, description: str, asked: tuple[str, ...]) -> dg.JobDefinition:
    tags = {"qbo_pipeline/connection": name}

    @dg.job(name=f"{name}_{short}", description=description, tags=tags, config=asks_for(op.name, *asked))
    def inspecting() -> None:
        op()

    return inspecting


def _plain(value: Any) -> Any:
    """Decimals and instants as text, so that it is JSON and no digit is lost."""
    return json.loads(json.dumps(value, default=str))
