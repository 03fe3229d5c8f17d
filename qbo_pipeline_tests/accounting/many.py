"""How many examples a property is tried with: few in the suite, as many as `make fuzz` asks for there."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def many(usual: int) -> settings:
    """Settings of a property that the suite tries with `usual` examples, and `make fuzz` with
    QBO_PIPELINE_FUZZ_EXAMPLES."""
    examples = int(os.environ.get("QBO_PIPELINE_FUZZ_EXAMPLES", usual))
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
