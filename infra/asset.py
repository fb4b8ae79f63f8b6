"""The code of all functions as one folder: the runtime package and what it imports (docs/adr/0003).

Built without Docker, from wheels for the target, and the same to the last byte whenever and wherever it
is built, so an unchanged source is an unchanged asset and `cdk deploy` leaves the functions alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "logstead"
NOT_IN_LAMBDA = ("client", "cli")
"""Subpackages of the runtime that users import and no function does."""

LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""What pip writes into a distribution's metadata about this one installation."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the dependencies are built for: `name` tells targets apart, the rest is told to pip."""

    name: str
    pip_arguments: tuple[str, ...] = ()


LAMBDA = Target(
    "lambda-cpython-313-arm64",
    (
        *("--implementation", "cp", "--python-version", "3.13"),
        # The runtime is Amazon Linux 2023, whose glibc is 2.34.
        *("--platform", "manylinux_2_34_aarch64", "--platform", "manylinux_2_28_aarch64"),
        *("--platform", "manylinux_2_17_aarch64", "--platform", "manylinux2014_aarch64"),
    ),
)
# No dot in a name: CDK would take the rest of it for a file's extension.
HOST = Target(f"host-{sys.implementation.cache_tag}-{sysconfig.get_platform()}".replace(".", "_"))


def build(*, root: Path, target: Target) -> Path:
    """Return the folder under `root`/.build that holds the asset, made unless it stands already."""
    dependencies = _install_dependencies(root=root, target=target)
    sources = {path.relative_to(root).as_posix(): path.read_bytes() for path in _runtime_files(root)}
    # This file too: what it leaves out decides what is in the folder.
    digest = hashlib.sha256(dependencies.name.encode() + Path(__file__).read_bytes())
    for name, content in sources.items():
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)

    def fill(folder: Path) -> None:
        _copy_dependencies(dependencies, folder)
        for name, content in sources.items():
            _write(folder / name, content)

    return _make_once(root / ".build" / f"asset-{target.name}-{digest.hexdigest()[:16]}", fill)


def _runtime_files(root: Path) -> list[Path]:
    """Python files alone, so what an editor or a tool leaves in the package changes no asset."""
    package = root / PACKAGE
    return sorted(
        path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in NOT_IN_LAMBDA
    )


def _install_dependencies(*, root: Path, target: Target) -> Path:
    lock = (root / PACKAGE / "requirements.txt").read_text(encoding="utf-8")
    key = hashlib.sha256("\0".join((lock, *target.pip_arguments)).encode()).hexdigest()[:16]

    def fill(folder: Path) -> None:
        if not any(line.strip() and not line.startswith("#") for line in lock.splitlines()):
            return  # pip takes an empty list for a mistake
        subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--no-input", "--no-compile", "--no-deps", "--only-binary=:all:", "--require-hashes"),
                *("--target", str(folder), *target.pip_arguments),
                *("--requirement", str(root / PACKAGE / "requirements.txt")),
            ],
            check=True,
        )

    return _make_once(root / ".build" / f"dependencies-{target.name}-{key}", fill)


def _copy_dependencies(dependencies: Path, folder: Path) -> None:
    for path in sorted(dependencies.rglob("*")):
        parts = path.relative_to(dependencies).parts
        # bin/ holds console scripts, whose first line is the path of this machine's Python.
        if path.is_dir() or parts[0] == "bin" or "__pycache__" in parts or path.name in LEFT_OUT:
            continue
        _write(folder.joinpath(*parts), path.read_bytes())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _make_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Make a folder whole or not at all, however many processes make it at the same time."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unfinished-") as unfinished:
        made = Path(unfinished, "made")
        made.mkdir()
        fill(made)
        # Readable by the user that Lambda runs the code as, whatever the umask here.
        for path in (made, *made.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        try:
            os.rename(made, folder)  # noqa: PTH104 - must fail where the folder stands, as rename(2) does
        except OSError:
            if not folder.is_dir():
                raise
            shutil.rmtree(made)  # another process was first, with the same content
    return folder
