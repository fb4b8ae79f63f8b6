"""The code asset: what is in it, that it is always the same, and that Lambda can run it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from infra import asset
from tests.infra.synthesis import INGEST, READ, REPLAY, ROOT, Synthesis

OF_THE_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
"""What Lambda's Python brings along, as found in site-packages."""


def test_it_holds_the_runtime_package_and_its_dependencies_alone() -> None:
    """Everything else is weight at each cold start, or somebody's secret."""
    folder = asset.build(root=ROOT, target=asset.LAMBDA)
    names = {path.name for path in folder.iterdir()}
    packages = {"backports", "cramjam", "google", "logstead", "msgspec", "re2"}
    assert {name for name in names if not name.endswith(".dist-info")} == packages
    inside = {path.relative_to(folder / "logstead").as_posix() for path in _files(folder / "logstead")}
    assert {"ingest/handler.py", "read/handler.py", "limits.py"} <= inside
    assert {Path(name).suffix for name in inside} == {".py"}
    assert not {name.partition("/")[0] for name in inside} & set(asset.NOT_IN_LAMBDA)


def test_native_code_is_for_the_lambdas_processor_and_python() -> None:
    """The machine that deploys may have another."""
    native = [path for path in _files(asset.build(root=ROOT, target=asset.LAMBDA)) if path.suffix == ".so"]
    assert native
    for path in native:
        assert path.name.endswith((".cpython-313-aarch64-linux-gnu.so", ".abi3.so"))
        assert path.read_bytes()[18:20] == b"\xb7\x00"  # e_machine of ELF: EM_AARCH64


def test_the_lock_means_the_same_wherever_it_is_read() -> None:
    """A marker is judged by the Python and machine that run pip, and not by the target's."""
    lock = (ROOT / "logstead" / "requirements.txt").read_text(encoding="utf-8")
    for line in (line.rstrip(" \\") for line in lock.splitlines()):
        if not line or line.startswith((" ", "#")) or (marker := Requirement(line).marker) is None:
            continue
        machines = (
            {"python_version": version, "python_full_version": f"{version}.1", "platform_machine": machine}
            for version in ("3.11", "3.12", "3.13")
            for machine in ("x86_64", "aarch64", "arm64")
        )
        assert len({marker.evaluate(environment) for environment in machines}) == 1, line


def test_two_builds_in_two_folders_are_alike_to_the_last_byte(tmp_path: Path) -> None:
    """So the same source deploys as no change, from whichever machine."""
    first, second = (_copy_of_the_source(tmp_path / name) for name in ("one", "another with spaces"))
    os.utime(second / "logstead" / "__init__.py", (0, 0))
    (second / "logstead" / "ingest" / "__pycache__").mkdir(exist_ok=True)
    (second / "logstead" / "ingest" / "__pycache__" / "handler.cpython-313.pyc").write_bytes(b"x")
    (second / "logstead" / ".handler.py.swp").write_bytes(b"x")
    (second / "logstead" / "limits.py").chmod(0o600)
    folders = [asset.build(root=first, target=asset.LAMBDA)]
    old_umask = os.umask(0o077)
    try:
        folders.append(asset.build(root=second, target=asset.LAMBDA))
    finally:
        os.umask(old_umask)
    assert folders[0].name == folders[1].name
    assert _fingerprint(folders[0]) == _fingerprint(folders[1])


