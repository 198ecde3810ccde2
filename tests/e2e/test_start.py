"""The start of the window in its own process: on a desktop with GTK's theme, and where Qt cannot open a window."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

import pytest

from exclip_desktop.cli import display

ROOT = Path(__file__).parents[2]
LINUX = sys.platform.startswith("linux")
QT = Path(next(iter(find_spec("PySide6").submodule_search_locations))) / "Qt"
ON_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XDG_SESSION_TYPE", "QT_QPA_PLATFORM")
START = """
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from exclip_desktop import app
from exclip_desktop.cli.main import main
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.worker.worker_thread import Worker


class Watched(app.Session):
    def start(self, *what):
        self.state.change(explain_settings=ExplainSettings(quadrature="gauss-legendre", steps=2))
        self.findChild(Worker).explained.connect(QApplication.instance().closeAllWindows)
        super().start(*what)


app.Session = Watched
code = main([])
maps = Path("/proc/self/maps")
print([name for name in ("LLVM", "libtriton", "libGLX_mesa") if maps.exists() and name in maps.read_text()])
print(sys.modules.get("triton"))
sys.exit(code)
"""
"""Runs the real ``main`` and closes the window when the worker has answered; prints which libraries are loaded."""

Start = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a function that runs Python with arguments, the environment's display replaced by the one given."""

    def run(*arguments: str, environment: Mapping[str, str], limit_s: float = 30) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if name not in ON_DISPLAY}
        folders = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "CACHE", "DATA", "STATE")}
        paths = os.pathsep.join([environment.get("PYTHONPATH", ""), str(ROOT)]).strip(os.pathsep)
        clean |= folders | dict(environment) | {"PYTHONPATH": paths}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False, timeout=limit_s
        )

    return run


