"""Set-up says what is missing, does nothing twice, and repairs what a crash left."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import setup
from local.deploy import ROOT

LOCK = '{"name": "x", "lockfileVersion": 3, "packages": {"": {"name": "x"}}}'
NODE = "v20.0.0"
PYTHON = Path(sys.executable).resolve()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with a space in its name whose lock files pin nothing, so that no network is needed."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    (folder / "requirements-dev.txt").write_text("# nothing\n")
    (folder / "package.json").write_text('{"name": "x"}')
    (folder / "package-lock.json").write_text(LOCK)
    return folder


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """Return a folder of commands to be the whole PATH, with what set-up's shell part needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname"):
        (folder / name).symlink_to(shutil.which(name) or "")
    return folder


def _command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _set_up(commands: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", ROOT / "local" / "setup.sh"],
        env={"PATH": str(commands)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_python_it_says_what_to_install(commands: Path) -> None:
    """Names on PATH that do not run, as a version manager's shims, count as missing."""
    _command(commands, "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    done = _set_up(commands)
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr
    assert "pyenv" not in done.stderr


def test_a_python_that_is_named_but_too_old_is_refused(commands: Path) -> None:
    """`make run PYTHON=…` tries no other than the one named."""
    _command(commands, "python3.12", f'exec "{PYTHON}" "$@"')
    _command(commands, "python-old", "exit 1")
    done = _set_up(commands, PYTHON="python-old")
    assert done.returncode == 1
    assert "python-old" in done.stderr


@pytest.mark.parametrize(
    ("node", "found"),
    (
        pytest.param(None, "found none that runs", id="none"),
        pytest.param("echo v18.20.4", "found v18.20.4", id="too-old"),
        pytest.param("exit 1", "found none that runs", id="broken"),
    ),
)
def test_without_a_node_it_says_which_one_is_needed(commands: Path, node: str | None, found: str) -> None:
    """The CDK's command line is a Node.js program; a shim that fails before Python is passed over."""
    _command(commands, "python3.13", "exit 127")
    _command(commands, "python3.11", f'exec "{PYTHON}" "$@"')
    if node is not None:
        _command(commands, "node", node)
    done = _set_up(commands)
    assert done.returncode == 1
    assert f"the CDK needs Node.js 20 or later ({found})" in done.stderr


@pytest.fixture
def installed(checkout: Path) -> Path:
    """Return a checkout that looks installed: the real interpreter behind a link, and the stamps."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    setup.write_stamp(checkout / ".venv", setup.python_stamp(checkout))
    setup.write_stamp(checkout / "node_modules", setup.npm_stamp(checkout, NODE))
    return checkout


def test_what_is_installed_is_not_installed_again(installed: Path) -> None:
    """The second `make run` must not wait for an installation."""
    assert setup.python_packages_are_current(installed)
    assert setup.npm_packages_are_current(installed, NODE)


def test_a_changed_lock_is_noticed(installed: Path) -> None:
    """After `git pull`."""
    (installed / "requirements-dev.txt").write_text("# nothing, but otherwise\n")
    assert not setup.python_packages_are_current(installed)
    assert setup.npm_packages_are_current(installed, NODE)
    (installed / "package-lock.json").write_text(LOCK + "\n")
    assert not setup.npm_packages_are_current(installed, NODE)


def test_an_installation_that_did_not_reach_its_end_is_noticed(installed: Path) -> None:
    """The stamp is written last, and a torn one counts as none."""
    (installed / ".venv" / setup.STAMP).unlink()
    (installed / "node_modules" / setup.STAMP).write_text('{"lock": "')
    assert not setup.python_packages_are_current(installed)
    assert not setup.npm_packages_are_current(installed, NODE)


def test_an_interpreter_that_is_gone_or_another_is_noticed(installed: Path) -> None:
    """After an upgrade of the system's Python, or `make run PYTHON=…`."""
    python = installed / ".venv" / "bin" / "python"
    python.unlink()
    assert not setup.python_packages_are_current(installed)
    python.write_text("#!/bin/sh\necho 3.10.0\n")
    python.chmod(0o755)
    assert not setup.python_packages_are_current(installed)
    assert not setup.npm_packages_are_current(installed, "v22.0.0")


def test_a_moved_folder_is_noticed(installed: Path) -> None:
    """An environment's scripts hold the path that they were installed to."""
    moved = installed.rename(installed.with_name("moved"))
    assert not setup.python_packages_are_current(moved)
    assert setup.npm_packages_are_current(moved, NODE)


def test_a_broken_installation_is_repaired(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real thing once: what a crash left is replaced, and then nothing is left to do."""
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "leftover").touch()
    assert setup.main(checkout) == 0
    out = capsys.readouterr().out
    assert "Python packages installed" in out
    assert "npm packages installed" in out
    assert not (checkout / ".venv" / "leftover").exists()
    assert setup.main(checkout) == 0
    assert capsys.readouterr().out == ""


def test_a_linked_environment_is_never_emptied(checkout: Path, tmp_path: Path) -> None:
    """Two checkouts may share one environment; set-up of one leaves it as it is."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (checkout / ".venv").symlink_to(shared)
    (shared / "precious").touch()
    assert setup.main(checkout) == 1
    assert (shared / "precious").exists()


def test_a_failed_installation_leaves_no_stamp(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next run tries again, and the message holds what pip said."""
    monkeypatch.setattr(setup, "ATTEMPTS_MAX", 1)
    (checkout / "requirements-dev.txt").write_text("not a requirement at all\n")
    assert setup.main(checkout) == 1
    printed = capsys.readouterr()
    assert "Invalid requirement" in printed.out
    assert "`pip install` failed" in printed.err
    assert not (checkout / ".venv" / ".logstead-stamp").exists()
