"""The gate to the network: shut while the program runs, opened by downloads, and as before afterwards."""

import os
import socket

import pytest
from huggingface_hub import constants, is_offline_mode

from exclip_desktop.core.network_gate import SWITCHES, closed_network, open_network


@pytest.fixture(autouse=True)
def _no_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def connect(host: str) -> str:
    """Return the error of a connection to a port where nobody listens."""
    try:
        with socket.create_connection((host, 9), timeout=0.2):
            return ""
    except OSError as error:
        return str(error)


def test_a_shut_gate_refuses_names_and_addresses_and_leaves_the_own_computer() -> None:
    with closed_network():
        for host in ("192.0.2.1", "example.invalid", "2001:db8::1"):
            assert "only a download opens it" in connect(host)
        for look_up in (socket.gethostbyname, lambda host: socket.getaddrinfo(host, 80)):
            with pytest.raises(OSError, match="only a download opens it"):
                look_up("example.invalid")
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
            pytest.raises(OSError, match="only a download"),
        ):
            sender.sendto(b"x", ("192.0.2.1", 9))
        assert "only a download opens it" not in connect("127.0.0.1")
        left, right = socket.socketpair()
        left.close()
        right.close()


def test_downloads_open_the_gate_and_the_switches_return() -> None:
    before = {name: os.environ.get(name) for name in SWITCHES}
    with open_network():
        assert not is_offline_mode()
    with closed_network():
        assert is_offline_mode()
        assert [os.environ[name] for name in SWITCHES] == ["1"] * len(SWITCHES)
        with open_network():
            with open_network():
                assert not is_offline_mode()
            assert not is_offline_mode()
            assert "only a download opens it" not in connect("127.0.0.1")
        assert is_offline_mode()
    assert not is_offline_mode()
    assert {name: os.environ.get(name) for name in SWITCHES} == before


def test_a_persons_own_switch_stays_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with closed_network(), open_network():
        assert is_offline_mode()
    assert is_offline_mode()
