"""Zero is the centre of the map, the range is symmetric, ink is readable."""

import colorcet
import numpy as np
import pytest

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.colour import (
    COLOUR_MAPS,
    ColourMap,
    choose_ink,
    is_range_too_wide,
    lookup_bytes,
    lookup_levels,
    lookup_table,
    range_limit,
    to_rgb,
)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_zero_is_pale_and_signs_differ(name: str) -> None:
    against, zero, favour = to_rgb(np.array([-1.0, 0.0, 1.0]), 1.0, name)
    assert zero.min() > 0.85
    assert np.abs(against - favour).max() > 0.25
    assert lookup_table(name).shape == (256, 3)


@pytest.mark.parametrize("name", ["red-blue", "safe"])
def test_negative_is_bluer_and_positive_redder(name: str) -> None:
    against, favour = to_rgb(np.array([-1.0, 1.0]), 1.0, name)
    assert against[2] > against[0]
    assert favour[0] > favour[2]


@pytest.mark.parametrize(("name", "theirs"), [("red-blue", "CET_D1"), ("safe", "CET_CBD1")])
def test_the_maps_are_colorcets(name: str, theirs: str) -> None:
    assert [f"#{code}" for code in COLOUR_MAPS[name].colours.hex(" ", 3).split()] == colorcet.palette[theirs]


def test_range_limit() -> None:
    assert range_limit(np.array([-3.0, 2.0]), np.array([1.0])) == 3
    assert range_limit(np.zeros(3)) == range_limit() == 1
    assert range_limit(np.array([-3.0]), locked=0.5, least=9.0) == 0.5
    assert range_limit(np.array([-3.0]), least=9.0) == range_limit(np.array([9.0]), least=3.0) == 9
    assert range_limit(least=9.0) == 1
    np.testing.assert_array_equal(to_rgb(np.array([5.0]), 1.0), to_rgb(np.array([1.0]), 1.0))


@pytest.mark.parametrize("limit", [1.0, 3.7e-4, 812.5])
def test_a_floored_lookup_between_the_levels_gives_the_same_colours(limit: float) -> None:
    values = np.random.default_rng(0).uniform(-1.2 * limit, 1.2 * limit, 10_000)
    low, high = lookup_levels(limit)
    places = np.clip(np.floor((values - low) / (high - low) * 256), 0, 255).astype(int)
    np.testing.assert_array_equal(lookup_table()[places], to_rgb(values, limit))


def test_ink_contrasts_with_every_colour() -> None:
    def luminance(rgb: np.ndarray) -> float:
        return float(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])

    for rgb in lookup_table():
        own, ink = luminance(rgb), {"black": 0.0, "white": 1.0}[choose_ink(rgb)]
        assert (max(own, ink) + 0.05) / (min(own, ink) + 0.05) >= 4.5


def test_a_short_colour_map_is_interpolated(monkeypatch: pytest.MonkeyPatch) -> None:
    short = ColourMap("short", "Short", "", bytes.fromhex("0000ff ffffff ff0000"))
    monkeypatch.setattr("exclip_desktop.core.maths.colour.COLOUR_MAPS", {"short": short})
    table = lookup_bytes("short")
    assert table.shape == (256, 3)
    assert table[[0, -1]].tolist() == [[0, 0, 255], [255, 0, 0]]
    assert (table[127:129] >= 253).all()
    lookup_bytes.cache_clear()


def test_an_unknown_colour_map_is_an_error() -> None:
    with pytest.raises(SettingsError, match='no colour map "viridis".*red-blue, safe'):
        to_rgb(np.zeros(1), 1.0, "viridis")


def test_a_range_is_too_wide_where_no_colour_is_seen() -> None:
    values = np.array([-0.02, 0.01, 0.0])
    assert not is_range_too_wide(0.02 * 49, values)
    assert is_range_too_wide(0.02 * 51, values)
    middle = to_rgb(np.zeros(1), 1.0)
    assert np.abs(to_rgb(values, 0.02 * 51) - middle).max() < 0.03
    assert not is_range_too_wide(1.0, np.zeros(3))
    assert not is_range_too_wide(1.0, None)
