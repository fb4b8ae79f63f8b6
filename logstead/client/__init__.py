"""For programs that post to a stage or read from it. Not in the Lambda asset."""
