"""An in-memory DynamoDB: the calls, conditions, pages and errors that the service relies on.

Errors are botocore's own. What it does not know (another expression, another argument) it refuses, so
that a test never passes by a fake's leniency.
"""

import hashlib
import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, dict[str, Any]]

ITEM_BYTES_MAX = 400 * 1024
PAGE_BYTES_MAX = 1024 * 1024
_INDEX_KEYS = ("LogID", "LogType", "DateTime")
_PUT_ARGUMENTS = {
    "TableName",
    "Item",
    "ConditionExpression",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
}
_QUERY_ARGUMENTS = {
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "FilterExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ProjectionExpression",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
}


def client_error(
    code: str, operation: str, *, message: str = "", status: int = 400, item: Item | None = None
) -> ClientError:
    """Return the error that botocore raises for DynamoDB's error `code`."""
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "fake"},
    }
    if item is not None:
        response["Item"] = item
    return ClientError(response, operation)


class FakeDynamoDB:
    """A table with its index, in memory. `calls` are the calls made, in order.

    `tie_salt` chooses the order of equal times in the index; `lagging` holds the LogIDs that neither the
    index nor an eventually consistent read shows yet. Both may change between calls.
    """

    def __init__(
        self, *, table_name: str = "LogTable", page_bytes_max: int = PAGE_BYTES_MAX, tie_salt: str = ""
    ) -> None:
        self.items: dict[str, Item] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._table_name = table_name
        self._page_bytes_max = page_bytes_max
        self.tie_salt = tie_salt
        self.lagging: set[str] = set()
        self._one_write = threading.Lock()
        self._faults: dict[str, deque[tuple[Exception, bool]]] = defaultdict(deque)

    def fail(self, operation: str, error: Exception, *, after_effect: bool = False) -> None:
        """Let the next call of `operation` fail; `after_effect`: it takes effect and its reply is lost."""
        self._faults[operation].append((error, after_effect))

    def operations(self) -> list[str]:
        """Return the names of the calls made, in order."""
        return [operation for operation, _ in self.calls]

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Put one item where its condition holds."""
        return self._call("put_item", arguments, self._put)

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        """Get one item by its key."""
        return self._call("get_item", arguments, self._get)

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        """Get up to 100 items of the one table, by key; those that are not there are left out."""
        ((table_name, wanted),) = arguments["RequestItems"].items()
        return self._call("batch_get_item", {"TableName": table_name, **wanted}, self._batch_get)

    def query(self, **arguments: Any) -> dict[str, Any]:
        """Query one page of the index."""
        return self._call("query", arguments, self._query)

    def _call(
        self,
        operation: str,
        arguments: dict[str, Any],
        perform: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> dict[str, Any]:
        self.calls.append((operation, arguments))
        error, after_effect = self._faults[operation].popleft() if self._faults[operation] else (None, True)
        if error is not None and not after_effect:
            raise error
        if arguments["TableName"] != self._table_name:
            raise client_error("ResourceNotFoundException", operation, message="Requested resource not found")
        reply = perform(arguments)
        if error is not None:
            raise error
        return reply

    def _put(self, arguments: dict[str, Any]) -> dict[str, Any]:
        _refuse_unknown("PutItem", arguments, _PUT_ARGUMENTS)
        item: Item = arguments["Item"]
        _check_item(item)
        with self._one_write:
            return self._put_where_it_holds(item, arguments)

    def _put_where_it_holds(self, item: Item, arguments: dict[str, Any]) -> dict[str, Any]:
        standing = self.items.get(item["LogID"]["S"])
        values = arguments.get("ExpressionAttributeValues", {})
        if not _holds(arguments.get("ConditionExpression", ""), standing or {}, values):
            old = standing if arguments.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
            message = "The conditional request failed"
            raise client_error("ConditionalCheckFailedException", "PutItem", message=message, item=old)
        self.items[item["LogID"]["S"]] = item
        return {}

    def _get(self, arguments: dict[str, Any]) -> dict[str, Any]:
        _refuse_unknown("GetItem", arguments, {"TableName", "Key", "ConsistentRead"})
        item = self.items.get(arguments["Key"]["LogID"]["S"])
        return {} if item is None else {"Item": item}

    def _batch_get(self, arguments: dict[str, Any]) -> dict[str, Any]:
        known = {"TableName", "Keys", "ProjectionExpression", "ConsistentRead"}
        _refuse_unknown("BatchGetItem", arguments, known)
        keys = [key["LogID"]["S"] for key in arguments["Keys"]]
        assert 1 <= len(keys) <= 100
        assert len(set(keys)) == len(keys), "DynamoDB refuses a key given twice"
        names = arguments["ProjectionExpression"].split(", ")
        unseen = set() if arguments["ConsistentRead"] else self.lagging
        items = [self.items[key] for key in keys if key in self.items and key not in unseen]
        shown = [{name: item[name] for name in names if name in item} for item in items]
        return {"Responses": {arguments["TableName"]: shown}, "UnprocessedKeys": {}}

    def _query(self, arguments: dict[str, Any]) -> dict[str, Any]:
        _refuse_unknown("Query", arguments, _QUERY_ARGUMENTS)
        if arguments["IndexName"] != "DateTimeIndex":
            message = "The table does not have the specified index: " + arguments["IndexName"]
            raise client_error("ValidationException", "Query", message=message)
        assert arguments["Limit"] >= 1
        values = arguments["ExpressionAttributeValues"]
        is_forward = arguments["ScanIndexForward"]
        oldest, newest = _range(arguments)
        found = [
            item
            for log_id, item in self.items.items()
            if item.get("LogType") == values[":log_type"]
            and oldest <= item["DateTime"]["S"] <= newest
            and log_id not in self.lagging
        ]
        found.sort(key=self._index_order, reverse=not is_forward)
        if "ExclusiveStartKey" in arguments:
            start = arguments["ExclusiveStartKey"]
            assert set(start) == set(_INDEX_KEYS)
            begin = self._index_order(start)
            found = [item for item in found if (self._index_order(item) > begin) is is_forward]
            found = [item for item in found if self._index_order(item) != begin]
        page = _first_page(found, arguments["Limit"], self._page_bytes_max)
        shown = [item for item in page if _holds(arguments.get("FilterExpression", ""), item, values)]
        if projected := _projected(arguments):
            names = [arguments["ExpressionAttributeNames"][part] for part in projected]
            shown = [{name: item[name] for name in names if name in item} for item in shown]
        reply: dict[str, Any] = {"Items": shown, "Count": len(shown), "ScannedCount": len(page)}
        # DynamoDB gives a key wherever it stopped for the limit, even at the very last item.
        if len(page) < len(found) or len(page) == arguments["Limit"]:
            reply["LastEvaluatedKey"] = {name: page[-1][name] for name in _INDEX_KEYS}
        return reply

    def _index_order(self, item: Item) -> tuple[str, bytes]:
        # Equal sort keys come in an order that has nothing to do with the id, but is stable.
        return item["DateTime"]["S"], _scattered(self.tie_salt + item["LogID"]["S"])


@lru_cache(maxsize=100_000)
def _scattered(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


_KEY_CONDITIONS = {
    "LogType = :log_type",
    "LogType = :log_type AND #time >= :oldest",
    "LogType = :log_type AND #time <= :newest",
    "LogType = :log_type AND #time BETWEEN :oldest AND :newest",
}


def _range(arguments: dict[str, Any]) -> tuple[str, str]:
    """Return the oldest and the newest time of a query's key condition."""
    values = arguments["ExpressionAttributeValues"]
    condition = arguments["KeyConditionExpression"]
    assert condition in _KEY_CONDITIONS
    used = {*_projected(arguments), *(["#time"] if "#time" in condition else [])}
    names = arguments.get("ExpressionAttributeNames", {})
    assert set(names) == used, "DynamoDB refuses a name that no expression uses, and one that is not given"
    assert names.get("#time", "DateTime") == "DateTime"  # a reserved word
    oldest = str(values.get(":oldest", {"S": ""})["S"])
    newest = str(values.get(":newest", {"S": chr(0x10FFFF)})["S"])
    if oldest > newest:
        message = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        raise client_error("ValidationException", "Query", message=message)
    return oldest, newest


