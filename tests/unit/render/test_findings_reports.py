"""Reports say what the findings say, whatever their texts hold, and tables of them read the same again."""

import hashlib
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.cli.main import main
from exclip_desktop.core.errors import ListError, SettingsError
from exclip_desktop.core.values.finding import Finding, make_numbers, make_view
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.render.finding_grid import draw_grid, grid_bytes
from exclip_desktop.render.picture_grid import GridOptions
from exclip_desktop.storage.exports.finding_pages import ReportItem, format_html, format_latex, format_markdown
from exclip_desktop.storage.exports.finding_tables import format_csv, format_jsonl, make_region_pairs, read_findings
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project.finding_rows import add_finding, load_findings
from exclip_desktop.storage.project.pair_rows import save_boxes
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project
from tests.unit.core.test_finding import make_maps
from tests.unit.storage.findings import kept, make_finding
from tests.unit.storage.test_caption_markup import make_explanation

NASTY = '<b>&amp; "x" $\\alpha$ {#1} 100% a_b | `c` [d](e) *f* 犬🐶\n# not a heading'


def many() -> list[Finding]:
    """Return findings of every kind."""
    return [kept(make_finding(seed), seed + 1) for seed in range(12)]


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_tables_read_the_same(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    write = format_csv if ending == ".csv" else format_jsonl
    path.write_bytes(write(many()).encode())
    assert read_findings(path) == many()
    assert write(read_findings(path)).encode() == path.read_bytes()


@pytest.mark.parametrize(("name", "text"), [("x.csv", "a,b\n1,2\n"), ("x.jsonl", "{}\n"), ("x.jsonl", "nothing")])
def test_files_without_findings_are_errors(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ListError, match="finding 1 of x"):
        read_findings(tmp_path / name)
    with pytest.raises(ListError, match="There is no file"):
        read_findings(tmp_path / "none.csv")


@pytest.fixture
def project(tmp_path: Path, picture: NDArray[np.uint8]) -> Project:
    """A project of three findings: of a picture, of one that has changed, and of one that is missing."""
    made = create_project(tmp_path / "p.exclip")
    Image.fromarray(picture).save(tmp_path / "a ü.png")
    right = hashlib.sha256((tmp_path / "a ü.png").read_bytes()).hexdigest()
    chosen = Selection((2, 3), (Region((2, 2, 20, 20), name="left_50%"), Region((5, 5, 8, 8), subtract=True)))
    for name, digest, seed in (("a ü.png", right, 1), ("a ü.png", "0" * 64, 2), ("gone.png", right, 3)):
        result = make_explanation(seed=seed)
        result = replace(result, geometry=Geometry((48, 40), (4, 0, 44, 40), (4, 4)))
        view = make_view(result, chosen, picture=name, picture_sha256=digest)
        add_finding(
            made, Finding(view, make_numbers(result, chosen), "mismatch" if seed == 2 else "match", ("t",), NASTY)
        )
    save_boxes(made, "a ü.png", (Region((1, 1, 5, 5), name="dog"),))
    return made


def report(project: Project, name: str, *options: str) -> Path:
    """Run the command, and return what it wrote."""
    project.close()
    out = project.folder / name
    assert main(["report", str(project.path), "--out", str(out), *options]) == 0
    return out


class Tags(HTMLParser):
    """Tags that are open, texts, and addresses."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.text, self.links = list[str](), "", list[str]()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        """Check that it is the last one open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data


def test_html_holds_everything_in_one_file(project: Project) -> None:
    page = Tags(report(project, "x.html", "--title", "A <title>").read_text("utf-8"))
    assert page.open == []
    assert page.text.count(NASTY) == 3
    assert "A <title>" in page.text
    assert len(page.links) == 2
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert page.text.count("The picture is missing.") == 1
    assert page.text.count("There is no picture") == 1
    assert page.text.count("The picture has changed since this finding was noted.") == 1
    for content in ("score", "+0.3000", "red balloon", "left_50% (2, 2, 20, 20)", "quadrature", "adaptive"):
        assert page.text.count(content) >= 3, content


def test_markdown_has_its_pictures_in_a_folder(project: Project) -> None:
    text = report(project, "x.md").read_text("utf-8")
    assert [line for line in text.split("\n") if line.startswith("#")] == [
        "# p",
        *(f"## Finding {n}: a red balloon" for n in (1, 2, 3)),
    ]
    for path in re.findall(r"!\[[^]]*\]\(([^)]*)\)", text):
        with Image.open(project.folder / path) as image:
            assert image.size[0] == 640
    assert r"\*f\*" in text
    assert "| rating | mismatch |" in text


def test_latex_escapes_special_characters(project: Project) -> None:
    text = report(project, "x.tex").read_text("utf-8")
    assert text.count(r"\begin{figure}") == text.count(r"\end{figure}") == 3
    assert text.count(r"\includegraphics[width=\linewidth]{\detokenize{x-pictures/finding-000") == 2
    assert r"\$\textbackslash{}alpha\$ \{\#1\} 100\% a\_b" in text
    simple = re.sub(r"\\[\\{}#%$&_]", "", text)
    assert simple.count("{") == simple.count("}")


def test_coco_holds_regions_and_labelled_boxes(project: Project) -> None:
    noted = load_findings(project)
    result = read_pairs(report(project, "x.json"))
    assert result.pairs == make_region_pairs(noted, {"a ü.png": (Region((1, 1, 5, 5), name="dog"),)})
    assert result.pairs[0].regions == (Region((2, 2, 20, 20), name="left_50%"),)
    assert [pair.label for pair in result.pairs] == ["match", "mismatch", "match", ""]


def test_findings_are_lists_for_other_programs(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    expected = make_region_pairs(load_findings(project), {"a ü.png": (Region((1, 1, 5, 5), name="dog"),)})
    result = read_pairs(report(project, "tasks.json", "--to", "label-studio"))
    assert [(pair.caption, pair.label) for pair in result.pairs if pair.picture == "a ü.png"] == [
        (pair.caption, pair.label) for pair in expected if pair.picture == "a ü.png"
    ]
    result = read_pairs(report(project, "yolo", "--to", "yolo"))
    assert {region.name for region in result.pairs[0].regions} >= {"dog"}
    assert "YOLO holds no labels of pairs (3): left out." in capsys.readouterr().err


def test_the_command_writes_tables_of_the_selected_findings(project: Project) -> None:
    noted = load_findings(project)
    assert read_findings(report(project, "x.jsonl")) == noted
    assert read_findings(report(project, "x.csv", "--rating", "mismatch", "--tag", "t")) == [noted[1]]


def pages_of(pdf: bytes) -> list[str]:
    """Return each page's width and height in inches."""
    boxes = re.findall(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", pdf)
    return [" ".join(f"{float(side) / 72:.2f}" for side in box) for box in boxes]


def test_figures_are_vectors(project: Project) -> None:
    sheet = report(project, "x.pdf").read_bytes()
    assert sheet.startswith(b"%PDF")
    assert pages_of(sheet) == ["8.27 11.69"]
    svg = report(project, "x.svg", "--columns", "2", "--width", "3.25").read_text("utf-8")
    text = "".join(ElementTree.fromstring(svg).itertext())
    assert text.count("a red balloon") == 3
    assert "1 · match · “red balloon”" in text
    assert "the picture is missing" in text
    with Image.open(report(project, "x.png", "--own-scales")) as image:
        assert image.size[0] == 1350


def test_a_long_contact_sheet_has_pages(tmp_path: Path) -> None:
    with create_project(tmp_path / "p.exclip") as made:
        for seed in range(5):
            add_finding(made, make_finding(seed))
    assert pages_of(report(made, "x.pdf", "--columns", "2").read_bytes()) == ["8.27 11.69"] * 2


def test_a_grid_shares_one_scale_or_not(picture: NDArray[np.uint8]) -> None:
    result = [replace(one, numbers=replace(one.numbers, geometry=None, heat=())) for one in many()[:3]]
    assert grid_bytes(result, lambda _: picture, ".svg") == grid_bytes(result, lambda _: picture, ".svg")
    ours, mixed = many()[::2][:4], many()[:4]
    shared = draw_grid(ours, lambda _: picture, GridOptions(columns=2))
    own = draw_grid(ours, lambda _: picture, GridOptions(columns=2, shared=False))
    several = draw_grid(mixed, lambda _: picture, GridOptions(columns=2))  # methods have units of their own
    assert [len(figure.axes) for figure in (shared, own, several)] == [5, 4, 4]
    for figure, count in ((shared, 0), (own, 4), (several, 4)):
        assert sum("colours ±" in text.get_text() for text in figure.texts) == count
    narrow = draw_grid(mixed, lambda _: picture, GridOptions(columns=5))
    ranges = [text.get_text() for text in narrow.texts if "±" in text.get_text()]
    assert [content.split(" ±")[0] for content in ranges] == ["colours"] * 4  # a line of its own: none is cut off
    methods = [
        text.get_text() for text in several.texts if text.get_text() in ("Grad-ECLIP", "Second-order attributions")
    ]
    assert methods == ["Second-order attributions", "Grad-ECLIP"] * 2


@pytest.mark.parametrize(("count", "pictures_in"), [(1, 1.953), (2, 4.027), (3, 6.1), (4, 6.1)])
def test_a_grid_is_as_wide_as_its_pictures(picture: NDArray[np.uint8], count: int, pictures_in: float) -> None:
    ours = many()[::2][:count]
    for shared, bar_in in ((True, 0.65), (False, 0.0)):
        options = GridOptions(columns=3, width_in=6.1 + bar_in, shared=shared)
        figure = draw_grid(ours, lambda _: picture, options)
        assert figure.get_figwidth() == pytest.approx(pictures_in + bar_in, abs=1e-3)
        ends = [axes.get_position().x1 * figure.get_figwidth() for axes in figure.axes]
        assert max(ends[:count]) == pytest.approx(pictures_in, abs=1e-3)
        if shared:  # the bar stands beside the last picture, its numbers on the page
            numbers = figure.axes[count].get_tightbbox()
            assert pictures_in < numbers.x0 / figure.dpi < numbers.x1 / figure.dpi < figure.get_figwidth()


@pytest.mark.parametrize("ending", [".html", ".md", ".tex", ".svg", ".jsonl"])
def test_a_report_names_its_method(project: Project, ending: str) -> None:
    result = make_maps(words=False)
    view = make_view(result, Selection((2,)), picture="a ü.png", picture_sha256="")
    key = add_finding(project, Finding(view, make_numbers(result, Selection((2,)), score=0.3)))
    (one_stored,) = (one for one in load_findings(project) if one.id == key)
    assert one_stored.view == view
    assert [word.value for word in one_stored.numbers.words] == [None] * 3
    text = report(project, f"x{ending}").read_text("utf-8")
    if ending in (".html", ".md"):
        for content in ("GAME: start 0", "“red balloon”", "+5.0000 in row 1, column 2"):
            assert text.count(content) == 1, content
    elif ending == ".jsonl":
        assert text.count('"method":"game"') == 1
    else:
        assert text.count("GAME") == 1
    if ending == ".md":
        assert "| words | a  red  balloon |" in text
    if ending == ".tex":
        assert r"a \fbox{\strut red} balloon" in text
        assert text.count("% Colours run from") == 3
    if ending == ".html":
        assert text.count('<p title="From') == 3


def test_impossible_grids_are_errors(picture: NDArray[np.uint8]) -> None:
    with pytest.raises(SettingsError, match="no finding"):
        draw_grid([], lambda _: picture)
    with pytest.raises(SettingsError, match="do not fit"):
        draw_grid(many(), lambda _: picture, GridOptions(columns=40))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "x.doc"], "no ending this program writes"),
        (["--out", "none/x.html"], "there is no folder"),
        (["--out", "x.html", "--tag", "none"], "p.exclip has no such findings"),
    ],
)
def test_the_command_names_the_error(
    project: Project,
    options: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project.folder)
    project.close()
    assert main(["report", str(project.path), *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".html", ".md", ".tex", ".pdf", ".png", ".svg", ".csv", ".jsonl", ".json"])
