"""The command line of a stage's owner: access keys and redrive. Not in the Lambda asset."""
