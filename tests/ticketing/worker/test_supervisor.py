"""The worker tells systemd how it fares, by a datagram to the socket that it names; without one it says nothing."""

import socket
from pathlib import Path

import pytest

from ticketing.cli.supervisor import notify


def test_a_state_goes_to_the_socket_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        assert notify("READY=1\nWATCHDOG=1")

        assert supervisor.recv(100) == b"READY=1\nWATCHDOG=1"


@pytest.mark.parametrize("address", ["", "nowhere", "/there/is/none", "@nobody-listens-here"])
def test_without_a_supervisor_nothing_is_said_and_nothing_fails(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)

    assert not notify("READY=1")
