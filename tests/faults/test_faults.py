import pytest

from local.emulator import Emulator
from local.service import Service
from tests.faults.run import run

ENTRIES = 500


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", (1, 2, 3))
def test_what_was_acknowledged_is_there_once_and_whole(
    faulty_service: Service, faulty_emulator: Emulator, seed: int
) -> None:
    """Whatever fails meanwhile: nothing lost, nothing twice, nothing that was not sent."""
    faulty_service.empty_table()
    report = run(faulty_service, faulty_emulator.folder, seed, ENTRIES)
    assert not report.faults, str(report)
    assert report.queued, "the faults no longer reach the retry queue"
    assert report.acknowledged > ENTRIES // 2, "hardly a request got through"
