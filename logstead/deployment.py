"""Names that a deployment and its command line share."""


def stack_name(stage: str) -> str:
    """Return the name of a stage's stack: no two stages share one."""
    return "LogsteadStack" if stage == "demo" else f"LogsteadStack-{stage}"


def keys_path(stage: str) -> str:
    """Return the SSM path that a stage's access keys stand under, one parameter a key."""
    return f"/logstead/{stage}/keys"
