"""Edge `function-url`: each function's own URL, who may call it and from where."""

from collections.abc import Callable

import pytest

from infra.stages import Auth
from tests.infra.synthesis import INGEST, READ, Synthesis
from tests.infra.variants import ALL, WITH_URLS

Synthesize = Callable[[str], Synthesis]
NOT_SIGNED = [name for name in WITH_URLS if ALL[name].auth is not Auth.IAM]


@pytest.mark.parametrize("name", WITH_URLS)
def test_each_output_is_its_functions_own_url(name: str, synthesize: Synthesize) -> None:
    """Scripts read these names."""
    synthesis = synthesize(name)
    for output, handler in (("IngestFunctionUrl", INGEST), ("ReadRecentFunctionUrl", READ)):
        url, attribute = synthesis.template["Outputs"][output]["Value"]["Fn::GetAtt"]
        assert attribute == "FunctionUrl"
        assert synthesis.properties(url)["TargetFunctionArn"] == {
            "Fn::GetAtt": [synthesis.function(handler), "Arn"]
        }


@pytest.mark.parametrize("name", NOT_SIGNED)
def test_open_urls_can_be_called_by_anybody_but_only_as_urls(name: str, synthesize: Synthesize) -> None:
    """`lambda:InvokeFunction` without its condition would let anybody send a forged event."""
    synthesis = synthesize(name)
    urls = synthesis.resources("AWS::Lambda::Url")
    assert [url["Properties"]["AuthType"] for url in urls.values()] == ["NONE", "NONE"]
    permissions = [
        permission["Properties"] for permission in synthesis.resources("AWS::Lambda::Permission").values()
    ]
    for handler in (INGEST, READ):
        function = {"Fn::GetAtt": [synthesis.function(handler), "Arn"]}
        assert {
            "Action": "lambda:InvokeFunctionUrl",
            "FunctionName": function,
            "FunctionUrlAuthType": "NONE",
            "Principal": "*",
        } in permissions
        assert {
            "Action": "lambda:InvokeFunction",
            "FunctionName": function,
            "InvokedViaFunctionUrl": True,
            "Principal": "*",
        } in permissions
    assert len(permissions) == 4


def test_production_asks_who_is_calling(synthesize: Synthesize) -> None:
    """SigV4 at the door, and no resource policy that lets anybody in beside it."""
    synthesis = synthesize("production")
    urls = synthesis.resources("AWS::Lambda::Url")
    assert [url["Properties"]["AuthType"] for url in urls.values()] == ["AWS_IAM", "AWS_IAM"]
    assert synthesis.resources("AWS::Lambda::Permission") == {}


def test_a_browser_is_let_in_from_the_stages_origins_alone(synthesize: Synthesize) -> None:
    """Each by its exact name, without credentials, and preflights are kept for two hours."""
    for url, methods in (("IngestUrl", ["POST"]), ("ReadUrl", ["GET", "HEAD"])):
        cors = synthesize("token").properties(url)["Cors"]
        assert cors["AllowOrigins"] == ["https://logs.example.com", "http://localhost:8080"]
        assert cors["AllowMethods"] == methods
        assert {"authorization", "content-type", "idempotency-key"} <= set(cors["AllowHeaders"])
        assert "*" not in cors["AllowHeaders"]
        assert "logstead-next-cursor" in cors["ExposeHeaders"]
        assert cors["MaxAge"] == 7_200
        assert "AllowCredentials" not in cors


def test_without_origins_no_browser_is_let_in(synthesize: Synthesize) -> None:
    """The default."""
    for name in ("demo", "production", "local"):
        for url in synthesize(name).resources("AWS::Lambda::Url").values():
            assert "Cors" not in url["Properties"]
