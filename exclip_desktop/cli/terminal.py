"""Prints results as JSON or columns, notes to standard error, and a progress bar for work that takes time."""

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.core.errors import OutputError, Remedy
from exclip_desktop.core.progress import Progress, Report, Stop
from exclip_desktop.core.text.number_format import format_memory, format_rough_time
from exclip_desktop.core.text.visible_controls import escape_json_controls, show_controls, show_controls_in_line
from exclip_desktop.core.values.cost_estimates import CostEstimate

PROGRESS_AFTER_S: Final = 0.5
ESTIMATE_FROM_S: Final = 10.0
MESSAGE_SIGNS: Final = 1000


def print_text(text: str) -> None:
    """Print a result, with its control characters visible.

    Raises:
        OutputError: it cannot be written, because the disk is full for example.
        BrokenPipeError: nobody reads it any more.

    """
    _print_result(show_controls(text))


def print_json(values: Any) -> None:
    """Print plain values as JSON; errors as for ``print_text``."""
    _print_result(escape_json_controls(json.dumps(values, ensure_ascii=False, indent=1)))


def print_note(text: str) -> None:
    """Print a sentence that is not the result to standard error, on one line."""
    if sys.stderr is not None:  # it is closed; print would take standard output
        with suppress(OSError):  # nobody can read it
            print(show_controls_in_line(text), file=sys.stderr)


def print_written(path: Path, notes: Iterable[str] = ()) -> None:
    """Print that a file is written, and notes on what was changed in it."""
    for note in notes:
        print_note(note)
    print_note(f"Written: {path}")


def print_error(text: str) -> None:
    """Print an error on one line; a long name is shortened in its middle."""
    words = " ".join(text.split())
    if len(words) > MESSAGE_SIGNS:
        words = f"{words[: MESSAGE_SIGNS // 2]} … {words[-MESSAGE_SIGNS // 2 :]}"
    print_note(f"exclip-desktop: {words}")


def flush_output() -> None:
    """Write what is still buffered; errors as for ``print_text``."""
    _print_result(None)


def drop_output() -> None:
    """Discard what could not be written, which Python would try again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, AttributeError):  # None where it is closed
            with suppress(OSError, AttributeError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _print_result(text: str | None) -> None:
    try:
        if text is not None:
            print(text)
        elif sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"The output cannot be written: {error.strerror}.", "Make room, or choose --out.") from error


def in_columns(rows: Iterable[Sequence[str]], *, right: bool = False) -> list[str]:
    """Return rows of equally many cells as lines whose columns are aligned to the left, or to the right."""
    table = [tuple(map(show_controls_in_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    pad = str.rjust if right else str.ljust
    return ["  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


class ProgressBar:
    """A progress bar on the terminal, for work that takes longer than half a second."""

    def __init__(self, start: str = "", *, of_bytes: bool = False) -> None:
        """``start`` stands before the name of the work; steps may be bytes."""
        self._start, self._of_bytes = start, of_bytes
        self._bar: Any = None
        self._what = ""
        self._printed: set[str] = set()

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, report: Report) -> None:
        """Show one report; a new kind of work starts a new bar. High costs are printed once."""
        if report.what != self._what:
            self.__exit__()
            self._what, self._printed = report.what, set()
            counted = " {n_fmt} of {total_fmt}," if self._of_bytes else ""
            self._bar = tqdm(
                desc=show_controls_in_line(f"{self._start}{report.what}"),
                total=report.total,
                delay=PROGRESS_AFTER_S,
                leave=False,
                disable=not sys.stderr.isatty(),
                unit="B" if self._of_bytes else "it",
                unit_scale=self._of_bytes,
                bar_format="{desc}: {percentage:3.0f}% |{bar}|" + counted + " {elapsed}, {remaining} left",
            )
        self._bar.total = report.total
        self._bar.update(report.done - self._bar.n)
        for kind, sentence in describe_cost(f"{self._start}{report.what}", report.cost).items():
            if kind not in self._printed:
                self._printed.add(kind)
                self._bar.write(sentence, file=sys.stderr)


def describe_cost(what: str, cost: CostEstimate | None) -> dict[str, str]:
    """Return sentences about work that lacks ``memory`` or takes much ``time``; empty where it does neither."""
    sentences: dict[str, str] = {}
    if cost is None:
        return sentences
    if not cost.fits:
        sentences["memory"] = f"{cost.shortage_of(what)} Stop it (Ctrl+C). {FLAG_WORDS[Remedy.SAVE_MEMORY]}"
    seconds = cost.seconds or 0.0
    if seconds >= ESTIMATE_FROM_S:
        memory = format_memory(cost.peak_bytes)
        sentences["time"] = f"{what} will take about {format_rough_time(seconds)} and {memory} of memory."
    return sentences


class StopSignals:
    """Notes the first signal to end, for work that stops after its current part; a second one ends it at once."""

    def __init__(self) -> None:
        self._number = 0

    def receive(self, number: int, _: object) -> None:
        """Handle a signal."""
        if self._number:
            raise Stop(number)
        self._number = number

    def after_each(self, progress: Progress) -> Progress:
        """Return a progress function that raises ``Stop`` after a signal: it is called between parts of the work."""

        def report_and_check(report: Report) -> None:
            progress(report)
            if self._number:
                raise Stop(self._number)

        return report_and_check


@contextmanager
def resumable(folder: Path) -> Iterator[StopSignals]:
    """Receive signals to end, and print after one, as after Ctrl+C, that the same command resumes from ``folder``."""
    signals, before = StopSignals(), {}
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP; nohup ignores it
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, signals.receive)
    try:
        yield signals
    except KeyboardInterrupt:
        print_note(f"The finished part is in {folder}; the same command resumes the work.")
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
