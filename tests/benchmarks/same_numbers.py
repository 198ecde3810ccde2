"""Compares the numbers of two checkouts: matrices, maps, layer profile, batch, study tables and exported files.

    python tests/benchmarks/same_numbers.py PATH_OF_ANOTHER_CHECKOUT

Runs the same work in both, each in its own process and with its own empty caches, on the sample pictures and the
bundled model, and compares every number by relative difference. Times, versions and dates are left out. Exits with 1
where a number differs by more than ``--tolerance`` or is missing on one side.
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parents[2]
SAMPLES: Final = ("sample-01", "sample-04", "sample-11")
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "default": {},
    "last-blocks": {"image_layer": -1, "text_layer": -1},
    "published": {
        "image_layer": -1,
        "text_layer": -1,
        "quadrature": "riemann-right",
        "steps": 10,
        "text_reference": "published",
    },
    "gauss": {"quadrature": "gauss-legendre", "steps": 8},
    "squash": {"image_layer": -1, "framing": "squash"},
    "bfloat16": {"image_layer": -1, "precision": "bfloat16"},
}
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "rise": {"masks": 200},
    "fixlip": {"pairs": 2048},
    "interaction-lime": {"samples": 200},
}
MAPS: Final = ("grad-eclip", "raw-attention", "rollout", "grad-cam", "game", "maskclip", "clip-surgery", "m2ib", "rise")
MAPS_OF_CAPTIONS: Final = ("grad-eclip", "raw-attention", "rollout", "grad-cam", "game", "m2ib")
MATRICES: Final = ("itsm", "fixlip", "interaction-lime", "interaction-cam", "outer-product", "random-weights")
LEFT_OUT: Final = ("seconds", "version", "time", "date", "device", "created", "path", "program")
ENDINGS: Final = (".npz", ".json", ".csv", ".jsonl")
COMMANDS: Final = (
    ("explain", "--sample", "2", "--out", "explained.npz"),
    ("explain", "--sample", "2", "--span", "giraffe", "--out", "explained.json"),
    ("explain", "--sample", "2", "--box", "40,60,200,220", "--out", "explained.csv"),
    ("map", "--sample", "2", "--method", "grad-eclip", "--out", "map.json"),
    ("map", "--sample", "2", "--method", "itsm", "--out", "matrix.csv"),
    ("evaluate", "--out", "study", "--count", "2", "--masks", "20", "--methods", "second-order,grad-eclip,game,itsm"),
    ("batch", "samples.jsonl", "--out", "batch", "--image-layer", "-1", "--text-layer", "-1"),
)


def collect(folder: Path) -> None:
    """Write the numbers of the package on Python's path into ``folder``."""
    import numpy as np
    import torch

    import exclip_desktop as package

    torch.set_num_threads(1)
    model = package.load_model("demo", device="cpu")
    samples = json.loads((Path(os.environ["CHECKOUT"]) / "resources/samples/samples.json").read_text("utf-8"))
    pictures = {Path(one["file"]).stem: one for one in samples}
    numbers: dict[str, Any] = {}
    for name in SAMPLES:
        picture, caption = _picture(pictures[name]["file"]), pictures[name]["caption"]
        for title, settings in SETTINGS.items():
            result = package.explain(model, picture, caption, **settings)
            at = f"explain {title} {name}"
            numbers[f"{at} matrix"] = result.matrix
            numbers[f"{at} heat"] = result.patch_heat()
            numbers[f"{at} box"] = result.token_heat(box=(40, 40, 200, 200))
            numbers[f"{at} score"] = result.score
        for method in MAPS:
            options = OPTIONS.get(method, {})
            numbers[f"map {method} {name}"] = package.map_by(model, picture, caption, method, **options).values
        for method in MAPS_OF_CAPTIONS:
            numbers[f"caption map {method} {name}"] = package.map_by(model, picture, caption, method, "text").values
    name = SAMPLES[0]
    picture, caption = _picture(pictures[name]["file"]), pictures[name]["caption"]
    for method in MATRICES:
        matrix = package.matrix_by(model, picture, caption, method, **OPTIONS.get(method, {}))
        numbers[f"matrix {method} {name}"] = matrix.matrix
    numbers["scores"] = package.score(model, picture, [one["caption"] for one in samples]).cosine
    np.savez(folder / "numbers.npz", **numbers)


