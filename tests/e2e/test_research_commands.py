"""A researcher's work without the window: a list, ten pairs, three findings, and the report a week later."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.api.explain import Result, explain
from exclip_desktop.cli.main import main
from exclip_desktop.core.values.finding import Finding, describe_differences, make_numbers, make_view
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.models.model import Model
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project.finding_rows import FindingQuery, add_finding, load_findings
from exclip_desktop.storage.project.pair_rows import Measurement, PairQuery, add_pairs, load_pairs, save_measurements
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project, open_project

HOW = {"image_layer": -1, "text_layer": -1, "quadrature": "gauss-legendre", "steps": 4}


def make_list(folder: Path, picture: NDArray[np.uint8]) -> Path:
    """Write ten pictures and a CSV that names them."""
    lines = ["path,caption,boxes"]
    for at in range(10):
        Image.fromarray(np.roll(picture, 4 * at, axis=1)).save(folder / f"{at}.png")
        lines.append(f'{at}.png,"a red balloon, ""number"" {at}","[[0, 0, 20, 20, ""balloon""]]"')
    (folder / "pairs.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "pairs.csv"


def seen_again(model: Model, project: Project, finding: Finding) -> tuple[Result, Selection]:
    """Explain a finding's pair with its settings."""
    view = finding.view
    values = {
        name: view.settings[name] for name in ("image_layer", "text_layer", "quadrature", "steps", "text_reference")
    }
    return explain(model, project.path_of(view.picture), view.caption, **values), view.selection


def test_a_list_is_explained_noted_and_reported(
    tiny: Model, tmp_path: Path, picture: NDArray[np.uint8], capsys: pytest.CaptureFixture[str]
) -> None:
    listed = read_pairs(make_list(tmp_path, picture))
    with create_project(tmp_path / "work.exclip") as project:
        assert add_pairs(project, listed) == 10
        for row in load_pairs(project, PairQuery(), 0, 10):
            actual = explain(tiny, project.path_of(row.pair.picture), row.pair.caption, **HOW)
            save_measurements(project, [(row.pair.id, Measurement(actual.score, actual.residual))])
            if row.number in (2, 5, 7):
                chosen = replace(actual.select("red balloon"), regions=row.pair.regions)
                view = make_view(actual, chosen, picture=row.pair.picture, picture_sha256="", pair=row.pair.id)
                add_finding(
                    project, Finding(view, make_numbers(actual, chosen), "match", ("balloon",), f"odd <{row.number}>")
                )
        best = load_pairs(project, PairQuery(sort="score", descending=True), 0, 10)
        assert [row.measured.score for row in best if row.measured] == sorted(
            (row.measured.score for row in best if row.measured), reverse=True
        )

    with open_project(tmp_path / "work.exclip") as project:
        noted = load_findings(project, FindingQuery(tag="balloon", sort="score"))
        assert len(noted) == 3
        actual, chosen = seen_again(tiny, project, noted[1])
        assert describe_differences(noted[1].numbers, make_numbers(actual, chosen)) == ()
        other, _ = seen_again(tiny, project, noted[0])
        assert describe_differences(noted[1].numbers, make_numbers(other, chosen)) != ()
        assert [row.rating for row in load_pairs(project, PairQuery(rating="match"), 0, 10)] == ["match"] * 3

    out = tmp_path / "report.html"
    assert main(["report", str(tmp_path / "work.exclip"), "--out", str(out)]) == 0
    page = out.read_text("utf-8")
    assert page.count("<article") == 3
    assert "odd &lt;5&gt;" in page
    assert page.count("data:image/png;base64,") == 3
    assert "3 findings" in capsys.readouterr().err
