"""The process that imports the program once and forks a child for every hostile input.

It reads one request per line from standard input, a JSON object with ``arguments``, ``entry`` (module:function),
``folder`` (where to run), ``environment``, ``memory_bytes``, ``cpu_s`` and ``wall_s``, and answers with one line: exit
code or signal, the limit that was exceeded, seconds and bytes used, sockets and programs that were started, and
processes that were left behind. It has one thread, and computes nothing itself: torch's threads do not survive a fork.
"""

import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

NETWORK: Final = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
PROGRAMS: Final = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system")
LEFT_OUT: Final = ("demo", "ui", "session", "app", "__main__")
POLL_S: Final = 0.005
PAGE_BYTES: Final = resource.getpagesize()


def import_program() -> None:
    """Import every module of the program but the window's, and the packages that it imports late."""
    import exclip_desktop  # noqa: PLC0415  the parent of this process imports this module too

    for module in pkgutil.walk_packages(exclip_desktop.__path__, "exclip_desktop."):
        if module.name.split(".")[1] not in LEFT_OUT:
            importlib.import_module(module.name)
    for name in ("matplotlib.backends.backend_svg", "matplotlib.backends.backend_pdf", "transformers", "sqlite3"):
        importlib.import_module(name)
    importlib.import_module("PIL.Image").init()
    assert len(os.listdir("/proc/self/task")) == 1, "a thread does not survive a fork"


def watch_calls(report: Path) -> None:
    """Write each attempt to open a socket, look up a name or start another program to a file, and refuse sockets."""

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        inet = event == "socket.__new__" and int(arguments[1]) in (2, 10)  # AF_INET, AF_INET6
        started = event in PROGRAMS and str(arguments[0]) != sys.executable
        if inet or started or event in NETWORK:
            with open(report, "a", encoding="utf-8") as file:
                file.write(f"{event}{tuple(map(str, arguments[:2]))}\n")
            if not started:
                raise PermissionError("a hostile input reaches for the network")

    sys.addaudithook(on_event)


def run_child(request: dict[str, Any], folder: Path) -> None:
    """Run the entry point as the interpreter would, with standard output and error in files; never return."""
    code = 1
    try:
        os.setsid()
        os.chdir(request["folder"])
        os.environ.update(request["environment"])
        for number, name in enumerate((os.devnull, folder / "stdout", folder / "stderr")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
        sys.argv[:] = ["exclip-desktop", *request["arguments"]]
        module, _, function = request["entry"].partition(":")
        run = getattr(importlib.import_module(module), function)
        watch_calls(folder / "calls")
        code = run(request["arguments"]) or 0
        sys.stdout.flush()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # what the interpreter prints of an error that nobody caught
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code & 0xFF)


def watch_child(child: int, request: dict[str, Any]) -> dict[str, Any]:
    """Wait for a child, end it above a limit, and return how it ended and what it used."""
    began, exceeded = time.monotonic(), ""
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        exceeded = exceeded or _exceeded_limit(child, request, time.monotonic() - began)
        if exceeded:
            _kill_group(child)
        time.sleep(POLL_S)
    cpu_s = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    left = _kill_group(child)
    peak_bytes = usage.ru_maxrss * 1024
    if not exceeded and cpu_s > request["cpu_s"]:
        exceeded = "time"
    if not exceeded and peak_bytes > request["memory_bytes"]:
        exceeded = "memory"
    wall_s = time.monotonic() - began
    return {
        "code": code,
        "exceeded": exceeded,
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "peak_bytes": peak_bytes,
        "left": left,
    }


def _exceeded_limit(child: int, request: dict[str, Any], wall_s: float) -> str:
    try:
        resident = int(Path(f"/proc/{child}/statm").read_text().split()[1]) * PAGE_BYTES
        times = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    except (OSError, IndexError):  # it has just ended
        return ""
    cpu_s = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    if resident > request["memory_bytes"]:
        return "memory"
    return "time" if cpu_s > request["cpu_s"] or wall_s > request["wall_s"] else ""


def _kill_group(leader: int) -> bool:
    """Kill a child and the processes that it started; return whether there were any."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def serve() -> None:
    """Answer requests until standard input ends."""
    import_program()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        folder = Path(request["report"])
        child = os.fork()
        if child == 0:
            run_child(request, folder)
        print(json.dumps(watch_child(child, request)), file=answers, flush=True)


if __name__ == "__main__":
    serve()
