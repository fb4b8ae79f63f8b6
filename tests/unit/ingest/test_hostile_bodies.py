import base64
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from logstead.http import PROBLEMS
from tests.unit.entry_check import broken_rules
from tests.unit.ingest.hostile import GOOD, HOSTILE, Hostile
from tests.unit.service import PAYLOAD_FORMATS, Reply, Service, make_event

STATUS = {slug: status for status, slug in PROBLEMS.values()}


def check(app: Service, hostile: Hostile, reply: Reply) -> None:
    """Hold a reply, the table and the log to the answer that a hostile body has."""
    assert app.printed == []
    if hostile.problem is None:
        assert reply.status == HTTPStatus.CREATED, reply.body
        (item,) = app.dynamodb.items.values()
        assert broken_rules(item, now=datetime.now(UTC)) == []
        return
    assert not app.dynamodb.calls, "a bad input never costs a call"
    problem = reply.problem()
    assert problem in ({"malformed-body", "invalid-entry"} if hostile.problem == "any" else {hostile.problem})
    assert reply.status == STATUS[problem] < HTTPStatus.INTERNAL_SERVER_ERROR
    if hostile.problem != "any":
        assert [one["field"] for one in reply.json().get("errors", [])] == hostile.fields


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_body_gets_its_defined_answer(app: Service, hostile: Hostile) -> None:
    """Each kind of bad body is one problem, told in full, and costs no write; a good one is stored."""
    check(app, hostile, app.post(hostile.body))


@pytest.mark.parametrize("payload_format", PAYLOAD_FORMATS)
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_body_passed_as_text_gets_the_same_answer(
    app: Service, hostile: Hostile, payload_format: str
) -> None:
    """The edge may pass a text body as text, in either payload format."""
    try:
        text = hostile.body.decode()
    except UnicodeDecodeError:
        text = hostile.body.decode("utf-8", "surrogateescape")
    check(app, hostile, app.post(text, payload_format=payload_format))


@pytest.mark.parametrize(
    "content_type",
    ("application/x-www-form-urlencoded", "text/plain", "application/json; charset=latin-1", "", "nonsense"),
)
def test_a_wrong_content_type_with_a_json_body_is_taken(app: Service, content_type: str) -> None:
    """`curl -d` sends a form's type; what the body is decides."""
    assert app.post(GOOD.decode(), headers={"content-type": content_type}).status == HTTPStatus.CREATED


@pytest.mark.parametrize(
    "body",
    (
        *("%%%", "eyJ9=", "e", "eyJ9\u00e9", "\ud800", GOOD.decode(), base64.b64encode(GOOD).decode()[:-3]),
        base64.b64encode(GOOD).decode() + "\n!",
    ),
)
def test_a_broken_base64_body_is_malformed(app: Service, body: str) -> None:
    """An event that says base64 and is none gets the problem of a body, not a 500."""
    reply = app.post(body, is_base64=True)
    assert (reply.status, reply.problem()) == (HTTPStatus.BAD_REQUEST, "malformed-body")


@pytest.mark.parametrize("body", (None, ""))
@pytest.mark.parametrize("is_base64", (True, False))
def test_a_body_that_is_absent_is_malformed(app: Service, body: str | None, *, is_base64: bool) -> None:
    """Lambda passes `null` or an empty text where there is no body."""
    reply = app.post_event(make_event("POST", body=body, is_base64=is_base64))
    assert reply.problem() == "malformed-body"


def test_the_answer_to_many_problems_is_bounded(app: Service) -> None:
    """At most so many problems are named, long names are cut, and the rest is counted."""
    names = ",".join(f'"{"n" * 300}{number}":"\\ud800"' for number in range(20))
    reply = app.post('{"severity":"info","message":"m",' + names + "}")
    assert all(len(name) == 201 for name in reply.fields())
    many = ",".join(f'"{number}":"\\ud800"' for number in range(500))
    problem = app.post('{"severity":"info","message":"m",' + many + "}").json()
    assert (len(problem["errors"]), problem["errorsNotNamed"]) == (100, 400)
