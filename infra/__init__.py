"""The CDK app: what `cdk deploy` makes, and from which settings. The runtime never imports it."""
