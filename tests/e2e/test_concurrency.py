"""500 posts, 32 in flight, of which some repeat an id: each is stored once."""

import random
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import pytest

from local.service import Reply, Service
from logstead import limits
from tests.e2e.keep_alive import KeepAlive, in_order, side_by_side
from tests.e2e.seeding import make_entries, moment

IN_FLIGHT: Final = 32
ONCE: Final = 350
REPEATED: Final = 50
"""Ids posted twice with the same content."""
CONTESTED: Final = 25
"""Ids posted twice with other content."""
PAUSES_S: Final = (0, 1, 2, 4, 8)
SEND_AGAIN: Final = frozenset({202, 429, 502, 503})
"""After these the same may be sent again; a busy machine gives them, at the wrong moment."""


@dataclass(frozen=True)
class Answer:
    """The last reply to a post, and whether DynamoDB may have got it twice, as the first reply was late."""

    sent: dict[str, Any]
    reply: Reply
    was_late: bool


def _posts(source: random.Random) -> list[dict[str, Any]]:
    """Return 500 entries in the order to post them; their times are few, so that many agree."""
    count = ONCE + REPEATED + CONTESTED
    entries = make_entries((moment(minutes=source.randrange(100)) for _ in range(count)), source)
    repeated, contested = entries[ONCE : ONCE + REPEATED], entries[ONCE + REPEATED :]
    groups = [[entry] for entry in entries[:ONCE]]
    groups += [[entry, entry] for entry in repeated[::2]]  # in flight together
    groups += [[entry] for entry in repeated[1::2] * 2]  # anywhere
    groups += [[entry, entry | {"message": "another"}] for entry in contested]
    source.shuffle(groups)
    return [entry for group in groups for entry in group]


def _post(client: KeepAlive, entry: dict[str, Any]) -> Answer:
    started = time.monotonic()
    for pause_s in PAUSES_S:
        time.sleep(pause_s)
        reply = client.post(entry)
        if reply.status not in SEND_AGAIN:
            break
    return Answer(entry, reply, time.monotonic() - started > limits.WRITE_TIMEOUT_S)


@pytest.mark.timeout(240)
def test_posts_side_by_side_are_each_stored_once_and_answered_as_promised(
    empty_service: Service, client: KeepAlive
) -> None:
    """A new id is a 201 once, its repeat a 200, other content a 409; what was acknowledged is read back."""
    side_by_side(lambda _: client.request("OPTIONS", empty_service.ingest_url), range(IN_FLIGHT), IN_FLIGHT)
    posts = _posts(random.Random(500))
    assert len(posts) == 500

    answers = side_by_side(lambda entry: _post(client, entry), posts, IN_FLIGHT)

    by_id = defaultdict[str, list[Answer]](list)
    for answer in answers:
        by_id[answer.sent["id"]].append(answer)
    stored = [_stored(group) for group in by_id.values()]
    assert client.walk(limit=100) == in_order(stored)
    assert len(empty_service.items()) == len(stored) == ONCE + REPEATED + CONTESTED


def _stored(answers: list[Answer]) -> dict[str, Any]:
    """Return the one entry that an id's posts have stored; check their answers."""
    statuses = sorted(answer.reply.status for answer in answers)
    taken = [answer for answer in answers if answer.reply.status in {200, 201}]
    assert taken, [answer.reply for answer in answers]
    assert all(answer.sent == taken[0].sent == answer.reply.json() for answer in taken)
    is_contested = any(answer.sent != taken[0].sent for answer in answers)
    expected = [201, 409] if is_contested else [200, 201][-len(answers) :]
    if any(answer.was_late for answer in answers):  # a put that was tried again meets itself
        assert statuses in (expected, [200 if status == 201 else status for status in expected])
    else:
        assert statuses == expected
    return taken[0].sent
