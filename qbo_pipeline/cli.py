"""The commands for people: `qbo-pipeline --help`. Each answers exit status 0 only when all is well.

What belongs here: the list of commands and what they share. What a command does is in `commands/`, one module a
subject; heavy libraries are imported there, inside the functions that need them, so that `--help` is quick.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, NoReturn

import typer

from qbo_pipeline.commands import (
    companies,
    conforming,
    correcting,
    decisions,
    demonstrate,
    exporting,
    inspecting,
    linking_documents,
    notifying,
    page,
    reconciling,
    rehearsing,
    restating,
    rollback,
    rotating,
    running,
    switching,
    upgrading,
    webhooks,
    writing_back,
)
from qbo_pipeline.commands.ends import early_ends, note_command
from qbo_pipeline.emulator.command import emulator

# The base of all that can be wrong with arguments (click's ClickException, which Typer brings along without naming it).
_USAGE = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="qbo-pipeline",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals may hold secrets
)


@app.callback()
def begin(context: typer.Context) -> None:
    """Carries what happens in an inventory system into QuickBooks Online, exactly once, and proves it to the cent."""
    if context.invoked_subcommand is not None:
        note_command(context.invoked_subcommand)


app.command()(companies.init)
app.command()(companies.connect)
app.command()(companies.preflight)
app.command()(upgrading.upgrade)
app.command("rotate-key")(rotating.rotate_key)
app.command()(running.run)
app.command()(rehearsing.rehearse)
app.command()(inspecting.status)
app.command()(inspecting.show)
app.command()(inspecting.verify)
app.command()(decisions.retry)
app.command()(decisions.skip)
app.command()(decisions.approve)
app.command()(decisions.reverse)
app.command()(decisions.unlink)
app.command()(decisions.relink)
app.command()(decisions.recover)
app.command()(decisions.adopt)
app.command()(decisions.rebind)
app.command()(reconciling.reconcile)
app.command()(correcting.correct)
app.command()(restating.restate)
app.command()(rollback.rollback)
app.command("switch-mode")(switching.switch_mode)
app.command("link-parties")(exporting.link_parties)
app.command("link-documents")(linking_documents.link_documents)
app.command()(exporting.export)
app.command("post-history")(restating.post_history)
app.command("sign-off")(reconciling.sign_off)
app.add_typer(writing_back.write_back, name="write-back")
app.command()(notifying.notify)
app.command()(webhooks.webhooks)
app.command()(page.page)
app.add_typer(page.users, name="page-user")
app.command()(emulator)
app.command()(conforming.conformance)
app.command()(demonstrate.demo)
app.command()(demonstrate.ui)


def main() -> None:
    """Run the command line; what a person must act on is told in plain words, without a traceback."""
    from qbo_pipeline.surfaces import log_for_people, terminal

    log_for_people()
    # Each attempt to reach QuickBooks is logged; a person is told once, in the words of the error that ends them.
    for talkative in ("stamina", "qbo_pipeline.quickbooks"):
        logging.getLogger(talkative).addHandler(logging.NullHandler())
    try:
        with early_ends():
            sys.exit(app(standalone_mode=False))
    except Exception as error:
        if isinstance(error, _USAGE):
            _say_usage(error)
        # The database's errors are known by its drivers: a third of a second that `--help` need not wait for.
        from qbo_pipeline.pipeline.failures import plain_failure

        failure = plain_failure(error)
        if failure is None:  # a defect: its traceback must be seen
            sys.stderr.write(terminal("".join(traceback.format_exception(error))))
            sys.exit(1)
        sys.stderr.write(f"{terminal(failure.text)}\nexit {failure.verdict.value}, {failure.verdict.word}\n")
        sys.exit(failure.verdict.value)


def _say_usage(error: Any) -> NoReturn:
    """Typer's own frame around what is wrong with the arguments; it would repeat an argument as it was typed."""
    from typer.rich_utils import rich_format_error

    from qbo_pipeline.surfaces import terminal

    words = terminal(error.format_message())
    error.format_message = lambda: words
    rich_format_error(error)
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
