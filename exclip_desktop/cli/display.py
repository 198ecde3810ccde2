"""Checks that Qt can open a window, before Qt is imported: where Qt cannot, it aborts the program."""

import ctypes
import os
import re
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import UserError

COMMANDS_HINT: Final = "The commands (exclip-desktop explain …) work without one."
QT_MODULES: Final = ("Widgets", "Svg", "OpenGLWidgets", "Test")  # beside those that every platform plugin loads
OTHER_PACKAGES: Final = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libz.so.1": "zlib1g",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libbrotlidec.so.1": "libbrotli1",
    "libbrotlicommon.so.1": "libbrotli1",
}
"""Debian's packages whose names do not follow from the library's."""


class DisplayError(UserError):
    """Qt cannot open a window here."""


def check_display() -> None:
    """Raise ``DisplayError`` unless Qt can load a platform plugin and reach its display; Linux and other Unix only.

    Where ``QT_QPA_PLATFORM`` names several plugins, or X11 and Wayland are both there, one of them is enough; the
    variable then names those that work.
    """
    qt = _qt_folder()
    if sys.platform in ("win32", "darwin") or qt is None:
        return
    works, errors = [], []
    platforms = _platforms()
    for platform in platforms:
        try:
            _check_platform(platform.partition(":")[0].strip(), qt)
        except DisplayError as error:
            errors.append(error)
        else:
            works.append(platform)
    if not works:
        raise errors[-1] if errors else DisplayError("There is no display.", COMMANDS_HINT)
    if errors:
        os.environ["QT_QPA_PLATFORM"] = ";".join(works)


def _platforms() -> list[str]:
    """Return the platform plugins that Qt would try."""
    named = [name for name in os.environ.get("QT_QPA_PLATFORM", "").split(";") if name.strip()]
    if named:
        return named
    wayland = ["wayland"] if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("WAYLAND_SOCKET") else []
    return wayland + (["xcb"] if os.environ.get("DISPLAY") else [])


def _check_platform(name: str, qt: Path) -> None:
    family = name.partition("-")[0]  # wayland-egl is a key of the plugin wayland
    plugin = qt / "plugins" / "platforms" / f"libq{family}.so"
    if not plugin.is_file():
        if os.environ.get("QT_PLUGIN_PATH") or os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH"):
            return
        raise DisplayError(f'Qt has no platform plugin "{name}".', "Unset QT_QPA_PLATFORM, or set it to xcb.")
    _check_libraries([plugin, *(qt / "lib" / f"libQt6{module}.so.6" for module in QT_MODULES)], qt / "lib")
    if family == "xcb":
        _connect_to_x11()
    elif family == "wayland":
        _connect_to_wayland()


def _qt_folder() -> Path | None:
    """Return the folder of PySide6's own Qt; None for a PySide6 that uses the system's."""
    spec = find_spec("PySide6")
    folders = spec.submodule_search_locations if spec is not None else None
    qt = Path(next(iter(folders))) / "Qt" if folders else None
    return qt if qt is not None and (qt / "plugins" / "platforms").is_dir() else None


def _check_libraries(files: list[Path], qt_libraries: Path) -> None:
    """Load the files; where one cannot be loaded, name every library that is missing, and Debian's package of it."""
    try:
        for file in files:
            ctypes.CDLL(str(file))
    except OSError as error:
        missing = find_missing_libraries(files, qt_libraries)
        if not missing:  # such as a symbol of another version
            raise DisplayError(f"Qt cannot be loaded: {error}.", "Update the system's libraries.") from error
        raise DisplayError(*_describe_missing(missing)) from error


def _describe_missing(missing: list[str]) -> tuple[str, str]:
    if Path("/etc/debian_version").exists():  # Debian, Ubuntu and what stems from them
        packages = " ".join(sorted({debian_package(name) for name in missing}))
        return "Qt cannot open a window: system libraries are missing.", f"Install them: apt install {packages}"
    return (
        f"Qt cannot open a window: system libraries are missing: {', '.join(missing)}.",
        "Install the packages that contain them.",
    )


def find_missing_libraries(files: list[Path], qt_libraries: Path) -> list[str]:
    """Return the names of the system's libraries that the files need and that cannot be loaded, sorted.

    Qt's own libraries are followed; the system's are complete where they are installed.
    """
    missing, seen, waiting = set(), set(), list(files)
    while waiting:
        for name in read_needed_libraries(waiting.pop()):
            if name in seen:
                continue
            seen.add(name)
            if (qt_libraries / name).exists():
                waiting.append(qt_libraries / name)
            elif not _loads(name):
                missing.add(name)
    return sorted(missing)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def read_needed_libraries(file: Path) -> list[str]:
    """Return the names of the libraries that a shared library needs (DT_NEEDED); none unless it is ELF of 64 bits."""
    data = file.read_bytes() if file.exists() else b""
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    (start,), (size, count) = struct.unpack_from("<Q", data, 32), struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, start + size * index) for index in range(count)]
    loaded = [(address, offset, length) for kind, _, offset, address, _, length in segments if kind == 1]
    entries = [
        struct.unpack_from("<qQ", data, at)
        for kind, _, offset, _, _, length in segments
        if kind == 2
        for at in range(offset, offset + length, 16)
    ]
    text = next(value for tag, value in entries if tag == 5)
    text = next(text - address + offset for address, offset, length in loaded if address <= text < address + length)
    starts = [text + value for tag, value in entries if tag == 1]
    return [data[at : data.index(b"\0", at)].decode() for at in starts]


def debian_package(library: str) -> str:
    """Return Debian's and Ubuntu's package of a library such as ``libxcb-icccm.so.4``."""
    if library in OTHER_PACKAGES:
        return OTHER_PACKAGES[library]
    name, _, version = library.lower().replace("_", "-").partition(".so")
    version = version.strip(".")
    return f"{name}-{version}" if re.search(r"\d$", name) else f"{name}{version}"


def _connect_to_x11() -> None:
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    with _captured_errors() as lines:
        connection = xcb.xcb_connect(None, None)
        failed = xcb.xcb_connection_has_error(connection)
        xcb.xcb_disconnect(connection)
    if failed:
        reason = " ".join(" ".join(lines).split()).rstrip(".")
        raise _unreachable("DISPLAY", os.environ.get("DISPLAY", ""), reason)


def _connect_to_wayland() -> None:
    if os.environ.get("WAYLAND_SOCKET"):  # the number of a file that is open already
        return
    name = os.environ.get("WAYLAND_DISPLAY") or "wayland-0"
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / name  # a full path stays
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError as error:
            raise _unreachable("WAYLAND_DISPLAY", name, error.strerror or "") from error


def _unreachable(variable: str, value: str, reason: str) -> DisplayError:
    reason = f": {reason}" if reason else ""
    return DisplayError(f'The display "{value}" ({variable}) cannot be reached{reason}.', COMMANDS_HINT)


@contextmanager
def _captured_errors() -> Iterator[list[str]]:
    """Collect what a library writes on standard error; the lines are there once the block has ended."""
    lines: list[str] = []
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            lines += file.read().decode(errors="replace").splitlines()
