"""The layer profile: its rows, their order, and their equality with explanations at each layer."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

import exclip_desktop
from exclip_desktop import explain, profile
from exclip_desktop.attribution.second_order import explain_layers as profiles
from exclip_desktop.attribution.second_order.explain import resolve_settings
from exclip_desktop.attribution.second_order.profile_estimate import estimate_profile
from exclip_desktop.cli.main import main
from exclip_desktop.cli.text_report import profile_as_text, profile_values
from exclip_desktop.core.errors import Cancelled, SettingsError
from exclip_desktop.core.maths.interactions import InteractionMatrix, magnitudes
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.layer_profile import Profile, ProfileRow, profile_row
from exclip_desktop.core.values.settings import ExplainSettings, Side
from exclip_desktop.models.model import Model
from exclip_desktop.storage.samples import load_samples
from tests.conftest import CAPTION

POOLING = {"attentional_pool": True, "attn_pooler_queries": 2, "attn_pooler_heads": 2}
Picture = NDArray[np.uint8]


@pytest.mark.parametrize("side", ["image", "text"])
def test_every_row_equals_explaining_at_its_layer(tiny: Model, picture: Picture, side: Side) -> None:
    other = "text" if side == "image" else "image"
    actual = profile(tiny, picture, CAPTION, side, **{f"{other}_layer": 1})
    assert [row.layer for row in actual.rows] == [0, 1, 2] == list(actual.layers)
    assert actual.complete
    for row in actual.rows:
        alone = profile_row(explain(tiny, picture, CAPTION, **{f"{side}_layer": row.layer, f"{other}_layer": 1}), side)
        assert row.settings == alone.settings
        assert row.score == pytest.approx(alone.score)
        for mine, its in zip(row.ledger.lines(), alone.ledger.lines(), strict=True):
            assert mine == (its[0], pytest.approx(its[1], abs=1e-3 * abs(row.score)))
        assert row.magnitudes.lines() == [
            (name, pytest.approx(value, abs=2e-3)) for name, value in alone.magnitudes.lines()
        ]


def test_the_shares_add_up_to_one(make_tiny: Callable[..., Model], picture: Picture) -> None:
    for reference in ("matched", "published"):
        actual = profile(make_tiny(vision=POOLING), picture, CAPTION, text_reference=reference)
        assert actual.layers == (0, 1, 2, "pool")
        for row in actual.rows:
            assert sum(share for _, share in row.shares) == pytest.approx(1, abs=1e-5)
            assert sum(share for _, share in row.magnitudes.lines()) == pytest.approx(1)
            assert row.exact


def test_shares_are_blank_where_the_score_is_nearly_zero(tiny: Model, picture: Picture) -> None:
    row = profile(tiny, picture, CAPTION).rows[0]
    assert row.shares is not None
    assert replace(row, score=-0.0099).shares is None
    assert replace(row, score=-0.0101).shares is not None


def test_magnitudes_count_what_cancels_out() -> None:
    values = np.array([[0.1, -0.3], [0.2, 0.4], [0.0, -1.0]], np.float32)
    matrix = InteractionMatrix(values, np.array([True, True, False]), 1, (1, 1))
    assert dict(magnitudes(matrix).lines()) == pytest.approx(
        {
            "words × patches": 0.35,
            "specials × patches": 0.5,
            "words × prefix tokens": 0.15,
            "specials × prefix tokens": 0.0,
        }
    )
    nothing = replace(matrix, values=np.zeros_like(values))
    assert {value for _, value in magnitudes(nothing).lines()} == {0.0}


def test_rows_are_yielded_one_by_one_from_the_last_layer(tiny: Model, picture: Picture) -> None:
    requested: list[object] = []
    method = resolve_settings(tiny, ExplainSettings())
    made = explain(tiny, picture, CAPTION)

    def note(at: object) -> object:
        requested.append(at)
        return made

    rows = profiles.profile_layers(tiny, method, "text", note)
    assert requested == []
    next(rows)
    assert requested == [replace(method, text_layer=2)]
    list(rows)
    assert requested == [replace(method, text_layer=layer) for layer in (2, 1, 0)]


@pytest.mark.parametrize("side", ["image", "text"])
def test_a_profile_is_cancelled_between_rows_and_within_one(tiny: Model, picture: Picture, side: Side) -> None:
    token, visible, text = CancelToken(), list[ProfileRow](), list[Report]()

    def each(row: ProfileRow) -> None:
        visible.append(row)
        token.cancel()

    with pytest.raises(Cancelled):
        profile(tiny, picture, CAPTION, side, each=each, cancel=token, progress=text.append)
    assert [row.layer for row in visible] == [2]
    name = "picture" if side == "image" else "caption"
    assert {f"{name} at layer 2"} <= {report.what for report in text}
    assert not any(report.what.endswith("layer 0") for report in text)


def test_the_other_side_is_integrated_once(tiny: Model, picture: Picture) -> None:
    text: list[Report] = []
    method = resolve_settings(tiny, ExplainSettings())
    rows = profiles.profile_pair(tiny, picture, CAPTION, method, "image", text.append)
    list(islice(rows, 2))
    assert [report.what for report in text if report.done == 0].count("caption") == 1


def test_a_profile_keeps_its_rows_in_reading_order(tiny: Model, picture: Picture) -> None:
    row = profile(tiny, picture, CAPTION).rows[1]
    whole = Profile("image", (0, 1, "pool"))
    for layer in ("pool", 1, 0):
        assert not whole.complete
        assert whole.row(layer) is None
        whole = whole.with_row(replace(row, layer=layer))
    assert [entry.layer for entry in whole.rows] == [0, 1, "pool"]
    assert whole.with_row(replace(row, layer=1)).complete


@pytest.mark.parametrize("side", ["image", "text"])
@pytest.mark.parametrize("quadrature", ["adaptive", "gauss-legendre"])
def test_the_cost_of_a_profile_is_estimated(tiny: Model, picture: Picture, side: Side, quadrature: str) -> None:
    method = resolve_settings(tiny, ExplainSettings(quadrature=quadrature))

    def estimate(*known: int, picture_known: bool = False) -> ProfileEstimate:
        read = tiny.reader.read(CAPTION)
        return estimate_profile(
            tiny, picture, read, method, side, known=known, picture_known=picture_known, cancel=CancelToken()
        )

    actual = estimate()
    seconds = dict(actual.seconds)
    assert list(seconds) == [0, 1, 2]
    assert actual.total_s == pytest.approx(sum(seconds.values()))
    assert seconds[0] > seconds[1] > 0  # two and three blocks after it, of one measurement
    assert 0 < actual.peak_bytes < 100e6
    assert [layer for layer, cost in estimate(0, 2).seconds if cost] == [1]
    nothing = estimate(0, 1, 2)
    assert (nothing.total_s, nothing.peak_bytes) == (0.0, 0)


def test_the_estimate_can_be_cancelled(tiny: Model, picture: Picture) -> None:
    token, method = CancelToken(), resolve_settings(tiny, ExplainSettings())
    token.cancel()
    with pytest.raises(Cancelled):
        estimate_profile(
            tiny, picture, tiny.reader.read(CAPTION), method, "image", known=(), picture_known=True, cancel=token
        )


def test_there_are_two_sides(tiny: Model, picture: Picture) -> None:
    with pytest.raises(SettingsError, match='no side "picture"'):
        profile(tiny, picture, CAPTION, "picture")  # type: ignore[arg-type]


def test_the_command_line_prints_a_profile(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Model
) -> None:
    monkeypatch.setattr(exclip_desktop, "load_model", lambda *_, **__: tiny, raising=False)
    assert main(["profile", "--side", "text", "--image-layer", "2"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-4].startswith("layer")
    assert "text layers, image layer 2" in printed.out
    assert main(["profile", "--json", "--quadrature", "gauss-legendre", "--steps", "2"]) == 0
    text = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in text["rows"]] == [0, 1, 2]
    assert text["settings"]["steps"] == 2
    assert text["caption"] == load_samples()[0].caption
    assert main(["profile", "--sample", "1", "--text-layer", "9"]) == 2
    assert "--text-layer" in capsys.readouterr().err


def test_a_profile_as_table_and_as_values(tiny: Model, picture: Picture) -> None:
    actual = profile(tiny, picture, CAPTION, text_layer=0, text_reference="published")
    small = replace(actual, rows=(replace(actual.rows[0], score=0.001, exact=False), *actual.rows[1:]))
    as_dict = profile_values(small)
    assert as_dict["side"] == "image"
    assert (as_dict["settings"]["text_layer"], "image_layer" in as_dict["settings"]) == (0, False)
    assert [entry["layer"] for entry in as_dict["rows"]] == [0, 1, 2]
    assert as_dict["rows"][0]["shares"] is None
    assert sum(as_dict["rows"][1]["shares"].values()) == pytest.approx(1, abs=1e-5)
    lines = profile_as_text(small, CAPTION).splitlines()
    table = lines[-4:]
    assert table[0].split() == [
        "layer",
        "w×p",
        "s×p",
        "w×c",
        "s×c",
        "reference",
        "gap",
        "residual",
        *table[0].split()[1:5],
    ]
    assert "not exact" in table[1]
    assert len(table[2].replace(" %", "%").split()) == 1 + 7 + 1 + 4
    assert {line.index("|") for line in table[1:]} == {table[2].index("|")}