@pytest.fixture
def x_server() -> Iterator[str]:
    """A new X server with Mesa's OpenGL: GTK asks for OpenGL at the first start in a session only."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    for library in ("gtk-3", "GLX_mesa"):
        if find_library(library) is None:
            pytest.skip(f"lib{library} is not installed")
    ours, theirs = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(theirs),
        "-screen",
        "0",
        "1366x768x24",
        "-nolisten",
        "tcp",
        "+extension",
        "GLX",
    ]
    server = subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL)
    os.close(theirs)
    with os.fdopen(ours) as number:
        display_number = number.readline().strip()
    try:
        yield f":{display_number}"
    finally:
        server.terminate()
        server.wait(10)


def test_the_window_starts_with_gtks_theme_after_mesa_has_loaded_llvm(start: Start, x_server: str) -> None:
    done = start("-c", START, environment={"DISPLAY": x_server, "QT_QPA_PLATFORMTHEME": "gtk3"}, limit_s=180)
    assert done.returncode == 0, done.stderr
    libraries, triton = done.stdout.splitlines()
    assert "libGLX_mesa" in libraries
    assert "libtriton" not in libraries
    assert triton == "None"


def test_the_window_needs_no_triton(start: Start) -> None:
    done = start("-c", START, environment={"QT_QPA_PLATFORM": "offscreen"}, limit_s=180)
    assert done.returncode == 0, done.stderr
    assert "libtriton" not in done.stdout


@pytest.mark.skipif(not LINUX, reason="a display may be missing on Linux only")
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "There is no display."),
        ({"DISPLAY": ":999"}, 'The display ":999" (DISPLAY) cannot be reached.'),
        ({"QT_QPA_PLATFORM": "xcb"}, 'The display "" (DISPLAY) cannot be reached.'),
        (
            {"WAYLAND_DISPLAY": "nowhere", "XDG_RUNTIME_DIR": "/nonexistent"},
            'The display "nowhere" (WAYLAND_DISPLAY) cannot be reached: No such file or directory.',
        ),
    ],
)
def test_without_a_display_the_commands_are_named(start: Start, environment: dict[str, str], message: str) -> None:
    done = start("main.py", environment=environment)
    assert done.returncode == 2
    expected = f"exclip-desktop: {message} The commands (exclip-desktop explain …) work without one.\n"
    assert (done.stdout, done.stderr) == ("", expected)


@pytest.mark.skipif(not LINUX, reason="other systems have one platform")
def test_an_unknown_platform_is_refused_before_qt_aborts(start: Start) -> None:
    done = start("main.py", environment={"QT_QPA_PLATFORM": "nothing:size=3"})
    expected = 'exclip-desktop: Qt has no platform plugin "nothing". Unset QT_QPA_PLATFORM, or set it to xcb.\n'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


@pytest.mark.skipif(not LINUX, reason="other systems bring what Qt needs")
def test_missing_system_libraries_are_named_together(start: Start, tmp_path: Path) -> None:
    needs = {b"libxcb-icccm.so.4": b"libxcb-never.so.4", b"libxcb-keysyms.so.1": b"libxcb-nowhere.so.1"}
    _copy_qt(tmp_path / "PySide6", needs)
    done = start("main.py", environment={"DISPLAY": ":999", "PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    if Path("/etc/debian_version").exists():
        assert line.endswith("system libraries are missing. Install them: apt install libxcb-never4 libxcb-nowhere1")
    else:
        assert "are missing: libxcb-never.so.4, libxcb-nowhere.so.1. Install" in line


def _copy_qt(package: Path, needs: dict[bytes, bytes]) -> None:
    """Make a PySide6 whose xcb plugin needs other libraries; links lead to the rest of Qt."""
    platforms, libraries = package / "Qt/plugins/platforms", package / "Qt/lib"
    platforms.mkdir(parents=True)
    libraries.mkdir()
    (package / "__init__.py").touch()
    for library in (QT / "lib").iterdir():
        (libraries / library.name).symlink_to(library)
    for file in (Path("plugins/platforms/libqxcb.so"), Path("lib/libQt6XcbQpa.so.6")):
        data = (QT / file).read_bytes()
        for name, other in needs.items():
            data = data.replace(name, other)
        (package / "Qt" / file).unlink(missing_ok=True)
        (package / "Qt" / file).write_bytes(data)


@pytest.mark.skipif(not LINUX, reason="one platform on other systems")
def test_of_several_platforms_one_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ON_DISPLAY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":999")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb;offscreen:size=3")
    display.check_display()
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen:size=3"


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libxcb-icccm.so.4", "libxcb-icccm4"),
        ("libX11.so.6", "libx11-6"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libgcc_s.so.1", "libgcc-s1"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libz.so.1", "zlib1g"),
    ],
)
def test_debians_package_follows_from_the_librarys_name(library: str, package: str) -> None:
    assert display.debian_package(library) == package


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
def test_debian_has_the_packages_of_all_that_the_xcb_plugin_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_loads", lambda name: False)
    names = display.find_missing_libraries([QT / "plugins/platforms/libqxcb.so"], QT / "lib")
    assert {"libxcb-icccm.so.4", "libxcb-keysyms.so.1", "libxcb-shape.so.0", "libxkbcommon-x11.so.0"} <= set(names)
    found = subprocess.run(
        ["dpkg", "-S", *(f"*/{name}" for name in names)], capture_output=True, text=True, check=False
    )
    for name in names:
        owners = {line.split(":")[0] for line in found.stdout.splitlines() if line.endswith(f"/{name}")}
        assert not owners or owners & {display.debian_package(name), f"{display.debian_package(name)}t64", "libc6"}


CLOSE = """
import sys, time
from PySide6.QtCore import QTimer
from exclip_desktop import app
from exclip_desktop.session import session as sessions

def never_ready(self):  # as an import of torch that takes long
    time.sleep(60)

sessions.Session._make_engine = never_ready
first_paint = app.call_after_first_paint

def close_soon(window, action):
    first_paint(window, action)
    QTimer.singleShot(1000, window.close)

app.call_after_first_paint = close_soon
print("starting", flush=True)
sys.exit(app.run_window())
"""


def test_closing_while_torch_is_imported_ends_the_process_at_once(start: Start) -> None:
    done = start("-c", CLOSE, environment={"QT_QPA_PLATFORM": "offscreen"}, limit_s=40)
    assert done.returncode == 0, done.stderr
    assert "starting" in done.stdout