def _projected(arguments: dict[str, Any]) -> list[str]:
    parts = arguments.get("ProjectionExpression", "").split(", ")
    assert parts == [""] or all(part.startswith("#") for part in parts), "it may be a reserved word"
    return [part for part in parts if part]


def _first_page(found: list[Item], limit: int, page_bytes_max: int) -> list[Item]:
    page: list[Item] = []
    size_bytes = 0
    for item in found[:limit]:
        size_bytes += item_bytes(item)
        if page and size_bytes > page_bytes_max:
            break
        page.append(item)
    return page


def item_bytes(item: Item) -> int:
    """Return an item's size by DynamoDB's rules: names and values in UTF-8, numbers half their digits."""
    return sum(
        len(name.encode()) + _value_bytes(kind, held)
        for name, value in item.items()
        for kind, held in value.items()
    )


def _value_bytes(kind: str, held: Any) -> int:
    if kind == "N":
        return len(held) // 2 + 2
    if isinstance(held, str):
        return len(held.encode("utf-8", "surrogatepass"))
    return len(held) if isinstance(held, bytes | list | dict) else 1


def _check_item(item: Item) -> None:
    for name, value in item.items():
        ((kind, held),) = value.items()
        if kind in ("B", "L"):
            continue
        assert isinstance(held, str), f"{name}: botocore refuses a value that is no text"
        assert kind in ("S", "N"), f"{name}: the service stores texts, numbers and packs only"
        try:
            held.encode()
        except UnicodeEncodeError:
            raise client_error("SerializationException", "PutItem") from None
        if name in _INDEX_KEYS and not held:
            raise client_error("ValidationException", "PutItem", message=f"{name} is an empty key")
    if item_bytes(item) > ITEM_BYTES_MAX:
        message = "Item size has exceeded the maximum allowed size"
        raise client_error("ValidationException", "PutItem", message=message)


def _refuse_unknown(operation: str, arguments: dict[str, Any], known: set[str]) -> None:
    if not arguments.keys() <= known:
        raise client_error(
            "ValidationException", operation, message=f"unknown: {sorted(arguments.keys() - known)}"
        )


def _holds(expression: str, item: Item, values: Item) -> bool:
    """Evaluate terms joined by OR: `attribute_not_exists(A)`, `A > :v`, `A <= :v` with numbers."""
    if not expression:
        return True
    return any(_term_holds(term, item, values) for term in expression.split(" OR "))


def _term_holds(term: str, item: Item, values: Item) -> bool:
    if match := re.fullmatch(r"attribute_not_exists\((\w+)\)", term):
        return match[1] not in item
    match = re.fullmatch(r"(\w+) (>|<=) (:\w+)", term)
    if match is None:
        raise client_error("ValidationException", "?", message=f"the fake knows no such term: {term}")
    held, bound = item.get(match[1], {}).get("N"), values[match[3]]["N"]
    if held is None:  # absent or of another type: DynamoDB's comparison is false
        return False
    return float(held) > float(bound) if match[2] == ">" else float(held) <= float(bound)
