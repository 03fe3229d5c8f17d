"""The memory that a process took at its peak, its own alone."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_megabytes() -> int:
    """Resident memory of this process at its peak, in MB.

    Linux's own `ru_maxrss` counts what the parent held when it started the process as well; the high water mark of its
    memory does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return (
            int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) // 1024
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
