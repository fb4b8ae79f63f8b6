"""DynamoDB: how entries become items, and items entries."""
