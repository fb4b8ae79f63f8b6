"""Stages beside those of infra/stages.py, with the settings that none of those has."""

from dataclasses import replace

from infra.stages import LOCAL_VARIANTS, STAGES, Auth, Edge, Stage

_PRODUCTION = STAGES["production"]
VARIANTS: dict[str, Stage] = {
    "token": replace(
        _PRODUCTION,
        name="token",
        auth=Auth.TOKEN,
        cors_origins=("https://logs.example.com", "http://localhost:8080"),
        alarm_email="on-call@example.com",
    ),
    "api-iam": replace(
        _PRODUCTION,
        name="api-iam",
        edge=Edge.API_GATEWAY,
        cors_origins=("https://logs.example.com", "http://localhost:8080"),
        requests_per_day=100_000,
        waf_allow_cidrs=("192.0.2.0/24", "2001:db8::/32"),
        waf_deny_cidrs=("192.0.2.128/25",),
    ),
    "log-groups": replace(
        _PRODUCTION, name="log-groups", log_groups=("/aws/lambda/shop", "/ecs/checkout"), monitored=False
    ),
    "api-token": replace(_PRODUCTION, name="api-token", auth=Auth.TOKEN, edge=Edge.API_GATEWAY),
}
ALL: dict[str, Stage] = {**STAGES, **VARIANTS, "local-api-none": LOCAL_VARIANTS["local-api-none"]}
BEHIND_API = [name for name, stage in ALL.items() if stage.edge is Edge.API_GATEWAY]
WITH_URLS = [name for name, stage in ALL.items() if stage.edge is Edge.FUNCTION_URL]
ON_AWS = [name for name, stage in ALL.items() if not stage.on_this_machine]
