"""Calls a function in its own process, where it cannot block the window: drawing holds Python's lock."""

import pickle
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import CancelToken

POLL_S = 0.05


def call_in_process(function: str, arguments: tuple[Any, ...], cancel: CancelToken) -> Any:
    """Return ``function(*arguments)``; cancelling ends the process at once.

    Args:
        function: ``module:name``; by name, so that its module is imported in the new process only.
        arguments: picklable values; arrays are sent without a copy.
        cancel: checked every ``POLL_S`` seconds.

    Raises:
        Cancelled: the person cancelled.
        UserError: the process ended without an answer.
        Exception: whatever ``function`` raised.
    """
    cancel.check()
    context = get_context("spawn")  # a fork would copy half of Qt's and torch's threads
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, function), daemon=True)
    process.start()
    theirs.close()
    try:
        buffers: list[pickle.PickleBuffer] = []
        ours.send_bytes(pickle.dumps(arguments, protocol=5, buffer_callback=buffers.append))
        ours.send(len(buffers))
        for buffer in buffers:
            ours.send_bytes(buffer.raw())
        while not ours.poll(POLL_S):
            cancel.check()
        value, error = ours.recv()
    except (EOFError, OSError) as error:
        raise UserError(
            "The process that does this ended before it was done.", "Try again with a smaller input."
        ) from error
    finally:
        process.terminate()
        process.join()
        ours.close()
    if error is not None:
        raise error
    return value


def _answer(pipe: Connection, function: str) -> None:
    """Read the arguments, call the function and send (value, error): the whole life of the new process."""
    head = pipe.recv_bytes()
    count = pipe.recv()
    arguments = pickle.loads(head, buffers=[pipe.recv_bytes() for _ in range(count)])
    module, name = function.split(":")
    try:
        pipe.send((getattr(import_module(module), name)(*arguments), None))
    except Exception as error:  # every error is raised again in the calling process
        pipe.send((None, error))
