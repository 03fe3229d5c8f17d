"""`switch-mode` on the command line: it shows, or it is ordered with who and why."""

from __future__ import annotations

from pathlib import Path

from qbo_pipeline_tests.commands.command_line import CommandLine
from qbo_pipeline_tests.pipeline.shop import open_shop

AS_AT = ("--as-at", "2024-03-07")


def test_an_order_says_who_and_why_and_a_look_says_neither(tmp_path: Path, qbo: CommandLine) -> None:
    shop = open_shop(tmp_path, None)
    unsaid = qbo("switch-mode", *AS_AT, "--settings", shop.settings)
    assert (unsaid.status, "say --preview to look, or --who and --why to order it" in unsaid.plain) == (2, True)
    both = qbo("switch-mode", *AS_AT, "--preview", "--who", "Ana", "--settings", shop.settings)
    assert (both.status, "leave --who and --why out" in both.plain) == (2, True)
