from tests.faults.ledger import Kind, Ledger

ENTRY = {"id": "a", "message": "m"}
OTHER = {"id": "a", "message": "n"}


def _kinds(ledger: Ledger, *shown: dict[str, str], dead: tuple[dict[str, str], ...] = ()) -> list[Kind]:
    return [fault.kind for fault in ledger.check(shown, dead)]


def test_an_acknowledged_entry_is_there_once() -> None:
    """Anything else is lost or duplicated."""
    ledger = Ledger()
    ledger.sent(ENTRY, "201", is_acknowledged=True)
    assert _kinds(ledger, ENTRY) == []
    assert _kinds(ledger) == [Kind.LOST]
    assert _kinds(ledger, ENTRY, ENTRY) == [Kind.DUPLICATED]


def test_an_acknowledged_entry_may_be_kept_for_a_person() -> None:
    """The dead-letter queue is a place where it is accounted for, with its content."""
    ledger = Ledger()
    ledger.sent(ENTRY, "202", is_acknowledged=True)
    assert _kinds(ledger, dead=(ENTRY,)) == []
    assert _kinds(ledger, dead=(OTHER,)) == [Kind.LOST]


def test_an_entry_that_was_not_acknowledged_may_be_there_whole_or_not_at_all() -> None:
    """Its reply may have been lost."""
    ledger = Ledger()
    ledger.sent(ENTRY, "503", is_acknowledged=False)
    assert _kinds(ledger) == []
    assert _kinds(ledger, ENTRY) == []
    assert _kinds(ledger, OTHER) == [Kind.ALTERED]


def test_an_acknowledgement_counts_whatever_came_before_and_after() -> None:
    """One 2xx among failures is a promise."""
    ledger = Ledger()
    for answer, is_acknowledged in (("503", False), ("202", True), ("503", False)):
        ledger.sent(ENTRY, answer, is_acknowledged=is_acknowledged)
    assert _kinds(ledger) == [Kind.LOST]


def test_what_was_never_sent_is_a_phantom() -> None:
    """Nothing makes entries up."""
    assert _kinds(Ledger(), ENTRY) == [Kind.PHANTOM]


def test_two_contents_under_one_id_are_both_accounted_for() -> None:
    """One is stored; the other was acknowledged too, so the dead-letter queue must keep it."""
    ledger = Ledger()
    ledger.sent(ENTRY, "201", is_acknowledged=True)
    ledger.sent(OTHER, "202", is_acknowledged=True)
    assert _kinds(ledger, ENTRY, dead=(OTHER,)) == []
    assert _kinds(ledger, ENTRY) == [Kind.LOST]
    assert Kind.DUPLICATED in _kinds(ledger, ENTRY, OTHER)


def test_a_fault_tells_the_story_of_its_entry() -> None:
    """What was sent, and each answer to it."""
    ledger = Ledger()
    ledger.sent(ENTRY, "503 first", is_acknowledged=False)
    ledger.sent(ENTRY, "201 then", is_acknowledged=True)
    (fault,) = ledger.check([])
    assert "503 first" in str(fault)
    assert "201 then" in str(fault)
