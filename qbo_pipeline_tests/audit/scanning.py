"""Secrets in the repository: every version of every file, looked through by detect-secrets.

What belongs here: which of its detectors are asked, what is known to be none, and the walk through git's objects. A
secret is never printed: a finding says what kind it is, in which file, and the first characters of its SHA-1.
"""

from __future__ import annotations

import hashlib
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from detect_secrets.core import scan
from detect_secrets.settings import transient_settings

KNOWN = Path(__file__).parent / "known.toml"
# Those that know a secret by its form. What guesses by entropy or by a word nearby finds test data on every page.
DETECTORS = (
    "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector", "DiscordBotTokenDetector",
    "GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector", "JwtTokenDetector", "MailchimpDetector",
    "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector",
    "SoftlayerDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
)  # fmt: skip
_TEXT_LIMIT = 2_000_000  # bytes; what is larger is data
_SHOWN = 12


class Found(NamedTuple):
    """Something that has the form of a secret."""

    kind: str
    file: str
    digest: str

    @property
    def line(self) -> str:
        return f"{self.kind} in {self.file} (SHA-1 {self.digest[:_SHOWN]})"


def known() -> dict[str, str]:
    """By digest, why what looks like a secret is none."""
    return {row["sha1"]: row["why"] for row in tomllib.loads(KNOWN.read_text(encoding="utf-8")).get("none", ())}


def secrets_in(repository: Path) -> Iterator[Found]:
    """What looks like a secret in any version of any file that git has, each once, but for what is known to be none.

    Raises `subprocess.CalledProcessError` where the folder is no repository.
    """
    judged, told = known(), set[tuple[str, str]]()
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS]}):
        for file, text in _versions(repository):
            for line in text.splitlines():
                for secret in scan.scan_line(line):
                    digest = secret.secret_hash or hashlib.sha1(line.encode(), usedforsecurity=False).hexdigest()
                    if digest not in judged and (secret.type, digest) not in told:
                        told.add((secret.type, digest))
                        yield Found(secret.type, file, digest)


def _versions(repository: Path) -> Iterator[tuple[str, str]]:
    """Name and text of every blob that is reachable, and of what is staged or changed in the work tree."""
    listed = _git(repository, "rev-list", "--objects", "--all").decode(errors="replace").splitlines()
    names = dict(line.split(" ", 1) for line in listed if " " in line)
    asked = "\n".join(names).encode() + b"\n"
    answered = subprocess.run(
        ["git", "-C", str(repository), "cat-file", "--batch"], input=asked, capture_output=True, check=True
    ).stdout
    place = 0
    while place < len(answered):
        end = answered.index(b"\n", place)
        head = answered[place:end].decode().split(" ")
        if len(head) < 3:
            place = end + 1
            continue
        size = int(head[2])
        content = answered[end + 1 : end + 1 + size]
        place = end + 2 + size
        if head[1] == "blob" and size <= _TEXT_LIMIT and b"\0" not in content:
            yield names[head[0]], content.decode(errors="replace")
    for file in _git(repository, "ls-files", "--modified", "--others", "--exclude-standard").decode().splitlines():
        path = repository / file
        if path.is_file() and path.stat().st_size <= _TEXT_LIMIT:
            yield file, path.read_text(encoding="utf-8", errors="replace")


def _git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True).stdout
