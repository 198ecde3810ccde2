"""Writes a matrix with its numbers: NPZ (everything), JSON (everything, readable), CSV (words × patches)."""

import csv
import io
import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.maths.word_patch_pairs import strongest_patch
from exclip_desktop.core.values.caption import Word
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, Selection, block_sum, coverage, patch_heat, token_heat
from exclip_desktop.storage.atomic import check_writable, write_atomically

Floats = NDArray[np.float64]
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


def save_data(result: PairMatrix, path: Path, selection: Selection | None = None, notes: tuple[str, ...] = ()) -> None:
    """Write a matrix as NPZ, JSON or CSV, by the file's ending; with ``selection``, what it adds up to as well.

    - JSON: everything as one object, see ``as_plain``; the selection under ``selection``, see ``selection_as_plain``;
      what a person should know before they trust the numbers under ``notes``.
    - NPZ: the matrix and its names as arrays, all else as JSON text in ``provenance``; of the selection,
      ``selection_rows``, ``selection_coverage`` (grid_h, grid_w), ``patch_heat`` (grid_h, grid_w) and ``token_heat``
      (rows,) are arrays too.
    - CSV: one line per word: word, start, end (characters), then what it adds through each patch of the whole picture,
      named ``row,column``, from 0.
      A selection puts two columns before the patches: ``selected``, 1 where the word has a selected token (where
      nothing is selected, everything counts), and ``value``, the word's sum through the regions.

    Raises:
        OutputError: another ending, or the place cannot be written.

    """
    check_data_path(path)
    ending = path.suffix.lower()
    if ending == ".csv":
        write_atomically(path, lambda file: _csv(result, selection, file))
        return
    told = {"notes": notes, **_told(result, selection)}
    write = _npz if ending == ".npz" else _json
    write_atomically(path, lambda file: write(result, selection, told, file))


def as_plain(result: PairMatrix) -> dict[str, Any]:
    """Return everything but the matrix as plain values for JSON.

    A ledger and errors are an explanation's alone. ``float32_score`` is null where everything is float32.
    ``residual`` is the completeness residual, a relative error; ``residual`` in ``ledger`` is what the integrals missed
    in the unit of the score.
    """
    caption = result.caption
    return {
        "caption": caption.text,
        "score": result.score,
        **(_accounts(result) if isinstance(result, Explanation) else {}),
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


def _accounts(result: Explanation) -> dict[str, Any]:
    return {
        "float32_score": result.float32_score,
        "ledger": {**dict(result.ledger.lines()), "total": result.ledger.total},
        "residual": result.residual,
    }


def selection_as_plain(result: PairMatrix, selection: Selection) -> dict[str, Any]:
    """Return the selection and what follows from it as plain values for JSON.

    What ``selection_in_brief`` returns, and the arrays: ``coverage``, each patch's selected share (None: all patches);
    ``patch_heat`` through the selected tokens; ``token_heat`` through the regions.
    """
    patches, tokens = _heat(result, selection)
    share = coverage(result.geometry, selection.regions)
    return {
        **selection_in_brief(result, selection),
        "coverage": None if share is None else share.tolist(),
        "patch_heat": patches.tolist(),
        "token_heat": tokens.tolist(),
    }


def selection_in_brief(result: PairMatrix, selection: Selection) -> dict[str, Any]:
    """Return the selection and what follows from it, but for arrays, as plain values for JSON.

    No rows: all tokens; no regions: all patches.

    - ``words``: every word, whether it is ``selected`` (all are where none is), and its ``value`` through the regions.
    - ``sum``: of the selected tokens × the selected patches, each by its covered share.
    - ``share``: of ``sum`` in the whole matrix; None where that is too small for shares.
    - ``strongest_patch``: the one of largest magnitude, for or against, through the selected tokens; its ``row`` and
      ``column`` from 0, its ``box`` in pixels, and its ``value``, by its covered share; None for no patch.
    """
    block = block_sum(result.interactions, result.geometry, selection)
    return {
        "rows": list(selection.rows),
        "tokens": [result.rows[row] for row in selection.rows],
        "words": [
            {"text": word.text, "start": word.start, "end": word.end, "selected": selected, "value": value}
            for word, selected, value in _word_values(result, selection)
        ],
        "regions": [
            {"name": region.name, "box": region.box, "outline": region.outline, "subtract": region.subtract}
            for region in selection.regions
        ],
        "sum": block,
        "share": result.share_of_all(block),
        "strongest_patch": _strongest(result, selection),
    }


def _strongest(result: PairMatrix, selection: Selection) -> dict[str, Any] | None:
    found = strongest_patch(result, selection)
    if found is None:
        return None
    (row, column), value = found
    return {"row": row, "column": column, "box": result.geometry.patch_box(row, column), "value": value}


def _heat(result: PairMatrix, selection: Selection) -> tuple[Floats, Floats]:
    patches = patch_heat(result.interactions, selection, Preview())
    return patches, token_heat(result.interactions, result.geometry, selection, Preview())


def _told(result: PairMatrix, selection: Selection | None) -> dict[str, Any]:
    told = as_plain(result)
    return told if selection is None else {**told, "selection": selection_as_plain(result, selection)}


def _npz(result: PairMatrix, selection: Selection | None, told: dict[str, Any], file: BinaryIO) -> None:
    arrays: dict[str, Any] = {
        "matrix": result.matrix,
        "grid": result.grid,
        "rows": np.array(result.rows),
        "columns": np.array(result.columns),
        "content": result.interactions.content,
        "score": np.float64(result.score),
        "provenance": np.array(json.dumps(told, ensure_ascii=False)),
    }
    if selection is not None:
        patches, tokens = _heat(result, selection)
        share = coverage(result.geometry, selection.regions)
        arrays["selection_rows"] = np.array(selection.rows, dtype=np.int64)
        arrays["selection_coverage"] = np.ones(result.geometry.grid) if share is None else share
        arrays["patch_heat"], arrays["token_heat"] = patches, tokens
    np.savez_compressed(file, **arrays)


def _json(result: PairMatrix, selection: Selection | None, told: dict[str, Any], file: BinaryIO) -> None:
    whole = {
        **told,
        "columns": result.columns,
        "matrix": result.matrix.astype(float).tolist(),
    }
    file.write(json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8"))


def _csv(result: PairMatrix, selection: Selection | None, file: BinaryIO) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    named = [] if selection is None else ["selected", "value"]
    chosen = _word_values(result, selection or Selection())
    writer.writerow(["word", "start", "end", *named, *result.columns[result.interactions.prefix :]])
    for word, selected, value in chosen:
        cells = [] if selection is None else [str(int(selected)), f"{value:.9g}"]
        heat = result.interactions.patch_heat(word.rows).reshape(-1)
        writer.writerow([word.text, word.start, word.end, *cells, *(f"{part:.9g}" for part in heat)])
    file.write(text.getvalue().encode("utf-8"))


def _word_values(result: PairMatrix, selection: Selection) -> list[tuple[Word, bool, float]]:
    """Return each word, whether it is selected, and its value through the regions."""
    _, tokens = _heat(result, selection)
    chosen = set(selection.rows or range(len(tokens)))
    return [(word, bool(chosen.intersection(word.rows)), float(tokens[list(word.rows)].sum())) for word in result.words]
