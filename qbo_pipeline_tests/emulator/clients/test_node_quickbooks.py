"""node-quickbooks, unchanged, calls every method that it has; what is refused is what QuickBooks Online refuses too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qbo_pipeline_tests.emulator.clients.installed import node_quickbooks
from qbo_pipeline_tests.emulator.server import running_emulator

pytestmark = pytest.mark.torture  # it installs a package from another registry
DRIVER = Path(__file__).with_name("node_quickbooks.js")
OF_OAUTH_1 = {"reconnect": "not called", "disconnect": "not called"}
"""Intuit switched OAuth 1.0 off in 2019; these two call addresses outside the API."""
ONLY_IN_FRANCE = {
    "createJournalCode": "5020",
    "getJournalCode": "610",
    "updateJournalCode": "610",
    "reportTrialBalanceFR": "5020",
}
NOT_OF_THE_API = {
    "deleteJournalCode": "610",  # Intuit's reference has no such operation; the client reads it first
}


def _called(company: str) -> dict[str, str]:
    with running_emulator("--limits", "off", "--company", company) as emulator:
        given: dict[str, Any] = {
            name: getattr(emulator, name)
            for name in ("base_url", "realm", "client_id", "client_secret", "refresh_token")
        }
        given["access_token"] = emulator.access_token()
        command = ["node", str(DRIVER), str(node_quickbooks()), json.dumps(given)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in emulator.stderr()
        found: dict[str, str] = json.loads(done.stdout)
        return found


def _code(outcome: str) -> str:
    return outcome.split(" ")[0] if outcome[0].isdigit() else outcome


def test_every_method_of_the_client() -> None:
    outcomes = _called("us")
    refused = {method: _code(outcome) for method, outcome in outcomes.items() if outcome != "ok"}
    assert len(outcomes) > 190
    assert refused == OF_OAUTH_1 | ONLY_IN_FRANCE | NOT_OF_THE_API, outcomes


def test_a_company_in_france() -> None:
    """Journal codes are made and changed there, and it has a trial balance of its own name."""
    outcomes = _called("eu")
    assert {outcomes[method] for method in ONLY_IN_FRANCE} == {"ok"}
