"""Edge `api-gateway`: one REST API before both HTTP functions, throttled and logged (docs/adr/0011)."""

from typing import Any

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra import cors, logical_id
from infra.api_routes import add_routes
from infra.api_stage import STAGE_NAME, api_stage_options
from infra.functions import ServiceFunction
from infra.gateway_replies import describe_errors
from infra.stages import Auth, Stage


class RestApi(Construct):
    """The API, its one stage and its access log; `url` is what both outputs say."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        ingest: ServiceFunction,
        read: ServiceFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=stage.stack_name,
            description=f"Logstead, stage {stage.name}",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # Everything is bytes: what is compressed arrives whole, and zipped replies leave as such.
            binary_media_types=["*/*"],
            # The account's right to write logs: without it the deploy fails where no other API has set it.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
            deploy_options=api_stage_options(self, stage),
            default_method_options=apigateway.MethodOptions(
                authorization_type=apigateway.AuthorizationType.IAM
                if stage.auth is Auth.IAM
                else apigateway.AuthorizationType.NONE,
                api_key_required=stage.requests_per_day is not None,
            ),
            default_cors_preflight_options=self._cors(),
        )
        logical_id.fix(self.api, "Api")
        self.api.node.try_remove_child("Endpoint")  # an output under a name of its own
        add_routes(self.api, ingest, read)
        describe_errors(self.api)
        if stage.requests_per_day is not None:
            self._require_keys(stage.requests_per_day)
        Validations.of(self.api).acknowledge(*_acknowledgements(stage))
        self.url = self.api.url
        self.stage_arn = self.api.deployment_stage.stage_arn
        self.arn_prefix = self.api.arn_for_execute_api("*", "/", STAGE_NAME).removesuffix("/*/")

    def _cors(self) -> Any:
        if not self._stage.cors_origins:
            return None
        return apigateway.CorsOptions(
            allow_origins=list(self._stage.cors_origins),
            allow_methods=[*cors.INGEST_METHODS, *cors.READ_METHODS],
            allow_headers=list(cors.HEADERS),
            max_age=Duration.seconds(cors.MAX_AGE_S),
        )

    def _require_keys(self, requests_per_day: int) -> None:
        plan = self.api.add_usage_plan(
            "UsagePlan",
            throttle=apigateway.ThrottleSettings(
                rate_limit=self._stage.requests_per_second, burst_limit=self._stage.requests_burst
            ),
            quota=apigateway.QuotaSettings(limit=requests_per_day, period=apigateway.Period.DAY),
            api_stages=[apigateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)],
        )
        key = apigateway.ApiKey(self, "Key")
        logical_id.fix(key, "ApiKey")
        plan.add_api_key(key)


def _acknowledgements(stage: Stage) -> list[Acknowledgment]:
    rules = {
        "AwsSolutions::AwsSolutions-APIG2": "The functions validate requests, and say what is wrong where.",
        "AwsSolutions::AwsSolutions-APIG6": "Execution logs would hold what is logged, and callers' keys.",
        "AwsSolutions::AwsSolutions-COG4": "Callers are machines: they sign, or hold a key of the stage.",
        "AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AmazonAPIGatewayPushToCloudWatchLogs]": "The account's one right of API Gateway, as AWS defines it.",
        "Serverless::Serverless-APIGWXrayEnabled": "Billed by the trace for a path of two hops.",
    }
    if stage.auth is not Auth.IAM:
        rules["AwsSolutions::AwsSolutions-APIG4"] = "The functions ask for the key, or the stage is open."
    if stage.on_this_machine:
        rules["AwsSolutions::AwsSolutions-APIG3"] = "The emulator has no firewall, and refuses to set one up."
    return [Acknowledgment(id=rule, reason=reason) for rule, reason in rules.items()]
