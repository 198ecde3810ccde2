"""Writes a method's map: NPZ, JSON (everything) or CSV (a line for every patch or token)."""

import csv
import io
import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from exclip_desktop.core.values.token_map import TokenMap
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.matrix_files import check_data_path


def save_map(found: TokenMap, path: Path) -> None:
    """Write a map as NPZ, JSON or CSV, by the file's ending.

    - JSON: ``map_as_plain``; NPZ: ``values`` as an array, all else as JSON text in ``provenance``.
    - CSV: of a picture row, column, and the patch's box in pixels; of a caption the token; then the value.

    Raises:
        OutputError: another ending, or the place cannot be written.

    """
    check_data_path(path)
    writers = {".npz": _npz, ".json": _json, ".csv": _csv}
    write_atomically(path, lambda file: writers[path.suffix.lower()](found, file))


def map_as_plain(found: TokenMap) -> dict[str, Any]:
    """Return a map as plain values for JSON."""
    return {
        "method": found.method,
        "options": dict(found.options),
        "side": found.side,
        "model": found.model,
        "weights_sha256": found.weights_sha256,
        "framing": found.framing,
        "device": found.device,
        "versions": dict(found.versions),
        "caption": found.caption.text,
        "target": found.target,
        "score": found.score,
        "grid": list(found.geometry.grid),
        "seen": list(found.geometry.seen),
        "source_size": list(found.geometry.source_size),
        "tokens": [token.text for token in found.caption.tokens],
        "values": found.values.tolist(),
    }


def _json(found: TokenMap, file: BinaryIO) -> None:
    file.write(json.dumps(map_as_plain(found), ensure_ascii=False, indent=1).encode("utf-8"))


def _npz(found: TokenMap, file: BinaryIO) -> None:
    told = {name: value for name, value in map_as_plain(found).items() if name != "values"}
    np.savez_compressed(file, values=found.values, provenance=np.array(json.dumps(told, ensure_ascii=False)))


def _csv(found: TokenMap, file: BinaryIO) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if found.side == "text":
        writer.writerow(["token", "value"])
        writer.writerows([token.text, f"{v:.9g}"] for token, v in zip(found.caption.tokens, found.values, strict=True))
    else:
        writer.writerow(["row", "column", "x0", "y0", "x1", "y1", "value"])
        for (row, column), value in np.ndenumerate(found.values):
            box = (f"{edge:.6g}" for edge in found.geometry.patch_box(row, column))
            writer.writerow([row, column, *box, f"{value:.9g}"])
    file.write(text.getvalue().encode("utf-8"))
