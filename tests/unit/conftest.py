import os

import pytest
from hypothesis import HealthCheck, settings

# The handlers' modules read the environment when they are imported; a shell's must not change a test.
for name in ("TABLE_NAME", "WRITE_SHARDS", "READ_SHARDS", "RETENTION_DAYS"):
    os.environ.pop(name, None)

from tests.unit.service import Service  # noqa: E402  # it imports the handlers

# No clock for examples: what a busy machine does to them tells nothing.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")


@pytest.fixture
def app() -> Service:
    """Return both functions over one empty table, in process."""
    return Service()
