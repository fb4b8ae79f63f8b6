"""The one way in which anything is written: a put that leaves what stands as it is."""

from logstead.storage.client import CONDITION_FAILED, DynamoDBClient, storage_failures
from logstead.storage.item import Item


def put_if_absent(client: DynamoDBClient, table_name: str, item: Item, now_s: int) -> Item | None:
    """Put an item whose key is free, with no read first; return the item that stands where it is not.

    An expired item that TTL has not deleted yet counts as gone.

    Raises:
        StorageUnavailable, StorageMisconfigured: see `storage_failures`.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415  # see storage.client

    with storage_failures():
        try:
            client.put_item(
                TableName=table_name,
                Item=item,
                ConditionExpression="attribute_not_exists(LogID) OR ExpiresAt <= :now",
                ExpressionAttributeValues={":now": {"N": str(now_s)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != CONDITION_FAILED:
                raise
            standing: Item = error.response.get("Item") or {}
            return standing
    return None
