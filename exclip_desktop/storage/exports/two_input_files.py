"""Writes the numbers of two inputs to a file: CSV, NumPy's NPZ or JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.maths.region_pairs import PairEnd, StrongestPair, find_strongest_matches
from exclip_desktop.core.maths.word_patch_pairs import group_rows
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.two_inputs import (
    NO_SELECTION,
    WHICH,
    CaptionSide,
    InputSide,
    TwoInputExplanation,
    other_of,
)
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import ExportFormat, check_path, format_for
from exclip_desktop.storage.formula_cells import Formulas, describe_escapes, format_rows

STRONGEST: Final = 6
"""Number of strongest pairs in a file."""


@dataclass(frozen=True, slots=True)
class TwoInputContents:
    """Contents of a file of two inputs.

    Attributes:
        explanation: the two inputs.
        first, second: the selected parts, of which the sums are written as well; nothing selected: the whole input.
        notes: warnings about the numbers.
        formulas: what is done with words that a spreadsheet would take for formulas.

    """

    explanation: TwoInputExplanation
    first: Selection = NO_SELECTION
    second: Selection = NO_SELECTION
    notes: tuple[str, ...] = ()
    formulas: Formulas = "escape"

    @property
    def selections(self) -> tuple[Selection, Selection]:
        """Both selections."""
        return self.first, self.second


@dataclass(frozen=True, slots=True)
class TwoInputFormat(ExportFormat):
    """A format of the numbers of two inputs, with its writer."""

    write: Callable[[TwoInputContents, BinaryIO], None]


def save_two_inputs(contents: TwoInputContents, path: Path) -> tuple[str, ...]:
    """Write the numbers of two inputs by the file's ending. Return notes on what was changed.

    - JSON: ``two_inputs_to_values``, and ``rows``, ``columns``, ``matrix``, ``first_heat`` and ``second_heat``: each
      input's sums over the other's selected part.
    - NPZ: ``matrix``, ``rows``, ``columns``, ``score``, ``first_heat``, ``second_heat``, of pictures also
      ``first_place_lengths`` and ``second_place_lengths``, as arrays, all else as JSON text in ``provenance``.
    - CSV: words or patches of the first input × those of the second, without special and prefix tokens.

    Raises:
        OutputError: the ending is not one of ``TWO_INPUT_FORMATS``, or the file cannot be written.

    """
    check_path(path, TWO_INPUT_FORMATS)
    chosen = format_for(path, TWO_INPUT_FORMATS)
    write_atomically(path, lambda file: chosen.write(contents, file))
    if path.suffix.lower() != ".csv":
        return ()
    sides = contents.explanation.first, contents.explanation.second
    return describe_escapes((name for side in sides for name, _ in _units(side)), contents.formulas)


def two_inputs_to_values(contents: TwoInputContents) -> dict[str, Any]:
    """Return everything but arrays as plain values for JSON.

    ``residual`` is the completeness residual of the worse input, a relative error; ``residual`` in ``ledger`` is the
    error of the integrals in the unit of the score. ``selection`` has the ``sum`` over both selected parts and its
    ``share`` of the whole matrix; ``strongest_pairs`` are those within the selection.
    """
    explanation, (first, second) = contents.explanation, contents.selections
    block = explanation.block_sum(first, second)
    pairs = find_strongest_matches(explanation, STRONGEST, first, second)
    return {
        "notes": contents.notes,
        "score": explanation.score,
        "float32_score": explanation.float32_score,
        "ledger": {**dict(explanation.ledger.lines()), "total": explanation.ledger.total},
        "residual": explanation.residual,
        "strongest_pairs": [_pair_values(pair) for pair in pairs],
        "selection": {
            "first": _selection_values(first),
            "second": _selection_values(second),
            "sum": block,
            "share": explanation.share_of_all(block),
        },
        **explanation.provenance(),
    }


def _selection_values(selection: Selection) -> dict[str, Any]:
    regions = [
        {"name": region.name, "box": region.box, "outline": region.outline, "subtract": region.subtract}
        for region in selection.regions
    ]
    return {"rows": list(selection.rows), "regions": regions}


def _pair_values(pair: StrongestPair) -> dict[str, Any]:
    return {"first": _end_values(pair.first), "second": _end_values(pair.second), "value": pair.value}


def _end_values(end: PairEnd) -> dict[str, Any]:
    if end.patches is None:
        return {"word": end.name, "rows": end.rows}
    return {"box": end.box, "patches": np.argwhere(end.patches).tolist()}


def _heats(contents: TwoInputContents) -> dict[str, Floats]:
    """Return each input's heat for the selected part of the other one."""
    of = dict(zip(WHICH, contents.selections, strict=True))
    return {f"{which}_heat": contents.explanation.heat(which, of[other_of(which)]) for which in WHICH}


def _write_json(contents: TwoInputContents, file: BinaryIO) -> None:
    explanation = contents.explanation
    document = {
        **two_inputs_to_values(contents),
        "rows": explanation.rows,
        "columns": explanation.columns,
        "matrix": explanation.matrix.astype(float).tolist(),
        **{name: heat.tolist() for name, heat in _heats(contents).items()},
    }
    file.write(json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8"))


def _write_npz(contents: TwoInputContents, file: BinaryIO) -> None:
    explanation = contents.explanation
    arrays: dict[str, Any] = {
        "matrix": explanation.matrix,
        "rows": np.array(explanation.rows),
        "columns": np.array(explanation.columns),
        "score": np.float64(explanation.score),
        **_heats(contents),
        "provenance": np.array(json.dumps(two_inputs_to_values(contents), ensure_ascii=False)),
    }
    for which in WHICH:
        lengths = getattr(explanation.side(which), "place_lengths", None)
        if lengths is not None:
            arrays[f"{which}_place_lengths"] = lengths
    np.savez_compressed(file, **arrays)


def _write_csv(contents: TwoInputContents, file: BinaryIO) -> None:
    explanation = contents.explanation
    first, second = _units(explanation.first), _units(explanation.second)
    values = explanation.matrix.astype(np.float64)
    sums = np.array([values[list(rows)].sum(0) for _, rows in first]).reshape(len(first), values.shape[1])
    table = np.array([sums[:, list(rows)].sum(1) for _, rows in second]).reshape(len(second), len(first)).T
    rows: list[list[object]] = [["", *(name for name, _ in second)]]
    rows += [[name, *(f"{value:.9g}" for value in line)] for (name, _), line in zip(first, table, strict=True)]
    file.write(format_rows(rows, contents.formulas).encode("utf-8"))


def _units(side: InputSide) -> list[tuple[str, tuple[int, ...]]]:
    """Return the words of a caption, or the patches of a picture, each with its tokens."""
    if isinstance(side, CaptionSide):
        return [(group.name, group.rows) for group in group_rows(side.caption, by_word=True, specials=False)]
    return [(name, (place,)) for place, name in enumerate(side.names) if place >= side.prefix]


TWO_INPUT_FORMATS: Final = (
    TwoInputFormat(".csv", "CSV", "Words or patches of one input × those of the other.", _write_csv),
    TwoInputFormat(".npz", "NumPy", "Everything, as arrays.", _write_npz),
    TwoInputFormat(".json", "JSON", "Everything, as text.", _write_json),
)
