"""The REST API's routes: which method and path reaches which function, and how preflights are answered."""

from collections.abc import Sequence

from aws_cdk import aws_apigateway as apigateway

from infra import cors
from infra.functions import ServiceFunction

INGEST_PATHS = ("v1", "loki", "es", "firehose")
"""What agents post to, and probe, with whatever methods, at these paths and below them."""


def add_routes(api: apigateway.RestApi, ingest: ServiceFunction, read: ServiceFunction) -> None:
    """Give agents' paths and what posts to ingest, the rest to read; a more exact path wins."""
    to_ingest, to_read = _proxy_to(ingest), _proxy_to(read)
    reads = [api.root, api.root.add_resource("{proxy+}")]
    agents = [api.root.add_resource("ready")]
    for path in INGEST_PATHS:
        top = api.root.add_resource(path)
        agents += [top, top.add_resource("{proxy+}")]
    api.root.add_method("POST", to_ingest)
    for resource in reads:
        for method in cors.READ_METHODS:
            resource.add_method(method, to_read)
    for resource in agents:
        resource.add_method("ANY", to_ingest)
    _answer_preflights_as_text((*reads, *agents))


def _proxy_to(function: ServiceFunction) -> apigateway.LambdaIntegration:
    return apigateway.LambdaIntegration(function.function, proxy=True, scope_permission_to_method=False)


def _answer_preflights_as_text(resources: Sequence[apigateway.IResource]) -> None:
    """Have the answers to preflights made as text: as binary, which all types are here, each is a 500."""
    for resource in resources:
        preflight = resource.node.try_find_child("OPTIONS")
        if preflight is not None:
            method = preflight.node.default_child
            if not isinstance(method, apigateway.CfnMethod):
                raise TypeError(f"{preflight.node.path} is no method")
            for place in ("Integration", "Integration.IntegrationResponses.0"):
                method.add_property_override(f"{place}.ContentHandling", "CONVERT_TO_TEXT")
