"""Logical ids that no refactoring may change."""

from aws_cdk import CfnResource
from constructs import Construct


def fix(construct: Construct, logical_id: str) -> CfnResource:
    """Return the construct's resource, which has this logical id from now on.

    CDK makes ids up from where a construct stands, and a resource whose id changes is replaced: by an empty
    table, or at another URL.
    """
    resource = construct.node.default_child
    if not isinstance(resource, CfnResource):
        raise TypeError(f"{construct.node.path} has no resource of its own")
    resource.override_logical_id(logical_id)
    return resource
