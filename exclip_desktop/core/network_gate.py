"""The gate of the process to the network: closed while the program runs, and opened by a download only.

The libraries behind it have addresses of their own, and a file can make them look these up. So their offline switches
are set, and attempts to connect or to look up a name are refused below them, at Python's sockets. The own computer,
which windows and processes may talk to, is not behind the gate.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

SWITCHES: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")
"""Variables that libraries read when they are imported."""
HUB: Final = "huggingface_hub.constants"
LOOK_UPS: Final = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
CONNECTIONS: Final = ("socket.connect", "socket.sendto", "socket.sendmsg")
OWN_HOSTS: Final = ("localhost", "::1", "", "0.0.0.0", "::")


class _Gate:
    """Whether the network is closed, and how many downloads hold it open."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.closed = self.opened = 0
        self.is_watched = self.wants_offline = False

    def is_shut(self) -> bool:
        return self.closed > 0 and self.opened == 0


_gate = _Gate()


@contextmanager
def closed_network() -> Iterator[None]:
    """Close the network for this process, except for downloads; the previous state returns afterwards."""
    before = {name: os.environ.get(name) for name in SWITCHES}
    with _gate.lock:
        _gate.closed += 1
        if _gate.closed == 1:
            _gate.wants_offline = any(_is_on(before[name]) for name in SWITCHES[:2])
        if not _gate.is_watched:
            sys.addaudithook(_refuse)  # which can't be removed, and does nothing once the gate is open
            _gate.is_watched = True
    os.environ.update(dict.fromkeys(SWITCHES, "1"))
    _switch_hub()
    try:
        yield
    finally:
        with _gate.lock:
            _gate.closed -= 1
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _switch_hub(always=True)


@contextmanager
def open_network() -> Iterator[None]:
    """Open the network while a download that a person requested runs; a person's own HF_HUB_OFFLINE stays in force."""
    with _gate.lock:
        _gate.opened += 1
    _switch_hub()
    try:
        yield
    finally:
        with _gate.lock:
            _gate.opened -= 1
        _switch_hub()


def _switch_hub(*, always: bool = False) -> None:
    """Set the switch of Hugging Face's package, which reads its variable once, where the package is imported."""
    constants: Any = sys.modules.get(HUB)
    if constants is not None and (_gate.closed or always):
        constants.HF_HUB_OFFLINE = _gate.is_shut() or _gate.wants_offline


def _is_on(value: str | None) -> bool:
    return (value or "").upper() in ("1", "ON", "YES", "TRUE")


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections and look-ups of other computers while the gate is shut; an audit hook of the process."""
    if not event.startswith("socket.") or not _gate.is_shut():
        return
    if event in LOOK_UPS:
        host = arguments[0]
    elif event in CONNECTIONS:
        address = arguments[1]
        if not isinstance(address, tuple) or not address:  # of a local socket
            return
        host = address[0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or (isinstance(name, str) and (name in OWN_HOSTS or name.startswith("127."))):
        return
    raise OSError(errno.ENETUNREACH, "The network is off; only a download opens it")
