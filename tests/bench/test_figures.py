"""From samples to rows: what the figures are the medians of."""

import pytest

from bench import batch_cpu, batches, cold_start, latency, throughput
from bench.client import Burst
from bench.cold_start import Start
from bench.corpus import as_sent, corpus


def test_a_latency_is_compared_with_the_no_op_of_its_own_round() -> None:
    """A slow round is slow for the floor too, so it is subtracted round by round, before the median."""
    latencies_s = {
        latency.OURS: [0.010, 0.110, 0.012],
        latency.BASELINE: [0.011, 0.113, 0.012],
        latency.NO_OP: [0.007, 0.106, 0.007],
    }
    whole, above_floor = latency.rows("POST", latencies_s, 1.1)

    assert (whole.ours, whole.baseline, whole.floor) == pytest.approx((12, 12, 7))
    assert whole.holds is None
    assert (above_floor.ours, above_floor.baseline) == pytest.approx((4, 5))
    assert above_floor.ratio == pytest.approx(0.8)
    assert above_floor.holds is True


def test_a_rate_is_that_of_the_median_burst() -> None:
    """Entries by the time of all clients together, whatever each request took."""
    bursts = [Burst(latencies_s=[0.1, 0.2], elapsed_s=elapsed_s) for elapsed_s in (0.2, 0.4, 4.0)]
    rate, waited = throughput.rows(16, bursts, bursts, bursts)

    assert rate.ours == pytest.approx(5)
    assert waited.ours == pytest.approx(150)


def test_a_cold_start_is_counted_above_the_empty_interpreter() -> None:
    """Only the ingest handler's processor time has something asked of it."""
    starts = {
        cold_start.EMPTY: [Start(0.010, 0.009)],
        cold_start.OURS_INGEST: [Start(0.160, 0.109)],
        cold_start.BASELINE_INGEST: [Start(0.210, 0.209)],
        cold_start.OURS_READ: [Start(0.210, 0.109)],
        cold_start.BASELINE_READ: [Start(0.210, 0.209)],
        cold_start.OURS_CLIENT: [Start(0.060, 0.059)],
        cold_start.BASELINE_CLIENT: [Start(0.110, 0.109)],
    }
    rows = cold_start.rows(starts)

    assert [row.ratio for row in rows] == pytest.approx([0.5, 0.75, 0.5, 1.0, 0.5, 0.5])
    assert [row.holds for row in rows] == [True, *[None] * 5]


def test_an_entry_of_a_batch_takes_its_part_of_the_request() -> None:
    """50 times the baseline's entries a second is asked of batches of 1,000 alone."""
    latencies_s = {
        batches.BASELINE: [0.010],
        "1": [0.010],
        "10": [0.010],
        "100": [0.020],
        "1000": [0.2, 0.1, 0.3],
    }
    rows = batches.rows(latencies_s)
    assert [row.ratio for row in rows] == pytest.approx([1, 0.1, 0.02, 0.02])
    assert [row.holds for row in rows] == [None, None, None, True]


def test_a_batch_takes_little_room() -> None:
    """A quarter of what the messages have, index and overhead included; the literal design, five times it."""
    (row,) = batches.measure_stored()
    assert row.ours < 300
    assert row.baseline is not None
    assert row.baseline > 5_000


def test_the_cpu_of_a_batch_is_that_of_all_that_the_function_does() -> None:
    """From the body to a body item and a header item, with the ids that the service makes."""
    items = batch_cpu.items_of(as_sent(corpus(100, own_ids=False)))
    assert [item["LogID"]["S"][:5] for item in items] == ["BODY#", "PACK#"]
