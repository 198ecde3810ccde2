"""Figures of findings: one alone, a grid for a paper, and a contact sheet of several pages; text stays text."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from matplotlib.figure import Figure

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.render.picture_grid import (
    GridCell,
    GridOptions,
    Pixels,
    cell_png,
    cells_bytes,
    draw_cells,
    sheet_options,
    write_pages,
)

PixelsOf = Callable[[Finding], Pixels | None]
"""Finding → its picture, upright RGB (H, W, 3), or None where it is missing."""


def draw_grid(findings: Sequence[Finding], pixels_of: PixelsOf, options: GridOptions | None = None) -> Figure:
    """Return findings in a grid: each picture with its heat and regions, caption and numbers below.

    Findings of several methods have ranges of their own: methods have units of their own.

    Raises:
        SettingsError: there is nothing to draw, or no room.

    """
    return draw_cells(_cells(findings, pixels_of), _separate_units(options or GridOptions(), findings))


def write_contact_sheet(
    findings: Sequence[Finding], pixels_of: PixelsOf, file: BinaryIO, options: GridOptions | None = None
) -> None:
    """Write findings as a PDF of A4 pages."""
    write_pages(_cells(findings, pixels_of), file, _separate_units(options or sheet_options(), findings))


def finding_png(finding: Finding, pixels: Pixels, width_px: int = 640) -> bytes:
    """Return a finding's picture with its heat and regions, without text, as PNG."""
    height, width = pixels.shape[:2]
    return cell_png(_cell(finding, lambda _: pixels), width_px, width_px * height / width)


def grid_bytes(
    findings: Sequence[Finding], pixels_of: PixelsOf, ending: str, options: GridOptions | None = None
) -> bytes:
    """Return the grid as a file's bytes: ``.png``, ``.svg`` or ``.pdf``."""
    return cells_bytes(_cells(findings, pixels_of), ending, _separate_units(options or GridOptions(), findings))


def _cells(findings: Sequence[Finding], pixels_of: PixelsOf) -> list[GridCell]:
    if not findings:
        raise SettingsError("There is no finding to draw.", "Note a finding first, or choose others.")
    return [_cell(one, pixels_of) for one in findings]


def _cell(finding: Finding, pixels_of: PixelsOf) -> GridCell:
    numbers = [f"score {format_signed(finding.numbers.score)}"]
    if finding.numbers.block is not None:
        numbers.append(f"selected {format_signed(finding.numbers.block)}")
    words = " ".join(word.text for word in finding.numbers.words if word.selected)
    rating = f"{finding.id} · {finding.rating or 'not rated'}" + (f" · “{words}”" if words else "")
    return GridCell(
        lambda: pixels_of(finding),
        np.array(finding.numbers.heat),
        finding.numbers.geometry,
        finding.view.selection.regions,
        finding.view.caption,
        (rating, finding.view.method_name, " · ".join(numbers)),
    )


def _separate_units(options: GridOptions, findings: Sequence[Finding]) -> GridOptions:
    """Return options without a shared range where there are several methods, each with a unit of its own."""
    return replace(options, shared=options.shared and len({one.view.method for one in findings}) < 2)