def test_a_full_disk_is_an_error_and_leaves_no_partial_report(
    project: Project, ending: str, capsys: pytest.CaptureFixture[str], fill_disk: Callable[[int], None]
) -> None:
    project.close()
    before, out = set(project.folder.iterdir()), project.folder / f"x{ending}"
    fill_disk(300)
    assert main(["report", str(project.path), "--out", str(out)]) == 2
    output = capsys.readouterr().err
    assert "cannot be written: the disk is full. Make room, then try again." in output
    assert str(out.with_suffix("")) in output
    assert set(project.folder.iterdir()) == before


def test_a_disk_that_fills_up_midway_keeps_the_previous_report(
    project: Project, capsys: pytest.CaptureFixture[str], fill_disk: Callable[[int], None]
) -> None:
    out = report(project, "x.md", "--rating", "mismatch")
    before = {path: path.read_bytes() for path in project.folder.rglob("*") if path.is_file()}
    sizes = [path.stat().st_size for path in before if path.parent.name == "x-pictures"]
    fill_disk(2 * sizes[0] + 300)  # room for both pictures, not for the text
    assert main(["report", str(project.path), "--out", str(out)]) == 2
    assert "disk is full" in capsys.readouterr().err
    assert {path for path in project.folder.rglob("*") if path.is_file()} == set(before)
    assert out.read_bytes() == before[out]


def test_pages_of_findings_without_values() -> None:
    bare = ReportItem(kept(replace(make_finding(3), note="", tags=(), rating=""), 1))
    for page in (write("t", [bare], "p") for write in (format_html, format_markdown, format_latex)):
        assert "not rated" in page
        assert "The picture is missing." in page
