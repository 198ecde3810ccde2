"""A scripted afternoon: a person goes through 200 pairs with real key and mouse events, is killed, and continues.

``python tests/benchmarks/afternoon.py`` starts the program under Xvfb with a window manager (needs xvfb, openbox and
xdotool), walks the bundled scenes, rates every pair, draws and names a box on every tenth, writes a note on every
twentieth, kills the program at half of the pairs, starts it again, and exports the findings. It prints the waits, the
time per pair and the keys per rated finding. ``--checkout FOLDER --previous`` measures version 0.2.0 in a checkout.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from exclip_desktop.storage.samples import load_scenes, open_scene

ROOT: Final = Path(__file__).resolve().parents[2]
PROBE: Final = Path(__file__).resolve().with_name("afternoon_probe.py")
SCREEN: Final = "1366x768x24"
LABEL_EVERY, NOTE_EVERY = 10, 20
TIMEOUT_S: Final = 120.0
PICTURE_BOUND_MS, HEAT_BOUND_MS = 100, 150
OPENING, CLOSING = ("n",), ("KP_Enter", "ctrl+Return")  # keys that open and close the dialog of a finding
SETTLE_S: Final = 0.1  # a window manager gives focus to a new window


class Program:
    """The running program, with its events and a person's hands."""

    def __init__(self, checkout: Path, home: Path, display: str) -> None:
        self._checkout, self._events, self.home = checkout, home / "events.jsonl", home
        folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "CACHE", "DATA", "STATE")}
        self._environment = {
            **{k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")},
            **folders,
            "DISPLAY": display,
            "HOME": str(self.home),
            "PYTHONPATH": str(checkout),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.keys, self.events = 0, list[dict[str, Any]]()

    def mark_now(self) -> int:
        """Return the number of events so far."""
        self._read_events()
        return len(self.events)

    def stop(self) -> None:
        """Kill the program if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def start(self, *opened: str) -> None:
        """Start the program with what a person opens."""
        command = [sys.executable, str(PROBE), str(self._events), *opened]
        self._process = subprocess.Popen(command, cwd=self._checkout, env=self._environment, start_new_session=True)

    def kill(self) -> None:
        """Kill the program as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.keys += 1
            since = self.mark_now()
            self._do("key", "--clearmodifiers", key)
            if key in OPENING:
                self.wait("dialog", since=since)
                time.sleep(SETTLE_S)
            elif key in CLOSING:
                self.wait("closed", since=since)
                time.sleep(SETTLE_S)

    def type(self, text: str) -> None:
        """Type text; it does not count as keys."""
        self._do("type", "--delay", "5", text)

    def drag(self, centre: tuple[int, int]) -> None:
        """Drag a box around the middle of the canvas."""
        (x, y), half = centre, 40
        self._do("mousemove", str(x - half), str(y - half), "mousedown", "1")
        for step in range(1, 9):
            self._do("mousemove", str(x - half + 2 * half * step // 8), str(y - half + 2 * half * step // 8))
        self._do("mouseup", "1")

    def wait(self, what: str, since: int = 0, **facts: object) -> dict[str, Any]:
        """Return the first event after number ``since`` with these facts.

        Raises:
            TimeoutError: it does not come.

        """
        end, at = time.monotonic() + TIMEOUT_S, since
        while time.monotonic() < end:
            self._read_events()
            for event in self.events[at:]:
                at += 1
                event["at"] = at
                if event["what"] == what and all(event.get(name) == value for name, value in facts.items()):
                    return event
            time.sleep(0.01)
        raise TimeoutError(f"No {what} {facts}; the last events: {self.events[-5:]}")

    def _read_events(self) -> None:
        if self._events.exists():
            lines = self._events.read_text().split("\n")[:-1]
            self.events += [json.loads(line) for line in lines[len(self.events) :]]

    def _do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self._environment, check=True)


@contextmanager
def display() -> Iterator[str]:
    """Start an X server with a window manager; yield its name."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        name = f":{pipe.readline().strip()}"
    manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": name}, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield name
    finally:
        manager.kill()
        server.kill()
        manager.wait()
        server.wait()


@dataclass(frozen=True, slots=True)
class Habits:
    """The keys of a version.

    Attributes:
        rate: rate the pair on screen and show the next one.
        note: after N and the text of a note, save it; then the pair is rated.
        name: after a box was drawn, go to the field of its name.
        keep: after the name, keep the box as a label.

    """

    rate: tuple[str, ...]
    note: tuple[str, ...]
    name: tuple[str, ...]
    keep: tuple[str, ...]


NOW: Final = Habits(rate=("1",), note=("ctrl+Return",), name=(), keep=("shift+E",))
PREVIOUS: Final = Habits(
    rate=("n", "alt+m", "KP_Enter", "d"), note=("alt+m", "KP_Enter"), name=("F2",), keep=("shift+b",)
)


@dataclass(slots=True)
class Measured:
    """Waits from a key to what it shows, in milliseconds, and the keys of findings with nothing but a rating."""

    picture_ms: list[float] = field(default_factory=list)
    heat_ms: list[float] = field(default_factory=list)
    rated: int = 0
    rating_keys: int = 0


def write_list(folder: Path, count: int) -> Path:
    """Write the bundled scenes as a list without their boxes; return it."""
    lines = []
    for scene in load_scenes()[:count]:
        open_scene(scene.picture).save(folder / f"{scene.id}.png")
        lines.append(json.dumps({"path": f"{scene.id}.png", "caption": scene.caption}))
    (folder / "afternoon.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "afternoon.jsonl"


def annotate(program: Program, habits: Habits, places: range, last: int, look_s: float, measured: Measured) -> None:
    """Look at each pair, and rate it; note and label some."""
    for place in places:
        shown = program.wait("shown", place=place, heat=True)
        time.sleep(look_s)
        if place % LABEL_EVERY == LABEL_EVERY - 1:
            program.drag(tuple(shown["centre"]))
            program.press(*habits.name)
            program.type(f"thing {place}")
            program.press("Return", *habits.keep)
        is_noted = place % NOTE_EVERY == NOTE_EVERY - 1
        if is_noted:
            program.press("n")
            program.type("An unclear one")
            program.press(*habits.note)
        before, since = program.keys, program.mark_now()
        program.press(*(("d",) if is_noted and habits is PREVIOUS else habits.rate))
        if not is_noted:
            measured.rated, measured.rating_keys = measured.rated + 1, measured.rating_keys + program.keys - before
        if place < last:
            picture = program.wait("shown", since=since, place=place + 1, picture=True)
            heat = program.wait("shown", since=since, place=place + 1, heat=True)
            pressed = next(event for event in reversed(program.events[: heat["at"]]) if event["what"] == "key")
            measured.picture_ms.append(1000 * (picture["time"] - pressed["time"]))
            measured.heat_ms.append(1000 * (heat["time"] - pressed["time"]))


def export(program: Program) -> int:
    """Export the findings by the menu, under the suggested name; return the number of bytes."""
    before = set(program.home.rglob("*"))
    since = program.mark_now()
    program.press("alt+f", "Up", "Up", "Return")
    program.wait("dialog", since=since, name="ReportDialog")
    time.sleep(1)
    since = program.mark_now()
    program.press("Return")
    program.wait("dialog", since=since, name="QFileDialog")
    time.sleep(3)
    program.press("Return")
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        new = [path for path in set(program.home.rglob("findings*")) - before if path.suffix != ".exclip"]
        if new and new[0].stat().st_size:
            return new[0].stat().st_size
        time.sleep(0.1)
    raise TimeoutError(f"The findings were not exported; {program.events[-5:]}")


def describe(waits: list[float], bound_ms: float) -> str:
    """Return median and 95th percentile in milliseconds, and the share within a bound."""
    ordered = sorted(waits)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    within = sum(wait <= bound_ms for wait in waits) / len(waits)
    return f"p50 {statistics.median(ordered):.0f} ms, p95 {p95:.0f} ms; {within:.0%} within {bound_ms} ms"


def main() -> int:
    """Run the afternoon, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the checkout to measure")
    parser.add_argument("--previous", action="store_true", help="use the keys of version 0.2.0")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--look", type=float, default=2.0, help="seconds of looking at each pair's heat")
    options = parser.parse_args()
    habits, measured = PREVIOUS if options.previous else NOW, Measured()
    home = Path(tempfile.mkdtemp(prefix="afternoon-"))
    listed, half, last = write_list(home, options.pairs), options.pairs // 2, options.pairs - 1
    with display() as name:
        program = Program(options.checkout.resolve(), home, name)
        try:
            started = time.monotonic()
            program.start(str(listed))
            annotate(program, habits, range(half), last, options.look, measured)
            program.kill()
            restarted, since = time.monotonic(), program.mark_now()
            keys = program.keys
            program.start(*((str(listed),) if options.previous else ()))
            if options.previous:  # it begins at the first pair
                program.wait("shown", since=since, place=0, heat=True)
                for _ in range(half):
                    program.press("d")
            program.wait("shown", since=since, place=half, heat=True)
            back = time.monotonic() - restarted
            restart_keys = program.keys - keys
            annotate(program, habits, range(half, options.pairs), last, options.look, measured)
            whole = time.monotonic() - started
            exported = export(program)
            program.kill()
        finally:
            program.stop()
    print(f"pairs                {options.pairs}, each looked at for {options.look:g} s; {exported:,} bytes exported")
    print(f"time per pair        {whole / options.pairs:.2f} s, restart included")
    print(f"wait for the picture {describe(measured.picture_ms, PICTURE_BOUND_MS)}")
    print(f"wait for the heat    {describe(measured.heat_ms, HEAT_BOUND_MS)}")
    print(f"keys per rated pair  {measured.rating_keys / max(1, measured.rated):.2f}, going on included")
    print(f"after kill -9        {back:.1f} s and {restart_keys} keys to the same pair with its heat")
    shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
