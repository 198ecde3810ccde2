"""Hostile and damaged files among those that the program keeps: batch folders, caches, settings, packs, studies."""

import hashlib
import json
import os
import pickle
import random
import shutil
import struct
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from tests.hostile.runner import OUT, HostileInput

REFUSED: Final = (2,)
ACCEPTED: Final = (0,)
QUICK: Final = ("--quadrature", "gauss-legendre", "--steps", "1", "--device", "cpu")
BATCH: Final = ["batch", "pairs.csv", "--out", OUT, "--model", "./model", *QUICK]
PICTURES, TEXTS = "pictures/00000.safetensors", "captions/00000.safetensors"
WEIGHTS, CONFIG, SUMS = "open_clip_model.safetensors", "open_clip_config.json", "SHA256SUMS"
DEEP: Final = b"[" * 100_000
HUGE: Final = b'{"bytes": 1' + b"0" * 5000 + b"}"
HERE: Final = "tests.hostile.inputs.kept_files"

Change = Callable[[Path], object]


# Files that are right, made once


@lru_cache
def _templates() -> Path:
    """Return a folder with a tiny model and a list of two pairs; they are made once."""
    from tests.conftest import save_random_model, tiny_config  # noqa: PLC0415  it imports torch

    folder = Path(tempfile.mkdtemp(prefix="kept-"))
    save_random_model(folder / "model", tiny_config())
    pixels = np.random.default_rng(3).integers(0, 255, (40, 48, 3), dtype=np.uint8)
    for at in range(2):
        Image.fromarray(np.roll(pixels, 5 * at, axis=1)).save(folder / f"{at}.png")
    (folder / "pairs.csv").write_text("path,caption\n0.png,a dog\n1.png,a red balloon\n")
    return folder


def _copy_templates(folder: Path) -> None:
    shutil.copytree(_templates(), folder, dirs_exist_ok=True)


def mutated(data: bytes, seed: int) -> bytes:
    """Return other bytes: flipped bits, a cut, zeros, or foreign bytes in a place that ``seed`` decides."""
    rng = random.Random(seed)
    changed, place = bytearray(data), rng.randrange(len(data))
    kind = rng.randrange(4)
    if kind == 0:
        changed[place] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del changed[place:]
    elif kind == 2:
        changed[place : place + 32] = bytes(32)
    else:
        changed[place : place + 4] = rng.randbytes(rng.randrange(1, 40))
    return bytes(changed)


def _put(name: str, data: bytes) -> Change:
    return lambda folder: ((folder / name).parent.mkdir(exist_ok=True), (folder / name).write_bytes(data))


def _fifo(name: str) -> Change:
    return lambda folder: ((folder / name).parent.mkdir(exist_ok=True), os.mkfifo(folder / name))


def _link(name: str, target: str) -> Change:
    return lambda folder: ((folder / name).parent.mkdir(exist_ok=True), (folder / name).symlink_to(target))


# Batch folders: what lies there before the batch starts


def _batch(change: Change) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        _copy_templates(folder)
        change(folder.parent / "output")
        return BATCH

    return write


