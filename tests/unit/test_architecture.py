"""What the code may import, and how large its parts may grow."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = tuple(folder for folder in ("logstead", "infra", "local", "bench") if (ROOT / folder).is_dir())
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70

# What a handler's import may load beside the standard library: botocore and what botocore itself needs.
THIRD_PARTY = {"botocore", "jmespath", "urllib3", "dateutil", "six", "certifi", "backports"}
# The parts of the runtime that each function may load when it is imported.
PARTS = {
    "logstead.ingest.handler": {"access", "ingest", "recovery", "storage"},
    "logstead.read.handler": {"access", "read", "storage"},
    "logstead.recovery.handler": {"access", "recovery", "storage"},
}
HANDLERS = tuple(PARTS)
UNCONFIGURED_MODULES_MAX = 130
BESIDE_CLIENT_MODULES_MAX = 60


def sources(*folders: str) -> list[Path]:
    """Return the Python files of folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported_by(path: Path) -> Iterator[str]:
    """Yield the absolute name of every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it leads"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    """Return a file's path from the repository's root."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources("logstead"), ids=name_of)
def test_the_runtime_never_imports_what_deploys_runs_or_tests_it(path: Path) -> None:
    """`logstead` stands alone: users import it, and the Lambda asset holds nothing else."""
    tops = {name.split(".")[0] for name in imported_by(path)}
    assert not tops & {"infra", "local", "tests", "bench", "aws_cdk", "boto3", "constructs", "pytest"}


def test_the_check_of_imports_sees_every_kind(tmp_path: Path) -> None:
    """Imports in functions, from a package, and under another name are found."""
    file = tmp_path / "x.py"
    file.write_text("import a.b as c\nfrom d import e\ndef f():\n    from g.h import i\n    import j\n")
    assert {"a.b", "d", "d.e", "g.h", "g.h.i", "j"} <= set(imported_by(file))


@pytest.mark.parametrize("path", sources("logstead"), ids=name_of)
def test_only_handlers_and_the_command_line_read_the_environment(path: Path) -> None:
    """Everything else takes its configuration as an argument, so that nothing is hidden in a process."""
    if path.name == "handler.py" or "cli" in path.parts:
        return
    assert not [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
    ]


@pytest.mark.parametrize("path", sources(*FOLDERS), ids=name_of)
def test_files_and_functions_fit_where_one_can_see_them(path: Path) -> None:
    """A function fits on a screen, a file in one's head."""
    text = path.read_text()
    assert len(text.splitlines()) <= FILE_LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES_MAX, node.name


def loaded_by(statements: str, **environ: str) -> set[str]:
    """Return the modules that statements load in a fresh interpreter, over an empty one."""
    program = (
        "import json, sys; before = set(sys.modules)\n"
        f"{statements}\n"
        "print('LOADED', json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("LOADED ")]
    return set(json.loads(line.removeprefix("LOADED ")))


CONFIGURED = {
    "TABLE_NAME": "LogTable",
    "RETRY_QUEUE_URL": "http://127.0.0.1/retry",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1/dead",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


def tops(modules: set[str]) -> set[str]:
    """Return the top-level names of modules that are not the standard library's."""
    return {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) - {"__mp_main__"}


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_unconfigured_handler_loads_nothing_but_its_own_parts(handler: str) -> None:
    """No third party, no other function's code, and a bounded number of modules: a cold start's cost."""
    loaded = loaded_by(f"import {handler}")
    assert tops(loaded) == {"logstead"}
    parts = {name.split(".")[1] for name in loaded if name.count(".") >= 2 and name.startswith("logstead.")}
    assert parts <= PARTS[handler]
    assert len(loaded) <= UNCONFIGURED_MODULES_MAX, sorted(loaded)
    heavy = {"asyncio", "multiprocessing", "unittest", "email", "xml", "ssl", "socket", "subprocess"}
    assert not {name.split(".")[0] for name in loaded} & heavy


@pytest.fixture(scope="module")
def client_modules() -> set[str]:
    """Return the modules that botocore's DynamoDB client loads by itself: what can't be saved."""
    make = "import botocore.session; botocore.session.get_session().create_client('dynamodb')"
    return loaded_by(make, **CONFIGURED)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_configured_handler_loads_botocore_and_little_more(handler: str, client_modules: set[str]) -> None:
    """The explicit list of third parties, and a bounded number of modules beside the client's own."""
    loaded = loaded_by(f"import {handler}", **CONFIGURED)
    assert tops(loaded) <= THIRD_PARTY | {"logstead"}
    beside = loaded - client_modules
    assert tops(beside) == {"logstead"}
    assert len(beside) <= BESIDE_CLIENT_MODULES_MAX, sorted(beside)


def test_whatever_is_public_is_used() -> None:
    """By the runtime itself: what tests alone reach works for nobody. `client` is for users' own programs."""
    used: set[str] = set()
    public: dict[str, str] = {}
    for path in sources("logstead"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                used.add(node.id)
            elif isinstance(node, ast.Attribute):
                used.add(node.attr)
        if "client" not in path.parts:
            public |= {
                node.name: name_of(path)
                for node in tree.body
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not node.decorator_list
            }
    assert {name: path for name, path in public.items() if name not in used} == {}
