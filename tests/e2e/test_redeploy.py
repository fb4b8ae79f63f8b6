"""What `make run` relies on when it deploys over what stands already."""

import pytest

from local.deploy import Cdk, SynthError
from local.emulator import Emulator
from local.service import Service


def test_deploying_again_keeps_urls_and_entries(emulator: Emulator, empty_service: Service) -> None:
    """An unchanged stack is left alone."""
    stored = empty_service.post({"severity": "info", "message": "still here"}).json()
    assert Cdk(emulator).deploy() == empty_service
    assert empty_service.get().json()["logs"] == [stored]


def test_a_broken_app_is_reported_in_its_own_words(emulator: Emulator, service: Service) -> None:
    """The end of the CDK's output is part of the message."""
    assert service.table_name
    with pytest.raises(SynthError, match=r"(?s)`cdk synth` failed:.*this app is broken"):
        Cdk(emulator, app="echo this app is broken && exit 3").deploy()
