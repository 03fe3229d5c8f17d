"""The one resource: opens a run of the pipeline for the assets, checks, sensors and ops of a connection.

A run of Dagster opens it once, for all of its steps: settings are read once, and store and QuickBooks keep what they
have prepared. A step that fails closes it, so that the one after it, or the same one tried again, begins anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from traceback import format_exception
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg
from pydantic import PrivateAttr

from qbo_pipeline.settings import load_settings
from qbo_pipeline.surfaces import markdown, one_line, terminal

if TYPE_CHECKING:
    from qbo_pipeline.pipeline.run import Progress, Run
    from qbo_pipeline.settings import Settings
    from qbo_pipeline.store.database import Database

AnyContext = (
    dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.OpExecutionContext | dg.SensorEvaluationContext
)

RETRIES = 2
SENSOR_SECONDS = 25.0  # for reading a system by API: Dagster gives up an evaluation after 60
PROGRESS_SECONDS = 5.0


class PipelineResource(dg.ConfigurableResource):  # type: ignore[type-arg]  # it resolves to itself
    """Names the connection's settings file; opening a run reads it, the environment's secrets and the store."""

    settings_file: str
    retry_after: float  # seconds before the first retry of what passes by itself; twice as long before the second
    _open: ExitStack | None = PrivateAttr(default=None)  # closes `_opened`; `None` outside a run of Dagster
    _opened: Run | None = PrivateAttr(default=None)
    _noted: dict[str, dict[str, Any]] = PrivateAttr(default_factory=dict)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[PipelineResource]:
        """For the length of one run of Dagster, what its first step opens stays open."""
        self._open, self._noted = ExitStack(), {}
        try:
            yield self
        finally:
            self._close()
            self._open = None

    def note(self, step: str, **numbers: int) -> None:
        """Keep what a step of this run counted, for the lines at its end (`assets.run_log`)."""
        self._noted.setdefault(step, {}).update(numbers)

    @property
    def noted(self) -> dict[str, dict[str, Any]]:
        """What the steps of this run counted."""
        return self._noted

    def _close(self) -> None:
        opened, self._opened = self._opened, None
        if self._open is not None and opened is not None:
            self._open.close()

    @contextmanager
    def run(self, context: AnyContext, *, only_look: bool = False) -> Iterator[Run]:
        """A run of the pipeline; with `only_look` a connection that is new to the store is not tied to its company.

        What a person must act on ends the step with its plain text and is not tried again; what passes by itself is
        tried again in an asset; a defect keeps its traceback and is not tried again either. An outage is never turned
        into a failed check.
        """
        # The database, the source and QuickBooks drivers: half a second that loading the definitions need not wait.
        run_id = None if isinstance(context, dg.SensorEvaluationContext) else context.run.run_id
        with self._plain(context), self._run(run_id, _progress(context), only_look=only_look) as run:
            yield run

    @contextmanager
    def store(self, context: AnyContext) -> Iterator[tuple[Settings, Database]]:
        """The settings and the store alone, for what must be done before a run may be opened; failures as of `run`."""
        from qbo_pipeline.store.opening import open_store

        with self._plain(context):
            settings = load_settings(self.settings_file)
            database = open_store(settings.store_url())
            try:
                yield settings, database
            finally:
                database.close()

    @contextmanager
    def _plain(self, context: AnyContext) -> Iterator[None]:
        from qbo_pipeline.pipeline.failures import plain_failure

        try:
            yield
        except (dg.Failure, dg.RetryRequested):
            raise
        except Exception as error:
            failure = plain_failure(error)
            if failure is None:
                said = f"a defect of the pipeline, please report it: {type(error).__name__}: {error}"
                trace = terminal("".join(format_exception(error)))
                # Not as the cause: Dagster would show its text as it is.
                raise dg.Failure(terminal(said), {"traceback": trace}, allow_retries=False) from None
            if failure.transient:
                self.try_again(context, failure.text, error)
            raise dg.Failure(description=terminal(failure.text), allow_retries=False) from None

    @contextmanager
    def _run(self, run_id: str | None, progress: Progress, *, only_look: bool) -> Iterator[Run]:
        from qbo_pipeline.pipeline.run import open_run

        if self._open is None or only_look:
            settings = load_settings(self.settings_file)
            patience = SENSOR_SECONDS if run_id is None else None
            with open_run(settings, run_id=run_id, progress=progress, only_look=only_look, patience=patience) as run:
                yield run
            return
        if self._opened is None:
            self._opened = self._open.enter_context(open_run(load_settings(self.settings_file), run_id=run_id))
        try:
            with self._opened.step(progress) as step:
                yield step
        except BaseException:
            self._close()
            raise

    def try_again(self, context: AnyContext, text: str, error: Exception | None = None) -> None:
        """Have Dagster try an asset's step again after a while; comes back where that was done often enough."""
        if isinstance(context, dg.AssetExecutionContext) and context.retry_number < RETRIES:
            wait = self.retry_after * 2**context.retry_number
            context.log.warning(f"{one_line(text)} (tried again in {wait:.0f} s)")
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=wait) from None


def _progress(context: AnyContext) -> Progress:
    """Progress as lines of the run's log, one every few seconds: each is an event that is kept."""
    said_at = time.monotonic()

    def progress(what: str, count: int) -> None:
        nonlocal said_at
        if (now := time.monotonic()) - said_at >= PROGRESS_SECONDS:
            said_at = now
            context.log.info(f"{one_line(what)}: {count:,}")

    return progress


class ShownLink(NamedTuple):
    """A cell that leads somewhere: `url` is one that we made, with every value in it escaped."""

    text: str
    url: str


def table(rows: list[dict[str, Any]], columns: list[str]) -> dg.MetadataValue[Any]:
    """A small table as Markdown metadata; amounts are text, so that no digit is lost on the way."""
    if not rows:
        return dg.MetadataValue.md("none")
    head = "| " + " | ".join(markdown(column.replace("_", " ")) for column in columns) + " |\n|" + "---|" * len(columns)
    body = ["| " + " | ".join(_cell(row.get(column)) for column in columns) + " |" for row in rows]
    return dg.MetadataValue.md("\n".join([head, *body]))


_BARS = "▁▂▃▄▅▆▇█"


def curve(values: Sequence[Decimal], width: int = 60) -> str:
    """A small chart of a series as one line of text, from its lowest to its highest value; the last `width` of it."""
    shown = list(values)[-width:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    if low == high:
        return _BARS[0] * len(shown)
    return "".join(_BARS[int((value - low) / (high - low) * (len(_BARS) - 1))] for value in shown)


def _cell(value: object) -> str:
    if isinstance(value, ShownLink):
        return f"[{markdown(value.text)}]({value.url})"
    return "" if value is None else markdown(str(value))