def _shard(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header


BATCHES: Final[dict[str, tuple[Change, tuple[int, ...]]]] = {
    "a header that is a named pipe": (_fifo("batch.json"), REFUSED),
    "a header that is a device": (_link("batch.json", "/dev/zero"), REFUSED),
    "a header of another program": (_put("batch.json", b'{"name": "batch"}'), REFUSED),
    "a header that is nested too deep": (_put("batch.json", DEEP), REFUSED),
    "a header of another version": (_put("batch.json", b'{"batch": 9}'), REFUSED),
    "a header with lists for texts": (_put("batch.json", b'{"batch": 1, "decided_by": [], "pictures": 3}'), REFUSED),
    "a shard that is a named pipe": (_fifo(PICTURES), ACCEPTED),
    "a shard that is a device": (_link(TEXTS, "/dev/zero"), ACCEPTED),
    "a shard with an endless header": (_put(PICTURES, b"\xff" * 8 + b"{}"), ACCEPTED),
    "a shard with a header of 10 TB": (_put(PICTURES, struct.pack("<Q", 10**13) + b"{}"), ACCEPTED),
    "a shard without tensors": (_put(PICTURES, _shard(b"{}")), ACCEPTED),
    "a shard with a deep header": (_put(TEXTS, _shard(DEEP)), ACCEPTED),
    "a shard with deep entries": (
        _put(TEXTS, _shard(json.dumps({"__metadata__": {"entries": "[" * 9000}}).encode())),
        ACCEPTED,
    ),
    "a shard that is a pickle": (_put(PICTURES, pickle.dumps(print)), ACCEPTED),
    "an index that is a named pipe": (_fifo("index.jsonl"), ACCEPTED),
    "an index that is a folder": (lambda folder: (folder / "index.jsonl").mkdir(), REFUSED),
    "checksums of a batch that are a device": (_link("SHA256SUMS", "/dev/urandom"), ACCEPTED),
    "scores that are a pickle": (_put("scores.npy", pickle.dumps([1])), ACCEPTED),
    "captions that are a file": (_put("captions", b""), REFUSED),
}


def _read_batch(header: bytes, index: bytes) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        (folder / "explained").mkdir()
        (folder / "explained" / "batch.json").write_bytes(header)
        (folder / "explained" / "index.jsonl").write_bytes(index)
        return ["convert", "explained", f"{OUT}/pairs.csv"]

    return write


HEADER: Final = json.dumps(
    {"batch": 1, "decided_by": {}, "pictures": ["0.png"], "captions": ["a"], "folder": "/", "settings": {
        "model": "m", "weights": "w", "weights_sha256": "0", "image_layer": 0, "text_layer": 0,
        "quadrature": "adaptive", "steps": 9, "text_reference": "matched", "device": "cpu", "versions": {}}}
).encode()  # fmt: skip
READ: Final[dict[str, tuple[bytes, bytes]]] = {
    "an index of another checksum": (HEADER[:-1] + b', "sha256": "00"}', b'{"id": "1"}\n'),
    "an index that is nested too deep": (HEADER, DEEP + b"\n"),
    "an index of numbers": (HEADER, b"1\n2\n3\n"),
    "an index with a line of 20 MB": (HEADER, b'{"id": "' + b"x" * 20_000_000 + b'"}\n'),
    "an index with bytes that are no text": (HEADER, b'{"id": "\xff\xfe", "picture": "0.png", "caption": "a"}\n'),
    "a header with settings of other kinds": (HEADER.replace(b'"steps": 9', b'"steps": "many"'), b""),
    "a header with an infinite layer": (HEADER.replace(b'"image_layer": 0', b'"image_layer": Infinity'), b""),
}

# Studies


def _study(content: bytes) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        _copy_templates(folder)
        (folder.parent / "output" / "outcomes.jsonl").write_bytes(content)
        methods = ["--methods", "random", "--metrics", "energy", "--count", "1"]
        return ["evaluate", "--out", OUT, "--model", "./model", *methods, "--device", "cpu"]

    return write


STUDIES: Final[dict[str, bytes]] = {
    "outcomes that are nested too deep": DEEP + b"\n",
    "outcomes of another study": b'{"study": 1, "model": "other"}\n',
    "outcomes with a damaged header": b'{"study": 1, "sha256": "00"}\n',
    "outcomes that are no objects": b"[]\n[]\n",
    "outcomes with a number of 5,000 digits": b'{"study": 1' + b"0" * 5000 + b"}\n",
}

# Caches


def _cache(change: Change) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        (folder / "cache").mkdir()
        change(folder / "cache")
        return ["cache"]

    return write


CACHES: Final[dict[str, Change]] = {
    "a limit that is nested too deep": _put("limit.json", DEEP),
    "a limit of 5,000 digits": _put("limit.json", HUGE),
    "a limit below zero": _put("limit.json", b'{"bytes": -1}'),
    "a limit that is infinite": _put("limit.json", b'{"bytes": Infinity}'),
    "a limit that is a named pipe": _fifo("limit.json"),
    "a limit that is a device": _link("limit.json", "/dev/zero"),
    "an entry that is a named pipe": _fifo("0" * 64 + ".safetensors"),
    "an entry that is a device": _link("0" * 64 + ".safetensors", "/dev/zero"),
    "an entry that is a folder": lambda folder: (folder / ("0" * 64 + ".safetensors")).mkdir(),
    "a leftover that is a link": _link(".exclip-0123.part", "../../canary"),
}

# Packs


def _pack(change: Change, name: str = "packed") -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        shutil.copytree(_templates() / "model", folder / name)
        (folder / name / SUMS).write_text("".join(_sum_line(folder / name / file) for file in (CONFIG, WEIGHTS)))
        change(folder / name)
        return ["models", "unpack", name]

    return write


def _sum_line(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


def _list_also(name: str, sha256: str = "0" * 64) -> Change:
    return lambda folder: (folder / SUMS).write_text((folder / SUMS).read_text() + f"{sha256}  {name}\n")


def _replaced(name: str, change: Change) -> Change:
    return lambda folder: ((folder / name).unlink(), change(folder))


def _grown(name: str, size: int) -> Change:
    return lambda folder: os.truncate(folder / name, size)


PACKS: Final[dict[str, Change]] = {
    "a file above the folder": _list_also("../kept.txt"),
    "a file at an absolute path": _list_also("/etc/passwd"),
    "a file in a folder below": _list_also("a/b.json"),
    "the folder above": _list_also(".."),
    "the folder itself": _list_also("."),
    "no name": _list_also(""),
    "a file listed twice": _list_also(CONFIG),
    "a file with a path of Windows": _list_also("..\\kept.txt"),
    "a name with a NUL": _list_also("a\0b"),
    "a hidden file": _list_also(".profile"),
    "ten thousand files": lambda folder: [_list_also(f"{at}.json")(folder) for at in range(300)],
    "weights that are a link": _replaced(WEIGHTS, _link(WEIGHTS, "../../kept.txt")),
    "weights that are a device": _replaced(WEIGHTS, _link(WEIGHTS, "/dev/zero")),
    "weights that are a named pipe": _replaced(WEIGHTS, _fifo(WEIGHTS)),
    "weights of 8 TB": _grown(WEIGHTS, 1 << 43),
    "checksums that are a named pipe": _replaced(SUMS, _fifo(SUMS)),
    "checksums that are a device": _replaced(SUMS, _link(SUMS, "/dev/zero")),
    "checksums of 1 GB": _grown(SUMS, 1 << 30),
    "checksums that are no text": _put(SUMS, b"\xff\x00" * 99),
    "other weights": lambda folder: (folder / WEIGHTS).write_bytes(mutated((folder / WEIGHTS).read_bytes(), 4)),
}

# Settings: an entry of their own, because a window needs a display


def read_settings(arguments: list[str]) -> int:
    """Read a settings file as the window does, print what it says, and save a setting: an entry point."""
    from exclip_desktop.session.settings_file import SettingsFile  # noqa: PLC0415  it imports Qt
    from exclip_desktop.session.window_settings import Settings  # noqa: PLC0415

    path = Path(arguments[0])
    settings = Settings(SettingsFile(Path(OUT) / path.name, path) if path.suffix == ".conf" else SettingsFile(path))
    print(settings.problem().encode("ascii", "backslashreplace").decode())
    settings.view(), settings.explain_settings(), settings.default_model(), settings.methods(), settings.places.last()
    settings.geometry.get("window"), settings.recent_pictures.existing(), settings.studies_folder()
    return 0


class Command:
    """Writes over a file when it is unpickled."""

    def __reduce__(self) -> Any:
        return open, ("../canary/kept.txt", "w")


PICKLE: Final = "".join(f"\\x{one:x}" for one in pickle.dumps(Command(), 0))
VARIANT: Final = f"@Variant(\\0\\0\\0\\x7f\\0\\0\\0\\x1cPySide::PyObjectWrapper\\0{PICKLE})"
SETTINGS: Final[dict[str, bytes]] = {
    "a setting that is a pickle": f"[General]\ntheme={VARIANT}\nview={VARIANT}\n[shape]\nwindow={VARIANT}\n".encode(),
    "an opacity of 1e308 and unknown colours": b'{"view": {"opacity": 1e308, "colours": "none"}}',
    "settings that are nested too deep": b'{"view": ' + DEEP + b"}",
    "settings with a number of 5,000 digits": b'{"how": {"steps": 1' + b"0" * 5000 + b"}}",
    "settings that are not finite": b'{"view": {"opacity": NaN, "words_limit": -Infinity}, "how": {"tolerance": NaN}}',
    "settings of other kinds": b'{"view": 3, "how": [], "recent": {"a": 1}, "methods": "all", "device": []}',
    "settings with half a character": b'{"device": "\\ud800", "recent": ["\\udfff"], "studies_folder": "\\ud800"}',
    "settings with a path that no file can have": b'{"recent": ["a\\u0000b"], "studies_folder": "\\u0000"}',
    "settings that are no text": b"\xff\xfe\x00\xd8" * 999,
    "settings with a hundred thousand paths": json.dumps({"recent": ["/x"] * 100_000}).encode(),
    "a geometry that is not base64": b'{"shape/window": "\xc3\xa4\xc3\xa4", "shape/docks": "A", "shape/manual": 3}',
    "an empty settings file": b"",
    "settings of 9 MB": b'{"device": "' + b"x" * 9_000_000 + b'"}',
}


def _settings(content: bytes) -> Callable[[Path], list[str]]:
    name = "settings.conf" if content.startswith(b"[General]") else "settings.json"

    def write(folder: Path) -> list[str]:
        place = folder if name.endswith(".conf") else folder.parent / "output"
        (place / name).write_bytes(content)
        return [name if name.endswith(".conf") else f"{OUT}/{name}"]

    return write


def _mutated_settings(seed: int) -> bytes:
    values = {
        "theme": "dark",
        "view": {"opacity": 0.4, "colours": "safe"},
        "recent": ["/a.png"],
        "shape/window": "AAAA",
    }
    return mutated(json.dumps(values).encode(), seed)


FAST: Final = {
    "a header that is a named pipe",
    "a shard with an endless header",
    "an index of another checksum",
    "outcomes that are nested too deep",
    "an entry that is a named pipe",
    "a limit that is nested too deep",
    "a file above the folder",
    "weights that are a link",
    "a setting that is a pickle",
    "an opacity of 1e308 and unknown colours",
}


def _table() -> tuple[HostileInput, ...]:
    cache, fast = {"EXCLIP_CACHE": "cache"}, FAST
    inputs = [
        *(HostileInput(name, _batch(one), name in fast, codes) for name, (one, codes) in BATCHES.items()),
        *(HostileInput(name, _read_batch(*one), name in fast, REFUSED) for name, one in READ.items()),
        *(HostileInput(name, _study(one), name in fast, REFUSED) for name, one in STUDIES.items()),
        *(HostileInput(name, _cache(one), name in fast, ACCEPTED, environment=cache) for name, one in CACHES.items()),
        *(HostileInput(name, _pack(one), name in fast, REFUSED) for name, one in PACKS.items()),
        *(
            HostileInput(name, _settings(one), name in fast, ACCEPTED, entry=f"{HERE}:read_settings")
            for name, one in SETTINGS.items()
        ),
        *(
            HostileInput(
                f"mutated settings {seed}",
                _settings(_mutated_settings(seed)),
                codes=ACCEPTED,
                entry=f"{HERE}:read_settings",
            )
            for seed in range(26)
        ),
    ]
    return tuple(inputs)


INPUTS: Final = _table()
