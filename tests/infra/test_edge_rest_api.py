"""Edge `api-gateway`: what the REST API routes where, to whom, how much of it, and what it logs."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.stages import Auth
from tests.infra.synthesis import INGEST, READ, Synthesis
from tests.infra.variants import ALL, BEHIND_API, ON_AWS, WITH_URLS

Synthesize = Callable[[str], Synthesis]
AGENTS = ("v1", "loki", "es", "firehose")
ROUTES = {
    ("POST", "/"): INGEST,
    ("GET", "/"): READ,
    ("HEAD", "/"): READ,
    ("GET", "/{proxy+}"): READ,
    ("HEAD", "/{proxy+}"): READ,
    ("ANY", "/ready"): INGEST,
    **{("ANY", f"/{path}"): INGEST for path in AGENTS},
    **{("ANY", f"/{path}/{{proxy+}}"): INGEST for path in AGENTS},
}
TO_LAMBDA = "/invocations"


@pytest.mark.parametrize("name", BEHIND_API)
def test_posts_and_agents_reach_ingest_and_the_rest_read(name: str, synthesize: Synthesize) -> None:
    """The whole list of routes, each a proxy to its function."""
    synthesis = synthesize(name)
    found = {}
    for route, method in _methods(synthesis).items():
        if route[0] != "OPTIONS":
            integration = json.dumps(method["Integration"])
            assert method["Integration"]["Type"] == "AWS_PROXY"
            (handler,) = (one for one in (INGEST, READ) if f'"{synthesis.function(one)}"' in integration)
            found[route] = handler
    assert found == ROUTES


@pytest.mark.parametrize("name", BEHIND_API)
def test_both_outputs_are_the_apis_url_and_no_function_has_one(name: str, synthesize: Synthesize) -> None:
    """A way around the edge would make it useless."""
    synthesis = synthesize(name)
    outputs = synthesis.template["Outputs"]
    assert outputs["IngestFunctionUrl"]["Value"] == outputs["ReadRecentFunctionUrl"]["Value"]
    assert '".execute-api."' in json.dumps(outputs["IngestFunctionUrl"])
    assert synthesis.resources("AWS::Lambda::Url") == {}
    for permission in synthesis.resources("AWS::Lambda::Permission").values():
        assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert permission["Properties"]["Action"] == "lambda:InvokeFunction"
        assert '{"Ref": "Api"}' in json.dumps(permission["Properties"]["SourceArn"])


@pytest.mark.parametrize("name", BEHIND_API)
def test_every_method_asks_for_what_the_stage_asks_for(name: str, synthesize: Synthesize) -> None:
    """Preflights alone are open: a browser can't sign them."""
    iam, keys = ALL[name].auth is Auth.IAM, ALL[name].requests_per_day is not None
    for (method, _), properties in _methods(synthesize(name)).items():
        if method == "OPTIONS":
            assert (properties["AuthorizationType"], properties.get("ApiKeyRequired", False)) == (
                "NONE",
                False,
            )
        else:
            assert properties["AuthorizationType"] == ("AWS_IAM" if iam else "NONE")
            assert properties.get("ApiKeyRequired", False) is keys


@pytest.mark.parametrize("name", BEHIND_API)
def test_bodies_pass_as_bytes(name: str, synthesize: Synthesize) -> None:
    """Compressed ones and protobuf would be mangled as text, and zipped replies sent in base64."""
    api = synthesize(name).properties("Api")
    assert api["BinaryMediaTypes"] == ["*/*"]
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


@pytest.mark.parametrize("name", BEHIND_API)
def test_all_callers_together_are_throttled(name: str, synthesize: Synthesize) -> None:
    """On the API's stage, for every method."""
    (settings,) = _stage(synthesize(name))["MethodSettings"]
    assert settings == {
        "DataTraceEnabled": False,
        "HttpMethod": "*",
        "LoggingLevel": "OFF",
        "ResourcePath": "/*",
        "ThrottlingBurstLimit": 200,
        "ThrottlingRateLimit": 100,
    }


