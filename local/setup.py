"""Installs the pinned Python and npm packages into this folder; returns at once when nothing has changed.

Runs under the system's Python before any package exists, so it imports the standard library alone.

Each half is done when its stamp says so. A stamp is removed before the work and written after it, so a crash
half-way is repaired by the next run. It names all that the result depends on: the lock file's hash, the
interpreter, and the folder, since an environment's scripts hold absolute paths.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = ".logstead-stamp"
NODE_MAJOR_MIN = 20
QUIET_JSII = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": str(NODE_MAJOR_MIN)}
"""Spares the reader the CDK's banner that this Node.js is old: the variable lists major versions."""
ATTEMPTS_MAX = 3
"""How often an installation is tried; what was downloaded is cached, so the next try goes on from there."""
ATTEMPT_PAUSE_S = 5
PROBE_TIMEOUT_S = 60


class SetupError(Exception):
    """Something is missing that only the user can mend; the text says what."""


def main(root: Path = ROOT) -> int:
    """Bring `.venv` and `node_modules` up to date; return the process's exit code."""
    try:
        node_version = find_node()
        install_python_packages(root)
        install_npm_packages(root, node_version)
    except SetupError as error:
        print(f"\nset-up failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return 0


def find_node() -> str:
    """Return the version of `node`, after checking that it runs and is new enough."""
    version = _output_of("node", "--version")
    major = version.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < NODE_MAJOR_MIN:
        found = f"found {version}" if version else "found none that runs"
        raise SetupError(f"the CDK needs Node.js {NODE_MAJOR_MIN} or later ({found}); see https://nodejs.org")
    return version


def python_packages_are_current(root: Path) -> bool:
    """Tell whether `.venv` runs and was made, to its end, from this lock, by this Python, in this place."""
    venv = root / ".venv"
    version = _output_of(venv / "bin" / "python", "-c", "import sys; print(sys.version)")
    if venv.is_symlink():
        # Someone shares an environment on purpose: emptying it would break theirs.
        if version:
            return True
        raise SetupError(f"{venv} is a link to an environment that does not run; remove the link")
    return version == sys.version and _read_stamp(venv) == python_stamp(root)


def install_python_packages(root: Path) -> None:
    """Make `.venv` hold exactly what `requirements-dev.txt` pins."""
    if python_packages_are_current(root):
        return
    venv, lock = root / ".venv", root / "requirements-dev.txt"
    started = time.monotonic()
    # Always a new one: packages share files, so an upgrade in place can leave one of them broken.
    print("set-up: making .venv", flush=True)
    _run_or_raise([sys.executable, "-m", "venv", "--clear", str(venv)], "python -m venv")
    # Not with --no-deps: pip then forgets to install what depends on others last, and of the two packages
    # that ship aws_cdk/cloud_assembly_schema the wrong one stays.
    # With --no-compile: most modules of the CDK are never imported, and Python compiles the others by itself.
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--no-compile", "--require-hashes"]
    pip += ["-r", str(lock)]
    total = sum("==" in line for line in lock.read_text().splitlines())
    _retry(lambda: _stream(pip, root, lambda lines: _show_pip(lines, total)), "pip install")
    write_stamp(venv, python_stamp(root))
    print(f"set-up: Python packages installed in {time.monotonic() - started:.0f} s", flush=True)


def npm_packages_are_current(root: Path, node_version: str) -> bool:
    """Tell whether `node_modules` was made, to the end, from this lock by this Node.js."""
    modules = root / "node_modules"
    return modules.is_symlink() or _read_stamp(modules) == npm_stamp(root, node_version)


def install_npm_packages(root: Path, node_version: str) -> None:
    """Make `node_modules` hold exactly what `package-lock.json` pins."""
    if npm_packages_are_current(root, node_version):
        return
    if not _output_of("npm", "--version"):
        raise SetupError("Node.js is here, but `npm` is not or does not run; install npm too")
    started = time.monotonic()
    modules = root / "node_modules"
    (modules / STAMP).unlink(missing_ok=True)
    print("set-up: installing the npm packages", flush=True)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    _retry(lambda: _stream(command, root, list), "npm ci")
    write_stamp(modules, npm_stamp(root, node_version))
    print(f"set-up: npm packages installed in {time.monotonic() - started:.0f} s", flush=True)


def python_stamp(root: Path) -> dict[str, str]:
    """Return what `.venv` depends on."""
    folder = str((root / ".venv").resolve())
    return {"lock": _hash(root / "requirements-dev.txt"), "folder": folder, "python": sys.version}


def npm_stamp(root: Path, node_version: str) -> dict[str, str]:
    """Return what `node_modules` depends on."""
    return {"lock": _hash(root / "package-lock.json"), "node": node_version}


def write_stamp(folder: Path, content: dict[str, str]) -> None:
    """Say in `folder` what it was made from, all at once."""
    folder.mkdir(exist_ok=True)  # npm makes none where there is nothing to install
    partial = folder / f"{STAMP}.partial"
    partial.write_text(json.dumps(content, indent=1))
    os.replace(partial, folder / STAMP)  # noqa: PTH105 - the atomic one


def _read_stamp(folder: Path) -> object:
    try:
        return json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return None


def _show_pip(lines: Iterator[str], total: int) -> list[str]:
    """Turn pip's output into one line of progress; return the output."""
    seen = []
    count = 0
    for line in lines:
        seen.append(line)
        if line.startswith("Collecting "):
            count += 1
            name = line.split()[1].split("==")[0]
            _progress(f"set-up: Python package {count} of {total}: {name}", last=False, every=count % 25 == 0)
        elif line.startswith("Installing collected"):
            _progress(f"set-up: {total} Python packages fetched; unpacking", last=True, every=True)
    return seen


def _progress(text: str, *, last: bool, every: bool) -> None:
    """Rewrite one line on a terminal; elsewhere print only now and then (`every`)."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="\n" if last else "", flush=True)
    elif every:
        print(text, flush=True)


def _stream(
    command: Sequence[str], folder: Path, consume: Callable[[Iterator[str]], list[str]]
) -> tuple[int, list[str]]:
    """Run a command, handing its output over line by line; return its exit code and output."""
    process = subprocess.Popen(  # noqa: S603 - fixed commands
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with process:
        assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        output = consume(line.rstrip("\n") for line in process.stdout)
    return process.returncode, output


def _retry(attempt: Callable[[], tuple[int, list[str]]], name: str) -> None:
    """Call `attempt` until it exits with 0; raise with the end of its output when the tries are used up."""
    for number in range(1, ATTEMPTS_MAX + 1):
        code, output = attempt()
        if code == 0:
            return
        print(f"\nset-up: `{name}` failed (try {number} of {ATTEMPTS_MAX}):", flush=True)
        print("\n".join(f"  {line}" for line in output[-15:]), flush=True)
        if number < ATTEMPTS_MAX:
            time.sleep(ATTEMPT_PAUSE_S * number)
    raise SetupError(f"`{name}` failed {ATTEMPTS_MAX} times; is the network up?")


def _run_or_raise(command: Sequence[str], name: str) -> None:
    code, output = _stream(command, ROOT, list)
    if code != 0:
        raise SetupError(f"`{name}` failed:\n" + "\n".join(output[-15:]))


def _output_of(program: str | Path, *arguments: str) -> str:
    """Return what a program prints, or nothing when it is missing or fails."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            [path, *arguments], capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
