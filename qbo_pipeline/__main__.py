"""`python -m qbo_pipeline`, and what the installed command `qbo-pipeline` begins with.

What belongs here: what has to be so before anything is imported. That takes a second, in which Ctrl-C ends the command
without a word, and not with a traceback through somebody's library.
"""

from __future__ import annotations

import signal

from qbo_pipeline.garbage import collect_rarely


def main() -> None:
    """Run the command line."""
    collect_rarely()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # what was started in the background stays there
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from qbo_pipeline.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
