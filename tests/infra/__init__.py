"""What the CDK app makes, checked without a cloud."""