def _picture(file: str) -> str:
    return str(Path(os.environ["CHECKOUT"]) / "resources" / "samples" / file)


def run_commands(checkout: Path, folder: Path) -> None:
    """Run the exporting commands of a checkout in ``folder``."""
    samples = json.loads((checkout / "resources/samples/samples.json").read_text("utf-8"))[:4]
    lines = [
        json.dumps({"path": str(checkout / "resources/samples" / one["file"]), "caption": one["caption"]})
        for one in samples
    ]
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    for command in COMMANDS:
        _run(checkout, folder, "-m", "exclip_desktop", *command)


def _run(checkout: Path, folder: Path, *arguments: str) -> None:
    places = {f"XDG_{kind}_HOME": str(folder / f".{kind.lower()}") for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment = os.environ | places | threads | {"PYTHONPATH": str(checkout), "CHECKOUT": str(checkout)}
    print(f"{checkout.name}: {' '.join(Path(word).name for word in arguments)}", flush=True)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{arguments} failed in {checkout}:\n{done.stderr}")


def numbers_of(folder: Path) -> dict[str, Any]:
    """Return every number that was written, by file and place."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix not in ENDINGS or path.name == "samples.jsonl" or name.startswith("."):
            continue
        found |= {f"{name} {place}": value for place, value in _numbers_in(path)}
    return found


def _numbers_in(path: Path) -> Iterator[tuple[str, Any]]:
    import numpy as np

    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            for name in arrays.files:
                array = arrays[name]
                if array.dtype.kind in "fiub":
                    yield name, array.astype(np.float64)
                elif array.dtype.kind == "U" and array.ndim == 0 and str(array).startswith(("{", "[")):
                    yield from _walk(name, json.loads(str(array)))
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            for row, cells in enumerate(csv.reader(file)):
                if "seconds" not in cells:
                    yield from _walk(f"row {row}", [_number(cell) for cell in cells])
    else:
        text = path.read_text("utf-8")
        documents = [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else [json.loads(text)]
        for number, document in enumerate(documents):
            yield from _walk(f"{number}", document)


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _walk(place: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int | float):
        yield place, float(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not any(word in key.lower() for word in LEFT_OUT):
                yield from _walk(f"{place}/{key}", inner)
    else:
        for number, inner in enumerate(value):
            yield from _walk(f"{place}/{number}", inner)


def difference(before: Any, after: Any) -> float:
    """Return the largest difference by the largest magnitude; infinite where shapes differ."""
    import numpy as np

    left, right = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if left.shape != right.shape or not np.array_equal(np.isnan(left), np.isnan(right)):
        return math.inf
    if not left.size:
        return 0.0
    scale = max(float(np.nanmax(np.abs(left), initial=0)), 1e-12)
    return float(np.nanmax(np.abs(left - right), initial=0)) / scale


def main() -> int:
    """Run both checkouts and print how many numbers are equal and which are not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="a checkout of another commit, e.g. made by git worktree add")
    parser.add_argument("--tolerance", type=float, default=1e-6, help="largest relative difference (default 1e-6)")
    parser.add_argument("--collect", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.collect:
        collect(options.other)
        return 0
    with tempfile.TemporaryDirectory() as place:
        sides = []
        for number, checkout in enumerate((options.other.resolve(), HERE)):
            folder = Path(place) / str(number)
            folder.mkdir()
            _run(checkout, folder, str(Path(__file__).resolve()), "--collect", str(folder))
            run_commands(checkout, folder)
            sides.append(numbers_of(folder))
    return _compare(*sides, options.tolerance)


def _compare(before: dict[str, Any], after: dict[str, Any], tolerance: float) -> int:
    for name in sorted(before.keys() ^ after.keys()):
        print(f"only {'before' if name in before else 'after'}: {name}")
    differences = {name: difference(before[name], after[name]) for name in before.keys() & after.keys()}
    wrong = {name: value for name, value in sorted(differences.items()) if value > tolerance}
    for name, value in wrong.items():
        print(f"{value:.1e} {name}")
    equal = sum(value == 0 for value in differences.values())
    largest = max(differences.values(), default=0.0)
    print(f"{len(differences)} values compared: {equal} equal bit for bit; largest difference {largest:.1e}")
    return 1 if wrong or before.keys() - after.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