@pytest.mark.parametrize("name", BEHIND_API)
def test_the_access_log_tells_who_called_and_never_what_was_sent(name: str, synthesize: Synthesize) -> None:
    """No body, no header, no query string and no path, which may hold what callers meant to keep."""
    synthesis = synthesize(name)
    log = _stage(synthesis)["AccessLogSetting"]
    assert log["DestinationArn"]["Fn::Join"][1][-1] == {"Ref": "ApiAccessLogs"}
    variables = set(re.findall(r"\$(?:context\.)?([\w.]+)", log["Format"]))
    assert {"status", "identity.sourceIp", "requestId", "httpMethod", "resourcePath"} <= variables
    assert not [
        variable for variable in variables if re.search("path$|input|header|query|body|userAgent", variable)
    ]
    assert isinstance(json.loads(log["Format"]), dict)
    assert synthesis.properties("ApiAccessLogs")["RetentionInDays"] in {30, 90}


def test_an_api_key_has_a_quota_and_a_throttle(synthesize: Synthesize) -> None:
    """Where the stage sets one; the key's value is AWS's secret."""
    synthesis = synthesize("api-iam")
    (plan,) = synthesis.resources("AWS::ApiGateway::UsagePlan").values()
    assert plan["Properties"]["Quota"] == {"Limit": 100_000, "Period": "DAY"}
    assert plan["Properties"]["Throttle"] == {"BurstLimit": 200, "RateLimit": 100}
    assert plan["Properties"]["ApiStages"][0]["ApiId"] == {"Ref": "Api"}
    key = synthesis.properties("ApiKey")
    assert "Value" not in key
    for other in ("api-token", "local-api-none"):
        assert synthesize(other).resources("AWS::ApiGateway::ApiKey") == {}


def test_a_preflight_is_answered_for_the_stages_origins_and_kept(synthesize: Synthesize) -> None:
    """By API Gateway itself, as text, since all types are binary; credentials are never allowed."""
    preflights = [
        method for (verb, _), method in _methods(synthesize("api-iam")).items() if verb == "OPTIONS"
    ]
    assert len(preflights) == len({path for _, path in ROUTES})
    for method in preflights:
        integration = method["Integration"]
        (reply,) = integration["IntegrationResponses"]
        headers = {name.rpartition(".")[2]: value for name, value in reply["ResponseParameters"].items()}
        assert headers["Access-Control-Allow-Origin"] == "'https://logs.example.com'"
        assert headers["Access-Control-Max-Age"] == "'7200'"
        assert "Access-Control-Allow-Credentials" not in headers
        assert "http://localhost:8080" in json.dumps(reply["ResponseTemplates"])
        assert integration["ContentHandling"] == reply["ContentHandling"] == "CONVERT_TO_TEXT"


def test_without_origins_there_are_no_preflights(synthesize: Synthesize) -> None:
    """The default."""
    assert not [verb for verb, _ in _methods(synthesize("api-token")) if verb == "OPTIONS"]


@pytest.mark.parametrize("name", BEHIND_API)
def test_what_api_gateway_refuses_by_itself_is_a_problem_with_security_headers(
    name: str, synthesize: Synthesize
) -> None:
    """Also where no function is reached."""
    replies = synthesize(name).resources("AWS::ApiGateway::GatewayResponse").values()
    assert {reply["Properties"]["ResponseType"] for reply in replies} == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for reply in replies:
        headers = reply["Properties"]["ResponseParameters"]
        assert headers["gatewayresponse.header.x-content-type-options"] == "'nosniff'"
        assert headers["gatewayresponse.header.strict-transport-security"] == "'max-age=31536000'"
        template = reply["Properties"]["ResponseTemplates"]["application/json"]
        problem = json.loads(template.replace("$context.error.messageString", '"Forbidden"'))
        assert problem["type"] == "urn:logstead:problem:edge"


