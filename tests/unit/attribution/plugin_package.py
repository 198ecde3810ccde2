"""Writes an installed package with methods, good and broken ones, for tests of the entry-point group."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

Install = Callable[[dict[str, str]], None]

METHODS: Final = '''"""Methods of a package outside the program."""

from dataclasses import dataclass

from exclip_desktop.core.methods import AttributionMethod, option


@dataclass(frozen=True, slots=True)
class Ramp:
    """Options."""

    slope: float = option(1.0, "how steep")


def answer(pair, options):
    import torch

    rows, columns = pair.image_cut(0).grid
    values = torch.arange(rows * columns, dtype=torch.float32).reshape(rows, columns)
    return pair.token_map(options, values * options.slope)


def fail(pair, options):
    raise RuntimeError("nothing works here")


def return_array(pair, options):
    return [1.0, 2.0]


def make(key, answer):
    return AttributionMethod(
        key=key, name=key.title(), cost="nothing", answer=answer, sides=("image",), options_type=Ramp
    )


RAMP = make("ramp", answer)
FAILS = make("fails", fail)
ARRAY = make("array", return_array)
TAKEN = make("game", answer)
CONTROL = make("random", answer)
COMMAS = make("one,two", answer)


@dataclass(frozen=True, slots=True)
class Framed:
    """An option that map_by has as an argument."""

    framing: str = option("model", "a reserved name", choices=("model",))


RESERVED = AttributionMethod(key="reserved", name="Reserved", cost="nothing", answer=answer, options_type=Framed)
NO_METHOD = "a text"
'''
GOOD: Final = {"ramp": "ramp_methods:RAMP"}
BROKEN: Final = {
    "absent": "no_such_module:METHOD",
    "array": "ramp_methods:ARRAY",
    "commas": "ramp_methods:COMMAS",
    "control": "ramp_methods:CONTROL",
    "exits": "exiting_module:METHOD",
    "fails": "ramp_methods:FAILS",
    "reserved": "ramp_methods:RESERVED",
    "taken": "ramp_methods:TAKEN",
    "text": "ramp_methods:NO_METHOD",
}


def write_plugin_package(folder: Path, methods: dict[str, str]) -> None:
    """Write the modules and metadata of a package ``ramps`` into ``folder``, as an installer does."""
    (folder / "ramp_methods.py").write_text(METHODS, "utf-8")
    (folder / "exiting_module.py").write_text("raise SystemExit(3)\n", "utf-8")
    info = folder / "ramps-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ramps\nVersion: 1.0\n", "utf-8")
    lines = "\n".join(f"{name} = {value}" for name, value in methods.items())
    (info / "entry_points.txt").write_text(f"[exclip_desktop.methods]\n{lines}\n", "utf-8")
