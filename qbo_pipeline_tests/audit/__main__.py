"""`make audit`: secrets in any version of any file, and known weaknesses of what the lock files pin.

    python -m qbo_pipeline_tests.audit

Exit status 1 where something was found, 3 where the weaknesses could not be asked for: then they are not known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from qbo_pipeline_tests.audit.scanning import secrets_in

ROOT = Path(__file__).parent.parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
FOUND, UNAVAILABLE = 1, 3


def main() -> int:
    """Look, tell, and answer the exit status."""
    secrets = list(secrets_in(ROOT))
    for one in secrets:
        print(f"looks like a secret: {one.line}")
    print(f"secrets in all versions of all files: {len(secrets) or 'none found'}")
    statuses = [FOUND if secrets else 0, *(audited(ROOT / name) for name in LOCKS)]
    return UNAVAILABLE if UNAVAILABLE in statuses and FOUND not in statuses else max(statuses)


def audited(lock: Path) -> int:
    """Ask pip-audit about one lock file; says what it found, and what it could not ask about."""
    arguments = ["--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    done = subprocess.run([sys.executable, "-m", "pip_audit", *arguments], capture_output=True, text=True, check=False)
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"{lock.name}: the weaknesses could not be asked for: {_last_line(done.stderr)}")
        return UNAVAILABLE
    weak = [(row, weakness) for row in rows for weakness in row.get("vulns", ())]
    unknown = [row["name"] for row in rows if "skip_reason" in row]
    for row, weakness in weak:
        mended = ", ".join(weakness["fix_versions"]) or "no version yet"
        print(f"{lock.name}: {row['name']} {row['version']}: {weakness['id']}, mended in {mended}")
    if unknown:
        print(f"{lock.name}: nothing is known about {len(unknown)} of {len(rows)}, such as {', '.join(unknown[:3])}")
    print(f"{lock.name}: {len(weak) or 'no'} known weaknesses in {len(rows) - len(unknown)} of {len(rows)} libraries")
    return FOUND if weak else UNAVAILABLE if unknown else 0


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1]


if __name__ == "__main__":
    sys.exit(main())
