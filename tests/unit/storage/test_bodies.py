"""Bodies of packs, fetched by batch gets that may leave some out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from logstead import limits
from logstead.errors import StorageUnavailable
from logstead.storage.bodies import BodyReader

PACKS = [f"pack {number}" for number in range(40)]


class BatchGets:
    """A table that serves `served` keys a request, and shows what is `late` to consistent reads alone."""

    def __init__(self, served: int = 100, late: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> None:
        self.served = served
        self.late = late
        self.missing = missing
        self.requests: list[tuple[int, bool]] = []

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        """Get some of what is asked for; name the rest."""
        wanted = arguments["RequestItems"]["LogTable"]
        keys = wanted["Keys"]
        self.requests.append((len(keys), wanted["ConsistentRead"]))
        shown = [
            {"LogID": key["LogID"], "Body": {"B": key["LogID"]["S"].encode()}}
            for key in keys[: self.served]
            if key["LogID"]["S"].removeprefix("BODY#") not in self.missing
            and (wanted["ConsistentRead"] or key["LogID"]["S"].removeprefix("BODY#") not in self.late)
        ]
        left = {"LogTable": {**wanted, "Keys": keys[self.served :]}} if keys[self.served :] else {}
        return {"Responses": {"LogTable": shown}, "UnprocessedKeys": left}


@pytest.fixture(scope="module")
def executor() -> Iterator[ThreadPoolExecutor]:
    """Return threads for requests side by side."""
    with ThreadPoolExecutor(limits.BODY_REQUESTS_AT_ONCE_MAX) as threads:
        yield threads


def get(client: Any, packs: list[str], executor: ThreadPoolExecutor) -> dict[str, bytes]:
    """Return the bodies of packs."""
    return dict(BodyReader(client, "LogTable", executor).get(packs))


def test_many_bodies_come_by_several_requests(executor: ThreadPoolExecutor) -> None:
    """Sixteen a request; none for nothing."""
    client = BatchGets()
    assert get(client, PACKS, executor) == {pack: f"BODY#{pack}".encode() for pack in PACKS}
    assert sorted(client.requests) == [(8, False), (16, False), (16, False)]
    assert get(client, [], executor) == {}
    assert len(client.requests) == 3


def test_what_a_request_leaves_out_is_asked_for_again(executor: ThreadPoolExecutor) -> None:
    """As long as each gets something, however little."""
    client = BatchGets(served=1)
    assert get(client, PACKS[:10], executor).keys() == set(PACKS[:10])
    assert client.requests == [(left, False) for left in range(10, 0, -1)]


def test_a_table_that_serves_nothing_is_unavailable(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a few pauses, never for ever."""
    pauses: list[float] = []
    monkeypatch.setattr("logstead.storage.bodies.time.sleep", pauses.append)
    client = BatchGets(served=0)
    with pytest.raises(StorageUnavailable):
        get(client, PACKS[:2], executor)
    assert len(client.requests) == 4
    assert pauses == [0.05, 0.1, 0.2]


def test_what_is_missing_is_asked_for_once_more_consistently(executor: ThreadPoolExecutor) -> None:
    """An eventually consistent read may not show a body yet; what then is missing, is."""
    client = BatchGets(late=("pack 1",), missing=("pack 2",))
    assert get(client, PACKS[:4], executor).keys() == {"pack 0", "pack 1", "pack 3"}
    assert client.requests == [(4, False), (2, True)]


def test_a_garbled_reply_is_no_missing_body(executor: ThreadPoolExecutor) -> None:
    """It comes out of botocore as an empty one; the pack must not count as damaged."""

    class Garbled:
        def batch_get_item(self, **_: Any) -> dict[str, Any]:
            return {}

    with pytest.raises(StorageUnavailable):
        get(Garbled(), PACKS[:1], executor)
