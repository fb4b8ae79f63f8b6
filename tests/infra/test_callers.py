"""With auth `iam`: the two policies that let others in, and nothing more."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.stages import Auth
from tests.infra.synthesis import INGEST, READ, Synthesis
from tests.infra.variants import ALL

Synthesize = Callable[[str], Synthesis]


def test_a_writer_may_call_the_ingest_url_and_a_reader_the_read_url(synthesize: Synthesize) -> None:
    """Both rights that a URL needs, and by no other way than the URL."""
    synthesis = synthesize("production")
    for name, handler in (("Writer", INGEST), ("Reader", READ)):
        arn = {"Fn::GetAtt": [synthesis.function(handler), "Arn"]}
        assert _statements(synthesis, name) == [
            {
                "Action": "lambda:InvokeFunctionUrl",
                "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
                "Effect": "Allow",
                "Resource": arn,
            },
            {
                "Action": "lambda:InvokeFunction",
                "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
                "Effect": "Allow",
                "Resource": arn,
            },
        ]


def test_behind_the_api_a_writer_may_post_and_a_reader_get(synthesize: Synthesize) -> None:
    """By method and path, on this API's stage alone."""
    agents = [f"*/{path}{below}" for path in ("v1", "loki", "es", "firehose") for below in ("", "/*")]
    for name, calls in (("Writer", ["POST/", "*/ready", *agents]), ("Reader", ["GET/*", "HEAD/*"])):
        (statement,) = _statements(synthesize("api-iam"), name)
        assert (statement["Action"], statement["Effect"]) == ("execute-api:Invoke", "Allow")
        assert sorted(map(_after_api, statement["Resource"])) == sorted(f"/live/{call}" for call in calls)


@pytest.mark.parametrize("name", list(ALL))
def test_policies_and_their_outputs_are_there_where_callers_sign(name: str, synthesize: Synthesize) -> None:
    """Elsewhere they would let nobody in."""
    synthesis = synthesize(name)
    policies = synthesis.resources("AWS::IAM::ManagedPolicy")
    assert len(policies) == (2 if ALL[name].auth is Auth.IAM else 0)
    for policy in policies.values():
        assert not {"Users", "Roles", "Groups", "ManagedPolicyName"} & set(policy["Properties"])


def _statements(synthesis: Synthesis, name: str) -> list[dict[str, Any]]:
    policy = synthesis.template["Outputs"][f"{name}PolicyArn"]["Value"]["Ref"]
    statements: list[dict[str, Any]] = synthesis.properties(policy)["PolicyDocument"]["Statement"]
    return statements


def _after_api(resource: dict[str, Any]) -> str:
    *_, api, path = resource["Fn::Join"][1]
    assert api == {"Ref": "Api"}
    return str(path)
