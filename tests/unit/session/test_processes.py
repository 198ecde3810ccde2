"""A function called in a process of its own answers, raises, is cancelled and may die."""

import os
import threading
import time

import numpy as np
import pytest

from exclip_desktop.core.errors import Cancelled, SelectionError, UserError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.session.processes import call_in_process

HERE = __name__


def total(values: np.ndarray, text: str) -> tuple[int, str, int]:
    return int(values.sum()), text, os.getpid()


def refuse() -> None:
    raise SelectionError("Nothing is there.", "Choose another place.")


def die() -> None:
    os._exit(3)


def wait() -> None:
    time.sleep(60)


def test_it_answers_from_another_process_and_large_arrays_arrive() -> None:
    values = np.ones((1000, 3000, 3), np.uint8)
    values.flags.writeable = False
    count, text, process = call_in_process(f"{HERE}:total", (values, "größe"), CancelToken())
    assert (count, text) == (9_000_000, "größe")
    assert process != os.getpid()


def test_its_errors_are_raised_here() -> None:
    with pytest.raises(SelectionError) as caught:
        call_in_process(f"{HERE}:refuse", (), CancelToken())
    assert str(caught.value) == "Nothing is there. Choose another place."


def test_a_process_that_dies_is_an_error() -> None:
    with pytest.raises(UserError, match="ended before it was done"):
        call_in_process(f"{HERE}:die", (), CancelToken())


def test_cancelling_ends_it_at_once() -> None:
    cancel = CancelToken()
    threading.Timer(1.0, cancel.cancel).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        call_in_process(f"{HERE}:wait", (), cancel)
    assert time.monotonic() - started < 20
    with pytest.raises(Cancelled):
        call_in_process("no.such:thing", (), cancel)
