"""Cells of tables that a spreadsheet would take for formulas: escaped, told, and read back as they were."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.exports.finding_tables import format_csv, read_findings
from exclip_desktop.storage.formula_cells import Formulas, format_rows, is_formula, read_escaped
from exclip_desktop.storage.pair_lists.formats.table import format_table
from exclip_desktop.storage.pair_lists.list_export import export_list
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.writers import writer_of
from tests.unit.storage.findings import make_finding

TEXTS = (
    *("=1+2", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "'=1", "''=1", "-", "=", "a dog = a cat"),
    *("'s dog", "-0.5", "+3e4", "1", "", "a, b", 'a "quoted" dog', "two\nlines", "犬"),
)
HARMLESS = ("a dog = a cat", "'s dog", "-0.5", "+3e4", "1", "", "a, b", 'a "quoted" dog', "two\nlines", "犬")


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_spreadsheet_computes_is_recognised(text: str) -> None:
    assert is_formula(text) == (text not in HARMLESS)


def test_no_cell_of_an_escaped_table_is_computed() -> None:
    (_, *rows) = csv.reader(io.StringIO(format_rows([["text"], *([one] for one in TEXTS)], "escape"), newline=""))
    cells = [row[0] if row else "" for row in rows]
    assert [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")] == ["-0.5", "+3e4"]
    assert [read_escaped(cell) if cell != text else cell for cell, text in zip(cells, TEXTS, strict=True)] == [*TEXTS]


def test_a_table_without_formulas_is_written_as_before() -> None:
    rows = [["a", "b"], ["x", -1.5]]
    assert format_rows(rows, "escape", marks=True) == format_rows(rows, "keep") == "a,b\r\nx,-1.5\r\n"


@pytest.mark.parametrize("formulas", ["escape", "keep"])
@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_list_reads_the_same(ending: str, formulas: Formulas, tmp_path: Path) -> None:
    captions = [text for text in TEXTS if text and text == text.strip()]
    pairs = tuple(
        ListedPair(str(at), f"{at}.png", caption, caption, (Region((1, 2, 3, 4), name=caption),))
        for at, caption in enumerate(captions)
    )
    out = tmp_path / f"pairs{ending}"
    done = export_list(PairList(tmp_path / "a.json", tmp_path, pairs), out, writer_of(out.name), formulas=formulas)
    assert [pair.caption for pair in read_pairs(out).pairs] == captions
    assert [pair.label for pair in read_pairs(out).pairs] == captions
    assert [note.kind for note in done.notes] == (["formulas"] if formulas == "escape" else [])
    assert ("'=1+2" in out.read_text("utf-8")) == (formulas == "escape")


def test_apostrophes_of_other_programs_stay(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("path,caption\na.png,'-' is a minus\nb.png,'=1\n", "utf-8")
    assert [pair.caption for pair in read_pairs(tmp_path / "a.csv").pairs] == ["'-' is a minus", "'=1"]


def test_a_plain_list_has_the_columns_that_it_had() -> None:
    assert format_table([ListedPair("1", "a.png", "a dog")], ",").splitlines()[0] == "id,path,caption,label,boxes,mask"


@pytest.mark.parametrize("formulas", ["escape", "keep"])
def test_findings_read_the_same(formulas: Formulas, tmp_path: Path) -> None:
    findings = []
    for text in TEXTS:
        one = make_finding()
        findings.append(
            replace(
                one,
                created="2026-01-01T00:00:00+00:00",
                changed="2026-01-01T00:00:00+00:00",
                note=text,
                view=replace(one.view, caption=text or "a dog"),
            )
        )
    (tmp_path / "a.csv").write_bytes(format_csv(findings, formulas).encode())
    assert [(one.note, one.view.caption) for one in read_findings(tmp_path / "a.csv")] == [
        (one.note, one.view.caption) for one in findings
    ]
