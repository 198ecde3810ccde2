"""Nothing but a download reaches the network: starts of the program under a watch on sockets and look-ups."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from exclip_desktop.core.paths import resource_path
from tests.hostile.inputs.models import CONFIG, ENTRIES, WEIGHTS, _change

ROOT: Final = Path(__file__).parents[2]
WATCH: Final = """
import os, sys

calls = open(os.environ["CALLS"], "a")

def on_event(event, arguments):
    looks_up = event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
    if looks_up or (event == "socket.__new__" and int(arguments[1]) in (2, 10)):
        print(event, *map(str, arguments[:2]), file=calls, flush=True)

sys.addaudithook(on_event)
"""
COMMAND: Final = WATCH + "from exclip_desktop.cli.main import main\nsys.exit(main(sys.argv[1:]))\n"
WINDOW: Final = (
    WATCH
    + """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from exclip_desktop import app
from exclip_desktop.cli.main import main
from exclip_desktop.session.library.library import Library
from exclip_desktop.session.worker.worker_thread import Worker


class Watched(app.Session):
    def start(self, *what):
        close = QApplication.instance().closeAllWindows
        self.findChild(Worker).explained.connect(lambda *_: QTimer.singleShot(0, close))
        super().start(*what)


app.Session = Watched
sys.exit(main([]))
"""
)
COMMANDS: Final[dict[str, list[str]]] = {
    "explain": ["explain", "--sample", "1", "--device", "cpu"],
    "batch": ["batch", "pairs.csv", "--out", "out", "--device", "cpu"],
    "report": ["report", "--project", "findings.exclip", "--out", "report.html"],
    "doctor": ["doctor"],
    "models list": ["models", "list"],
    "a model of the cache": ["explain", "--sample", "1", "--device", "cpu", "--model", "evil/13"],
    "a name of the hub": ["explain", "--sample", "1", "--device", "cpu", "--model", "hf-hub:timm/ViT-B-16-SigLIP"],
    "an architecture that is not here": [
        "explain",
        "--sample",
        "1",
        "--model",
        "ViT-B-16-SigLIP",
        "--pretrained",
        "webli",
    ],
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return variables with folders of their own, and configs in the hub's cache that lead to the network."""
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "CACHE", "DATA", "STATE")}
    own |= {
        "HOME": str(tmp_path),
        "HF_HOME": str(tmp_path / "hf"),
        "CALLS": str(tmp_path / "calls"),
        "EXCLIP_CACHE": "off",
    }
    config = json.loads(resource_path("models", "demo", CONFIG).read_text("utf-8"))
    for number in (13, 14, 15, 16, 24, 27, 28):
        _, keys, new = ENTRIES[number]
        snapshot = tmp_path / "hf" / "hub" / f"models--evil--{number}" / "snapshots" / ("0" * 40)
        snapshot.mkdir(parents=True)
        (snapshot / CONFIG).write_text(json.dumps(_change(config, keys, new)))
        (snapshot / WEIGHTS).symlink_to(resource_path("models", "demo", WEIGHTS))
    return {**os.environ, **own, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}


def run(code: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert (folder / "calls").read_text() == "", (arguments, ended.stderr)
    return ended.returncode, ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_opens_a_socket_or_looks_up_a_name(name: str, tmp_path: Path, environment: dict[str, str]) -> None:
    picture = next(resource_path("samples").glob("*.jpg"), None) or next(resource_path("samples").glob("*.png"))
    (tmp_path / "pairs.csv").write_text(f"image,caption\n{picture},a dog\n")
    code, errors = run(COMMAND, COMMANDS[name], tmp_path, environment)
    assert code in (0, 2), errors
    assert "Traceback" not in errors


def test_the_window_starts_without_the_network(tmp_path: Path, environment: dict[str, str]) -> None:
    code, errors = run(WINDOW, [], tmp_path, environment)
    assert (code, "Traceback" in errors) == (0, False), errors
