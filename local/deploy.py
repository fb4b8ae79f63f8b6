"""Deploys a stage to the emulator by the real `cdk bootstrap`, `cdk synth` and `cdk deploy`."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from local import processes
from local.emulator import ACCOUNT, REGION, Emulator, client_environment
from local.service import Service, client
from local.setup import QUIET_JSII

ROOT = Path(__file__).resolve().parent.parent
CDK = ROOT / "node_modules" / ".bin" / "cdk"
CDK_TIMEOUT_S = 300
OUTPUT_TAIL_LINES = 30
BOOTSTRAP_STACK = "CDKToolkit"
FUNCTION_URL = re.compile(r"https://([^./]+)\.lambda-url\.[^/]+/")
API_URL = re.compile(r"https://([^./]+)\.execute-api\.[^/]+/")

Say = Callable[[str], None]


class DeployError(Exception):
    """A CDK command failed; the text holds the end of what it printed."""


class SynthError(DeployError):
    """The app itself is broken: no other emulator would take it."""


def local_url(url: str, endpoint_url: str) -> str:
    """Return where the emulator serves a function's or a REST API's URL; other text stays as it is."""
    url = FUNCTION_URL.sub(rf"{endpoint_url}/_aws/lambda-url/\1/", url)
    return API_URL.sub(rf"{endpoint_url}/_aws/execute-api/\1/", url)


def cdk_environment(emulator: Emulator) -> dict[str, str]:
    """Return the caller's environment with every AWS setting replaced by the emulator's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return (
        kept
        | QUIET_JSII
        | client_environment(emulator.endpoint_url)
        | processes.marked(emulator.folder)
        | {
            # `python3` of cdk.json is the one that runs this.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "NO_COLOR": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
    )


@dataclass(frozen=True, slots=True)
class Cdk:
    """The CDK command line, bound to one emulator and one stage."""

    emulator: Emulator
    stage: str = "local"
    app: str | None = None
    """Another app than cdk.json's, as a command."""

    def deploy(self, say: Say = print) -> Service:
        """Bring the stage's one stack up to date and return where it is; raises as `deploy_stacks`."""
        (service,) = self.deploy_stages(say).values()
        return service

    def deploy_stages(self, say: Say = print) -> dict[str, Service]:
        """Bring the app's stacks, a stage each, up to date; return where they are, by their names."""
        endpoint_url = self.emulator.endpoint_url
        return {
            stack_name: Service(
                ingest_url=local_url(outputs["IngestFunctionUrl"], endpoint_url),
                read_url=local_url(outputs["ReadRecentFunctionUrl"], endpoint_url),
                table_name=outputs["DynamoDBTableName"],
                endpoint_url=endpoint_url,
                stack_name=stack_name,
                outputs=outputs,
            )
            for stack_name, outputs in self.deploy_stacks(say).items()
        }

    def deploy_stacks(self, say: Say = print) -> dict[str, dict[str, str]]:
        """Bring the app's stacks up to date and return the outputs of each.

        Raises:
            SynthError: the app fails, or the CDK itself.
            DeployError: CloudFormation refuses.
        """
        assembly = str(self.folder / "cdk.out")
        synth = ["synth", "--quiet", "--output", assembly, "--context", f"stage={self.stage}"]
        if self.app:
            synth += ["--app", self.app]
        bootstrapped = self.is_bootstrapped()
        with (
            _timed("cdk synth" if bootstrapped else "cdk bootstrap, and cdk synth beside it", say),
            self._running("synth", synth, SynthError),
        ):
            if not bootstrapped:
                self.bootstrap()
        outputs = self.folder / "outputs.json"
        outputs.unlink(missing_ok=True)
        deploy = ["deploy", "--all", "--app", assembly, "--outputs-file", str(outputs)]
        with (
            _timed("cdk deploy", say),
            self._running("deploy", [*deploy, "--require-approval", "never"], DeployError),
        ):
            pass
        stacks: dict[str, dict[str, str]] = json.loads(outputs.read_text())
        return stacks

    def is_bootstrapped(self) -> bool:
        """Tell whether the emulated account has the CDK's own stack, whole."""
        cloudformation = client(self.emulator.endpoint_url, "cloudformation")
        try:
            (stack,) = cloudformation.describe_stacks(StackName=BOOTSTRAP_STACK)["Stacks"]
        except ClientError:
            return False
        return stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}

    def bootstrap(self) -> None:
        """Make the CDK's own stack in the emulated account."""
        # Where no cdk.json is, so that the CDK doesn't run the app, which has no part in this.
        where = self.folder
        with self._running("bootstrap", ["bootstrap", f"aws://{ACCOUNT}/{REGION}"], DeployError, where):
            pass

    @property
    def folder(self) -> Path:
        """Where this stage's assembly, outputs and logs are, apart from other deploys' ones."""
        return self.emulator.folder / f"cdk-{self.stage}"

    @contextlib.contextmanager
    def _running(
        self, name: str, arguments: list[str], error: type[DeployError], where: Path = ROOT
    ) -> Iterator[None]:
        """Run a CDK command beside the body and wait for it; it is ended if the body fails."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - the pinned CDK with our own arguments
                [CDK, *arguments, "--no-notices", "--no-version-reporting"],
                cwd=where,
                env=cdk_environment(self.emulator),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield
            code = process.wait(CDK_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise error(f"`cdk {name}` took more than {CDK_TIMEOUT_S} s:\n{_tail(log)}") from None
        finally:
            _end_group(process)
        if code != 0:
            raise error(f"`cdk {name}` failed:\n{_tail(log)}")


@contextlib.contextmanager
def _timed(name: str, say: Say) -> Iterator[None]:
    started = time.monotonic()
    yield
    say(f"{name}: {time.monotonic() - started:.1f} s")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a command: the CDK starts Python, which starts Node.js."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-OUTPUT_TAIL_LINES:]
    return "\n".join(f"  {line}" for line in lines)
