"""What a study's figures are written as: tables with what they mean, and the figure."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from exclip_desktop.core.maths.colour import method_colours
from exclip_desktop.core.method_registry import OURS, method_name
from exclip_desktop.core.metric_table import METRICS, THRESHOLDS
from exclip_desktop.core.values.study import RANDOM, Curve, Outcome, Study, StudySettings, summarise
from exclip_desktop.render.figure import save_figure
from exclip_desktop.render.figure_study import draw_study
from exclip_desktop.storage.exports.study_tables import (
    format_csv,
    format_latex,
    format_markdown,
    format_text,
    save_tables,
)

LINE = (0.0, 0.5, 1.0)


def outcome(pair: str, method: str, pointing: tuple[float, ...], scores: tuple[float, ...]) -> Outcome:
    curve = Curve(LINE, scores)
    values = {"pointing": pointing, "iou": pointing, "deletion": (curve.area,), "seconds": (0.5,)}
    reasons = {"text-deletion": "It maps pictures only."}
    options = {"masks": 5} if method == "rise" else {}
    return Outcome(pair, f"{pair}.jpg", method, options, values, {"deletion": curve}, reasons)


@pytest.fixture
def found() -> Study:
    settings = StudySettings(metrics=("pointing", "iou", "deletion", "text-deletion", "seconds"))
    outcomes = [
        outcome("a", "rise", (1.0, 0.0), (0.8, 0.4, 0.0)),
        outcome("b", "rise", (1.0,), (0.6, 0.2, 0.0)),
        outcome("a", RANDOM, (0.0, 0.0), (0.8, 0.7, 0.0)),
        outcome("b", RANDOM, (0.0,), (0.6, 0.5, 0.0)),
        Outcome("c", "c.jpg", RANDOM, {}, {}, {}, dict.fromkeys(settings.metrics, "There is no picture c.jpg.")),
    ]
    return summarise("demo", "the bundled scenes", settings, outcomes)


def test_figures_are_means_over_places_and_pairs(found: Study) -> None:
    rise = found.row("rise")
    assert rise.figures["pointing"].mean == pytest.approx(2 / 3)
    assert rise.figures["pointing"].count == 3
    assert rise.figures["deletion"].mean == pytest.approx((0.4 + 0.25) / 2)
    np.testing.assert_allclose(rise.curves["deletion"].mean, [0.7, 0.3, 0.0])
    assert (rise.curves["deletion"].low <= rise.curves["deletion"].mean).all()
    assert found.row(RANDOM).left_out == {"c": "There is no picture c.jpg."}


def test_what_is_better_than_ours_goes_by_the_paired_difference() -> None:
    settings = StudySettings(metrics=("pointing", "deletion", "seconds"))
    outcomes = [
        *(outcome(str(n), OURS, (n / 10, 0.5), (n / 10, 0.0, 0.0)) for n in range(9)),
        *(outcome(str(n), "rise", (n / 10 + 0.1, 0.6), (n / 10 + 0.2, 0.0, 0.0)) for n in range(9)),
        *(outcome(str(n), RANDOM, (n / 10, 0.5 + (-1) ** n), (n / 10 - 0.04, 0.0, 0.0)) for n in range(9)),
        outcome("9", RANDOM, (5.0,), (9.0, 0.0, 0.0)),  # ours has no such pair
    ]
    study = summarise("demo", "x", settings, outcomes)
    assert study.row(OURS).gaps == {}
    gap = study.row("rise").gaps["pointing"]
    np.testing.assert_allclose([gap.mean, gap.low, gap.high], 0.1)
    assert gap.count == 18
    assert study.row(RANDOM).gaps["deletion"].mean == pytest.approx(-0.01)
    expected = [line for line in format_text(study).splitlines() if "better than second-order" in line]
    better = "better than second-order attributions (95 % interval of the paired difference excludes 0)"
    assert expected == [f"pointing ↑: {better}: RISE by 0.100.", f"deletion ↓: {better}: Random by 0.010."]
    (row,) = (
        row
        for row in csv.DictReader(io.StringIO(format_csv(study)))
        if row["metric"] == "pointing" and row["method"] == "rise"
    )
    assert float(row["less_ours"]) == pytest.approx(0.1)


def test_curves_of_different_points_are_averaged_along_even_shares() -> None:
    settings = StudySettings(metrics=("text-deletion",))
    curves = Curve((0.0, 1.0), (1.0, 0.0)), Curve((0.0, 0.5, 1.0), (1.0, 0.0, 0.0))
    outcomes = [
        Outcome(str(place), str(place), RANDOM, {}, {"text-deletion": (curve.area,)}, {"text-deletion": curve})
        for place, curve in enumerate(curves)
    ]
    band = summarise("demo", "x", settings, outcomes).row(RANDOM).curves["text-deletion"]
    np.testing.assert_allclose(band.shares, np.linspace(0, 1, 21))
    np.testing.assert_allclose(band.mean[[0, 5, 10, 20]], [1, (0.75 + 0.5) / 2, 0.25, 0])


def test_csv_holds_every_figure_and_the_rules(found: Study) -> None:
    rows = list(csv.DictReader(io.StringIO(format_csv(found))))
    assert len(rows) == 2 * 5
    iou = next(row for row in rows if row["metric"] == "iou")
    assert (iou["method"], iou["options"], iou["rule"], iou["values"]) == ("rise", "masks=5", "mean", "3")
    assert float(iou["mean"]) == pytest.approx(2 / 3)
    missing = next(row for row in rows if row["metric"] == "text-deletion")
    assert (missing["mean"], missing["reason"]) == ("", "It maps pictures only.")


def test_markdown_and_text_say_definitions_rules_and_reasons(found: Study) -> None:
    expected = format_markdown(found)
    head, _, rise, random = expected.splitlines()[:4]
    assert head == "| method | pointing ↑ | mask IoU ↑ | deletion ↓ | text deletion ↓ | seconds ↓ |"
    assert rise.startswith("| RISE | **0.667 ± ")
    assert rise.endswith("| — | 0.500 ± 0.000 |")
    assert random.startswith("| Random | 0.000 ± 0.000 |")
    for text in (expected, format_text(found)):
        assert THRESHOLDS["mean"] in text
        assert "the pixels of the boxes or of the mask" in text
        assert "on 2 pairs of the bundled scenes" in text
        assert METRICS["iou"].meaning in text
        assert "RISE: masks 5 (usual 4000)." in text
        assert "— (no value) RISE, Random: It maps pictures only." in text
        assert "Random: 1 pair left out. Pair c: There is no picture c.jpg." in text


def test_one_picture_has_no_interval() -> None:
    settings = StudySettings(metrics=("pointing", "deletion"))
    outcomes = [outcome("a", OURS, (1.0, 1.0), (0.8, 0.0, 0.0)), outcome("a", RANDOM, (2.0, 2.0), (0.4, 0.0, 0.0))]
    single = summarise("demo", "x", settings, outcomes)
    assert format_markdown(single).splitlines()[2] == f"| {method_name(OURS)} | 1.000 ± — | 0.200 ± — |"
    text = format_text(single)
    assert "better than second-order" not in text
    assert "demo on 1 pair of x:" in text
    row = next(csv.DictReader(io.StringIO(format_csv(single))))
    assert (row["mean"], row["low"], row["high"], row["values"]) == ("1", "", "", "2")
    bars = draw_study(single).axes[0]
    assert len(bars.patches) == 2
    assert not bars.collections  # no error bars


def test_several_pictures_have_error_bars(found: Study) -> None:
    (errors,) = draw_study(found).axes[0].collections
    assert len(errors.get_segments()) == 2


def test_latex_is_a_tabular_without_bare_signs(found: Study) -> None:
    expected = format_latex(found)
    body = [line for line in expected.splitlines() if not line.startswith("%")]
    assert body[0] == r"\begin{tabular}{lrrrrr}"
    assert body[-1] == r"\end{tabular}"
    assert r"RISE & \textbf{0.667 $\pm$" in expected
    assert all(line.count("&") == 5 for line in body if line.endswith(r"\\") or "hline" in line and "&" in line)
    assert "".join(body).isascii()


def test_files_are_written(found: Study, tmp_path: Path) -> None:
    assert [path.name for path in save_tables(found, tmp_path)] == ["table.csv", "table.md", "table.tex"]
    assert (tmp_path / "table.md").read_text("utf-8") == format_markdown(found)


def test_the_figure_has_a_panel_for_every_metric_with_figures(found: Study) -> None:
    figure = draw_study(found)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [METRICS[key].heading for key in ("pointing", "iou", "deletion", "seconds")]
    bars, _, curves, _ = figure.axes
    assert [bar.get_height() for bar in bars.patches] == pytest.approx([2 / 3, 0])
    np.testing.assert_allclose(curves.lines[0].get_ydata(), [0.7, 0.3, 0.0])
    for ending in (".svg", ".png"):
        file = io.BytesIO()
        save_figure(figure, file, ending)
        assert len(file.getvalue()) > 5000


def test_the_random_control_is_grey_and_no_two_methods_share_a_colour() -> None:
    methods = [f"method {number}" for number in range(18)]
    colours = method_colours([*methods, RANDOM])
    assert len(set(colours.values())) == 19
    assert colours[RANDOM] == "#808080"
