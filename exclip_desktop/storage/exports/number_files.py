"""Writes the numbers of a matrix, or of a method's map, to a file: CSV, NumPy's NPZ or JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.word_patch_pairs import find_strongest_patch
from exclip_desktop.core.values.answers import TokenMap
from exclip_desktop.core.values.caption import Word
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, Selection, block_sum, coverage, patch_heat, token_heat
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import ExportFormat, check_path, format_for
from exclip_desktop.storage.formula_cells import Formulas, describe_escapes, format_rows

Floats = NDArray[np.float64]
Notes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberFormat(ExportFormat):
    """A format of numbers, with its writers."""

    write_matrix: Callable[[PairMatrix, Selection | None, Notes, Formulas, BinaryIO], None]
    write_map: Callable[[TokenMap, Formulas, BinaryIO], None]


def save_matrix(
    matrix: PairMatrix,
    path: Path,
    selection: Selection | None = None,
    notes: Notes = (),
    formulas: Formulas = "escape",
) -> Notes:
    """Write a matrix by the file's ending; with ``selection``, also its sums. Return notes on what was changed.

    - JSON: everything as one object, see ``matrix_to_values``; the selection under ``selection``, see
      ``selection_to_values``; warnings about the numbers under ``notes``.
    - NPZ: the matrix and its names as arrays, all else as JSON text in ``provenance``; of the selection,
      ``selection_rows``, ``selection_coverage`` (grid_h, grid_w), ``patch_heat`` (grid_h, grid_w) and ``token_heat``
      (rows,) are arrays too.
    - CSV: one line per word: word, start, end (characters), then its value through each patch of the whole picture,
      named ``row,column``, from 0.
      A selection puts two columns before the patches: ``selected``, 1 where the word has a selected token (where
      nothing is selected, everything counts), and ``value``, the word's sum through the regions.

    Raises:
        OutputError: the ending is not one of ``NUMBER_FORMATS``, or the file cannot be written.

    """
    check_path(path, NUMBER_FORMATS)
    write = format_for(path, NUMBER_FORMATS).write_matrix
    write_atomically(path, lambda file: write(matrix, selection, notes, formulas, file))
    is_table = path.suffix.lower() == ".csv"
    return describe_escapes((word.text for word in matrix.words), formulas) if is_table else ()


def save_map(token_map: TokenMap, path: Path, formulas: Formulas = "escape") -> Notes:
    """Write a map by the file's ending. Return notes on what was changed.

    - JSON: see ``map_to_values``. NPZ: ``values`` as an array, all else as JSON text in ``provenance``.
    - CSV: of a picture row, column, and the patch's box in pixels; of a caption the token; then the value.

    Raises:
        OutputError: the ending is not one of ``NUMBER_FORMATS``, or the file cannot be written.

    """
    check_path(path, NUMBER_FORMATS)
    write = format_for(path, NUMBER_FORMATS).write_map
    write_atomically(path, lambda file: write(token_map, formulas, file))
    is_table = path.suffix.lower() == ".csv" and token_map.side == "text"
    return describe_escapes((token.text for token in token_map.caption.tokens), formulas) if is_table else ()


def matrix_to_values(matrix: PairMatrix) -> dict[str, Any]:
    """Return everything but the matrix as plain values for JSON.

    Only an explanation has a ledger and errors. ``float32_score`` is null where everything is float32.
    ``residual`` is the completeness residual, a relative error; ``residual`` in ``ledger`` is the error of the
    integrals in the unit of the score.
    """
    caption = matrix.caption
    return {
        "caption": caption.text,
        "score": matrix.score,
        **(_accounts(matrix) if isinstance(matrix, Explanation) else {}),
        "tokens": [
            {"id": token.id, "text": token.text, "kind": token.kind, "start": token.start, "end": token.end}
            for token in caption.tokens
        ],
        "words": [
            {"text": word.text, "start": word.start, "end": word.end, "rows": word.rows, "value": float(value)}
            for word, value in zip(caption.words, matrix.word_heat(), strict=True)
        ],
        "unseen": caption.unseen,
        **matrix.provenance(),
    }


def _accounts(matrix: Explanation) -> dict[str, Any]:
    return {
        "float32_score": matrix.float32_score,
        "ledger": {**dict(matrix.ledger.lines()), "total": matrix.ledger.total},
        "residual": matrix.residual,
    }


def selection_to_values(matrix: PairMatrix, selection: Selection) -> dict[str, Any]:
    """Return the selection and what follows from it as plain values for JSON.

    What ``summarize_selection`` returns, and the arrays: ``coverage``, each patch's selected share (None: all patches);
    ``patch_heat`` through the selected tokens; ``token_heat`` through the regions.
    """
    patches, tokens = _heat(matrix, selection)
    share = coverage(matrix.geometry, selection.regions)
    return {
        **summarize_selection(matrix, selection),
        "coverage": None if share is None else share.tolist(),
        "patch_heat": patches.tolist(),
        "token_heat": tokens.tolist(),
    }


def summarize_selection(matrix: PairMatrix, selection: Selection) -> dict[str, Any]:
    """Return the selection and what follows from it, but for arrays, as plain values for JSON.

    No rows: all tokens; no regions: all patches.

    - ``words``: every word, whether it is ``selected`` (all are where none is), and its ``value`` through the regions.
    - ``sum``: of the selected tokens × the selected patches, each by its covered share.
    - ``share``: of ``sum`` in the whole matrix; None where that is too small for shares.
    - ``strongest_patch``: the one of largest magnitude, for or against, through the selected tokens; its ``row`` and
      ``column`` from 0, its ``box`` in pixels, and its ``value``, by its covered share; None for no patch.
    """
    block = block_sum(matrix.interactions, matrix.geometry, selection)
    return {
        "rows": list(selection.rows),
        "tokens": [matrix.rows[row] for row in selection.rows],
        "words": [
            {"text": word.text, "start": word.start, "end": word.end, "selected": selected, "value": value}
            for word, selected, value in _word_values(matrix, selection)
        ],
        "regions": [
            {"name": region.name, "box": region.box, "outline": region.outline, "subtract": region.subtract}
            for region in selection.regions
        ],
        "sum": block,
        "share": matrix.share_of_all(block),
        "strongest_patch": _strongest(matrix, selection),
    }


def _strongest(matrix: PairMatrix, selection: Selection) -> dict[str, Any] | None:
    strongest = find_strongest_patch(matrix, selection)
    if strongest is None:
        return None
    (row, column), value = strongest
    return {"row": row, "column": column, "box": matrix.geometry.patch_box(row, column), "value": value}


def _heat(matrix: PairMatrix, selection: Selection) -> tuple[Floats, Floats]:
    patches = patch_heat(matrix.interactions, selection, Preview())
    return patches, token_heat(matrix.interactions, matrix.geometry, selection, Preview())


def _matrix_document(matrix: PairMatrix, selection: Selection | None, notes: Notes) -> dict[str, Any]:
    document = {"notes": notes, **matrix_to_values(matrix)}
    return document if selection is None else {**document, "selection": selection_to_values(matrix, selection)}


def _matrix_npz(matrix: PairMatrix, selection: Selection | None, notes: Notes, _: Formulas, file: BinaryIO) -> None:
    arrays: dict[str, Any] = {
        "matrix": matrix.matrix,
        "grid": matrix.grid,
        "rows": np.array(matrix.rows),
        "columns": np.array(matrix.columns),
        "content": matrix.interactions.content,
        "score": np.float64(matrix.score),
        "provenance": np.array(json.dumps(_matrix_document(matrix, selection, notes), ensure_ascii=False)),
    }
    if selection is not None:
        patches, tokens = _heat(matrix, selection)
        share = coverage(matrix.geometry, selection.regions)
        arrays["selection_rows"] = np.array(selection.rows, dtype=np.int64)
        arrays["selection_coverage"] = np.ones(matrix.geometry.grid) if share is None else share
        arrays["patch_heat"], arrays["token_heat"] = patches, tokens
    np.savez_compressed(file, **arrays)


def _matrix_json(matrix: PairMatrix, selection: Selection | None, notes: Notes, _: Formulas, file: BinaryIO) -> None:
    document = {
        **_matrix_document(matrix, selection, notes),
        "columns": matrix.columns,
        "matrix": matrix.matrix.astype(float).tolist(),
    }
    file.write(json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8"))


def _matrix_csv(matrix: PairMatrix, selection: Selection | None, _: Notes, formulas: Formulas, file: BinaryIO) -> None:
    named = [] if selection is None else ["selected", "value"]
    chosen = _word_values(matrix, selection or Selection())
    rows: list[list[object]] = [["word", "start", "end", *named, *matrix.columns[matrix.interactions.prefix :]]]
    for word, selected, value in chosen:
        cells = [] if selection is None else [str(int(selected)), f"{value:.9g}"]
        heat = matrix.interactions.patch_heat(word.rows).reshape(-1)
        rows.append([word.text, word.start, word.end, *cells, *(f"{part:.9g}" for part in heat)])
    file.write(format_rows(rows, formulas).encode("utf-8"))


def _word_values(matrix: PairMatrix, selection: Selection) -> list[tuple[Word, bool, float]]:
    """Return each word, whether it is selected, and its value through the regions."""
    _, tokens = _heat(matrix, selection)
    chosen = set(selection.rows or range(len(tokens)))
    return [(word, bool(chosen.intersection(word.rows)), float(tokens[list(word.rows)].sum())) for word in matrix.words]


def map_to_values(token_map: TokenMap) -> dict[str, Any]:
    """Return a map as plain values for JSON."""
    return {
        "method": token_map.method,
        "options": dict(token_map.options),
        "side": token_map.side,
        "model": token_map.model,
        "weights_sha256": token_map.weights_sha256,
        "framing": token_map.framing,
        "device": token_map.device,
        "versions": dict(token_map.versions),
        "caption": token_map.caption.text,
        "target": token_map.target,
        "score": token_map.score,
        "grid": list(token_map.geometry.grid),
        "seen": list(token_map.geometry.visible),
        "source_size": list(token_map.geometry.source_size),
        "tokens": [token.text for token in token_map.caption.tokens],
        "values": token_map.values.tolist(),
    }


def _map_json(token_map: TokenMap, _: Formulas, file: BinaryIO) -> None:
    file.write(json.dumps(map_to_values(token_map), ensure_ascii=False, indent=1).encode("utf-8"))


def _map_npz(token_map: TokenMap, _: Formulas, file: BinaryIO) -> None:
    provenance = {name: value for name, value in map_to_values(token_map).items() if name != "values"}
    np.savez_compressed(file, values=token_map.values, provenance=np.array(json.dumps(provenance, ensure_ascii=False)))


def _map_csv(token_map: TokenMap, formulas: Formulas, file: BinaryIO) -> None:
    rows: list[list[object]]
    if token_map.side == "text":
        rows = [["token", "value"]]
        rows += [[token.text, f"{v:.9g}"] for token, v in zip(token_map.caption.tokens, token_map.values, strict=True)]
    else:
        rows = [["row", "column", "x0", "y0", "x1", "y1", "value"]]
        for (row, column), value in np.ndenumerate(token_map.values):
            box = (f"{edge:.6g}" for edge in token_map.geometry.patch_box(row, column))
            rows.append([row, column, *box, f"{value:.9g}"])
    file.write(format_rows(rows, formulas).encode("utf-8"))


NUMBER_FORMATS: Final = (
    NumberFormat(".csv", "CSV", "Words × patches, or a line for every patch or token.", _matrix_csv, _map_csv),
    NumberFormat(".npz", "NumPy", "Everything, as arrays.", _matrix_npz, _map_npz),
    NumberFormat(".json", "JSON", "Everything, as text.", _matrix_json, _map_json),
)
