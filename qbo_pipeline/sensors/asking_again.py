"""When a sensor may ask for a run again: what the sensors share, so that a slow or broken run never makes a pile."""

from __future__ import annotations

import dagster as dg

ASK_AGAIN_SECONDS = 3600
UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
