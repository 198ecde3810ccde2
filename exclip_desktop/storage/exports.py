"""Writes an explanation's numbers: NPZ (everything), JSON (everything, readable), CSV (words × patches)."""

import csv
import io
import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.storage.atomic import check_writable, write_atomically

DATA_ENDINGS = (".npz", ".json", ".csv")
PICTURE_ENDINGS = (".png", ".svg", ".pdf")


def check_data_path(path: Path) -> None:
    """Raise ``OutputError`` unless ``save_data`` can write to ``path``."""
    _check(path, DATA_ENDINGS)


def check_picture_path(path: Path) -> None:
    """Raise ``OutputError`` unless a figure can be written to ``path``."""
    _check(path, PICTURE_ENDINGS)


def _check(path: Path, endings: tuple[str, ...]) -> None:
    if path.suffix.lower() not in endings:
        raise OutputError(f"{path.name} has no ending this program writes here.", f"Use {', '.join(endings)}.")
    check_writable(path)


def save_data(result: Explanation, path: Path) -> None:
    """Write the explanation as NPZ, JSON or CSV, by the file's ending.

    Raises:
        OutputError: another ending, or the place cannot be written.

    """
    check_data_path(path)
    writers = {".npz": _npz, ".json": _json, ".csv": _csv}
    write_atomically(path, lambda file: writers[path.suffix.lower()](result, file))


def as_plain(result: Explanation) -> dict[str, Any]:
    """Return everything but the matrix as plain values for JSON."""
    caption = result.caption
    return {
        "caption": caption.text,
        "score": result.score,
        "ledger": {**dict(result.ledger.lines()), "total": result.ledger.total},
        "residual": result.residual,
        "tokens": [
            {"id": token.id, "text": token.text, "kind": token.kind, "start": token.start, "end": token.end}
            for token in caption.tokens
        ],
        "words": [
            {"text": word.text, "start": word.start, "end": word.end, "rows": word.rows, "value": float(value)}
            for word, value in zip(caption.words, result.word_heat(), strict=True)
        ],
        "unseen": caption.unseen,
        **result.provenance(),
    }


def _npz(result: Explanation, file: BinaryIO) -> None:
    told = json.dumps(as_plain(result), ensure_ascii=False)
    np.savez_compressed(
        file,
        matrix=result.matrix,
        grid=result.grid,
        rows=np.array(result.rows),
        columns=np.array(result.columns),
        content=result.interactions.content,
        score=np.float64(result.score),
        provenance=np.array(told),
    )


def _json(result: Explanation, file: BinaryIO) -> None:
    told = {**as_plain(result), "columns": result.columns, "matrix": result.matrix.astype(float).tolist()}
    file.write(json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8"))


def _csv(result: Explanation, file: BinaryIO) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["word", "start", "end", *result.columns[result.interactions.prefix :]])
    for word in result.words:
        heat = result.interactions.patch_heat(word.rows).reshape(-1)
        writer.writerow([word.text, word.start, word.end, *(f"{value:.9g}" for value in heat)])
    file.write(text.getvalue().encode("utf-8"))
