"""Looks for credentials in every file that git tracks.

    python3 -m delivery.secret_scan

Prints file, line and kind, never the credential itself; the exit code is 1 where anything is found.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

KINDS: Final = {
    "AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "AWS secret key": re.compile(r"(?i)aws.{0,20}secret.{0,20}['\"=: ]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "PyPI or npm token": re.compile(r"\b(?:pypi-AgEI[\w-]{50,}|npm_[A-Za-z0-9]{36})\b"),
    "Logstead access key": re.compile(r"\blsk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\b"),
    "JSON web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
}
EXAMPLE: Final = "EXAMPLE"
"""What AWS's documentation has in all credentials that it shows."""


def find_secrets(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and kind of each credential in a text."""
    for number, line in enumerate(text.splitlines(), 1):
        for kind, pattern in KINDS.items():
            if any(EXAMPLE not in found.group() for found in pattern.finditer(line)):
                yield number, kind


def main() -> int:
    """Scan the repository that this is run in; return 1 where anything is found."""
    tracked = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True)  # noqa: S607 - git, wherever the system has it
    found = 0
    for name in filter(None, tracked.stdout.split("\0")):
        path = Path(name)
        if path.is_file():
            for number, kind in find_secrets(path.read_text(encoding="utf-8", errors="replace")):
                print(f"{name}:{number}: {kind}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
