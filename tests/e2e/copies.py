"""Copies of the deployed functions with other settings, so that the shared ones stay as they are."""

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final, Self

from local.deploy import local_url
from local.failures import PLATFORM_LINES
from local.service import Reply, Service, request

ANY_TABLE: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}],
}
LAMBDA_MAY: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ],
}


class Copy:
    """A function with the code of a deployed one and a URL of its own."""

    def __init__(self, service: Service, name: str, url: str) -> None:
        self._service = service
        self.name = name
        self.url = url

    def request(self, method: str = "GET", path: str = "", body: bytes | None = None) -> Reply:
        """Send one request."""
        return request(method, self.url + path, body=body)

    def logged(self) -> list[dict[str, Any]]:
        """Return all that the function itself has printed, a JSON line each."""
        events = self._service.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{self.name}")
        printed = [event["message"] for event in events["events"]]
        return [json.loads(line) for line in printed if not line.startswith(PLATFORM_LINES)]


class Copies:
    """Makes copies, tables and a role, and deletes them all at its end; a context manager."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lambda = service.client("lambda")
        self._dynamodb = service.client("dynamodb")
        self._iam = service.client("iam")
        self._names: list[str] = []
        self._tables: list[str] = []
        self._code: dict[str, bytes] = {}
        self._role = f"any-table-{uuid.uuid4()}"
        self._role_arn = ""

    def __enter__(self) -> Self:
        role = self._iam.create_role(RoleName=self._role, AssumeRolePolicyDocument=json.dumps(LAMBDA_MAY))
        self._iam.put_role_policy(
            RoleName=self._role, PolicyName="any-table", PolicyDocument=json.dumps(ANY_TABLE)
        )
        self._role_arn = role["Role"]["Arn"]
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._names:
            self._lambda.delete_function(FunctionName=name)
        for name in self._tables:
            self._dynamodb.delete_table(TableName=name)
        self._iam.delete_role_policy(RoleName=self._role, PolicyName="any-table")
        self._iam.delete_role(RoleName=self._role)

    def make(self, prefix: str, settings: Mapping[str, str | None], *, any_table: bool = False) -> Copy:
        """Copy `Ingest` or `Read` with other variables (None: without it), and its role or a wider one."""
        deployed = self._service.function(prefix)
        variables = {**deployed["Environment"]["Variables"], **settings}
        name = f"copy-{uuid.uuid4()}"
        self._lambda.create_function(
            FunctionName=name,
            Runtime=deployed["Runtime"],
            Handler=deployed["Handler"],
            Role=self._role_arn if any_table else deployed["Role"],
            Timeout=deployed["Timeout"],
            Code={"ZipFile": self._code_of(deployed["FunctionName"])},
            Environment={"Variables": {key: held for key, held in variables.items() if held is not None}},
        )
        self._names.append(name)
        url = self._lambda.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
        return Copy(self._service, name, local_url(url, self._service.endpoint_url))

    def make_table(self, key: str = "LogID") -> str:
        """Make a table without an index, by this key; return its name."""
        name = f"Table{uuid.uuid4()}"
        self._dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._tables.append(name)
        return name

    def _code_of(self, function: str) -> bytes:
        if function not in self._code:
            location = self._lambda.get_function(FunctionName=function)["Code"]["Location"]
            self._code[function] = request("GET", location).body
        return self._code[function]