@pytest.mark.parametrize("name", [name for name in BEHIND_API if name in ON_AWS])
def test_a_firewall_stands_before_the_api(name: str, synthesize: Synthesize) -> None:
    """Each address has a rate; what the firewall saw of requests, and so of keys, is not kept."""
    synthesis = synthesize(name)
    (acl,) = (one["Properties"] for one in synthesis.resources("AWS::WAFv2::WebACL").values())
    assert acl["Scope"] == "REGIONAL"
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert rules["TooMany"]["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
        "Limit": 30_000,
    }
    assert [rule["Action"] for rule in acl["Rules"]] == [{"Block": {}}] * len(rules)
    for one in (acl, *acl["Rules"]):
        assert one["VisibilityConfig"]["SampledRequestsEnabled"] is False
    (association,) = synthesis.resources("AWS::WAFv2::WebACLAssociation").values()
    assert "/stages/" in json.dumps(association["Properties"]["ResourceArn"])


def test_denied_addresses_come_first_and_others_than_the_allowed_ones_next(synthesize: Synthesize) -> None:
    """Both versions of IP, each in a set of its own."""
    synthesis = synthesize("api-iam")
    sets = {
        logical_id: (one["Properties"]["IPAddressVersion"], one["Properties"]["Addresses"])
        for logical_id, one in synthesis.resources("AWS::WAFv2::IPSet").items()
    }
    assert sorted(sets.values()) == [
        ("IPV4", ["192.0.2.0/24"]),
        ("IPV4", ["192.0.2.128/25"]),
        ("IPV6", ["2001:db8::/32"]),
    ]
    (acl,) = (one["Properties"] for one in synthesis.resources("AWS::WAFv2::WebACL").values())
    denied, not_allowed, too_many = sorted(acl["Rules"], key=lambda rule: rule["Priority"])
    assert (denied["Name"], not_allowed["Name"], too_many["Name"]) == ("Denied", "NotAllowed", "TooMany")
    assert _sets_of(denied["Statement"], sets) == [["192.0.2.128/25"]]
    (inner,) = not_allowed["Statement"].values()
    assert _sets_of(inner["Statement"], sets) == [["192.0.2.0/24"], ["2001:db8::/32"]]
    assert list(not_allowed["Statement"]) == ["NotStatement"]


@pytest.mark.parametrize("name", (*WITH_URLS, "local-api-none"))
def test_elsewhere_there_is_no_firewall(name: str, synthesize: Synthesize) -> None:
    """It would cost without protecting anything; and the emulator has none."""
    assert synthesize(name).resources("AWS::WAFv2::WebACL") == {}


def _methods(synthesis: Synthesis) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the methods' properties by verb and path."""
    resources = synthesis.resources("AWS::ApiGateway::Resource")

    def path(reference: dict[str, Any]) -> str:
        if "Ref" not in reference:
            return ""  # the API's root
        properties = resources[reference["Ref"]]["Properties"]
        return f"{path(properties['ParentId'])}/{properties['PathPart']}"

    return {
        (method["Properties"]["HttpMethod"], path(method["Properties"]["ResourceId"]) or "/"): method[
            "Properties"
        ]
        for method in synthesis.resources("AWS::ApiGateway::Method").values()
    }


def _stage(synthesis: Synthesis) -> dict[str, Any]:
    (stage,) = synthesis.resources("AWS::ApiGateway::Stage").values()
    properties: dict[str, Any] = stage["Properties"]
    assert properties["StageName"] == "live"
    return properties


def _sets_of(statement: dict[str, Any], sets: dict[str, tuple[str, list[str]]]) -> list[list[str]]:
    """Return the addresses of the sets that a statement names, in its order."""
    return [sets[name][1] for name in re.findall(r'"Fn::GetAtt": \["(\w+)", "Arn"\]', json.dumps(statement))]