def test_nothing_tells_how_or_where_it_was_installed() -> None:
    """Such notes differ between two machines; the licences of what is bundled do not, and must stay."""
    names = {path.name for path in _files(asset.build(root=ROOT, target=asset.LAMBDA))}
    assert not names & {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
    assert {"METADATA", "LICENSE"} <= names


def test_a_changed_source_is_a_changed_asset(tmp_path: Path) -> None:
    """And so is a file that was renamed, with the same bytes."""
    root = _source_without_dependencies(tmp_path)
    before = asset.build(root=root, target=asset.HOST)
    (root / "logstead" / "a.py").write_text("A = 2\n")
    changed = asset.build(root=root, target=asset.HOST)
    (root / "logstead" / "a.py").rename(root / "logstead" / "b.py")
    renamed = asset.build(root=root, target=asset.HOST)
    assert len({before, changed, renamed}) == 3
    assert (changed / "logstead" / "a.py").read_text() == "A = 2\n"
    assert [path.name for path in _files(renamed)] == ["b.py"]


def test_a_build_that_was_interrupted_leaves_nothing_that_is_taken_for_whole(tmp_path: Path) -> None:
    """The next build starts afresh instead of deploying half of the dependencies."""
    root = _source_without_dependencies(tmp_path)
    (root / "logstead" / "requirements.txt").write_text("no-such-file @ file:///nowhere.whl\n")
    with pytest.raises(subprocess.CalledProcessError):
        asset.build(root=root, target=asset.HOST)
    assert list((root / ".build").iterdir()) == []


def test_builds_at_the_same_time_end_with_the_same_asset(tmp_path: Path) -> None:
    """Two terminals, or CI's parallel tests, may synthesize from one checkout."""
    root = _source_without_dependencies(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(lambda _: asset.build(root=root, target=asset.HOST), range(8)))
    assert len(set(built)) == 1
    assert [path.name for path in _files(built[0])] == ["a.py"]
    assert [path.name for path in (root / ".build").iterdir() if path.name.startswith("unfinished")] == []


@pytest.mark.parametrize("handler", (INGEST, READ, REPLAY))
def test_a_handler_imports_with_what_lambda_provides_and_nothing_else(handler: str, tmp_path: Path) -> None:
    """A dependency that is missing in the asset would fail on AWS alone: the emulator shows its own."""
    provided = tmp_path / "provided"
    provided.mkdir()
    for name in OF_THE_RUNTIME:
        (provided / name).symlink_to(_site_packages() / name)
    folder = asset.build(root=ROOT, target=asset.HOST)
    module, _, attribute = handler.rpartition(".")
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]; import importlib, json, msgspec, re2; "
        f"found = getattr(importlib.import_module({module!r}), {attribute!r}); "
        "print(json.dumps([callable(found), msgspec.__file__, re2.__file__]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", program, str(folder), str(provided)],
        check=True,
        capture_output=True,
        text=True,
        env={
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "TABLE_NAME": "a-table",
            "RETRY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/retry",
            "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/dead",
        },
        cwd=tmp_path,
    )
    is_callable, *bundled = json.loads(done.stdout)
    assert is_callable
    assert all(Path(module).is_relative_to(folder) for module in bundled)
    assert done.stderr == ""


def test_the_stage_on_this_machine_is_built_for_it(synthesize: Callable[[str], Synthesis]) -> None:
    """The emulator runs the functions under its own Python."""
    for stage, target in (("local", asset.HOST), ("demo", asset.LAMBDA), ("production", asset.LAMBDA)):
        synthesis = synthesize(stage)
        key = synthesis.properties(synthesis.function(INGEST))["Code"]["S3Key"]
        key = key if isinstance(key, str) else key["Fn::Sub"]
        (staged,) = synthesis.folder.glob(f"asset.{key.removesuffix('.zip')}")
        assert _fingerprint(staged) == _fingerprint(asset.build(root=ROOT, target=target))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mode, sha256(path.read_bytes()).hexdigest())
        for path in _files(folder)
    }


def _copy_of_the_source(root: Path) -> Path:
    shutil.copytree(ROOT / "logstead", root / "logstead")
    return root


def _source_without_dependencies(root: Path) -> Path:
    (root / "logstead").mkdir()
    (root / "logstead" / "a.py").write_text("A = 1\n")
    (root / "logstead" / "requirements.txt").write_text("# nothing yet\n\n")
    return root


def _site_packages() -> Path:
    import botocore  # noqa: PLC0415 - only to find where it is

    return Path(botocore.__file__).parents[1]
