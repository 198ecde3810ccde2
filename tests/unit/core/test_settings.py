"""Tests of ExplainSettings: defaults, limits, and the key of everything that decides the numbers."""

from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import pytest

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.settings import DEFAULT_TOLERANCE, OWN_STEPS, ExplainSettings

RESOLVED = ExplainSettings(image_layer=11, text_layer="pool")
CHANGES: dict[str, Any] = {
    "image_layer": 3,
    "text_layer": 0,
    "quadrature": "gauss-legendre",
    "steps": 17,
    "text_reference": "published",
    "framing": "squash",
    "precision": "bfloat16",
    "tolerance": 0.01,
}


def test_every_setting_is_part_of_the_key() -> None:
    assert set(CHANGES) == {field.name for field in fields(ExplainSettings)}
    for name, value in CHANGES.items():
        assert replace(RESOLVED, **{name: value}).cache_key() != RESOLVED.cache_key()


def test_the_key_of_one_side_leaves_out_what_decides_the_other() -> None:
    for side, other in (("image", {"text_layer", "text_reference"}), ("text", {"image_layer", "framing"})):
        same = {
            name
            for name, value in CHANGES.items()
            if replace(RESOLVED, **{name: value}).cache_key(side) == RESOLVED.cache_key(side)  # type: ignore[arg-type]
        }
        assert same == other


def test_the_key_holds_defaults_as_values() -> None:
    spelled_out = replace(RESOLVED, steps=OWN_STEPS["adaptive"], tolerance=DEFAULT_TOLERANCE)
    assert RESOLVED.cache_key() == spelled_out.cache_key() == asdict(spelled_out)
    assert (
        replace(RESOLVED, tolerance=np.float64(DEFAULT_TOLERANCE), steps=np.int64(129)).cache_key()
        == spelled_out.cache_key()
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"quadrature": "simpson"}, 'no quadrature "simpson"'),
        ({"steps": 8}, "adaptive cannot take 8 steps"),
        ({"text_reference": "empty"}, 'no text reference "empty"'),
        ({"precision": "float8"}, 'no precision "float8"'),
        *(
            ({"tolerance": value}, "The tolerance cannot be")
            for value in (0, 1, -0.1, float("nan"), float("inf"), True, "0.1", [0.1])
        ),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ExplainSettings(**wrong).checked()


def test_settings_of_older_and_newer_programs_are_read() -> None:
    older = {name: value for name, value in asdict(RESOLVED).items() if name != "tolerance"}
    assert ExplainSettings.from_dict(older) == RESOLVED
    assert ExplainSettings.from_dict({**older, "colour": "red"}) == RESOLVED
    with pytest.raises(TypeError):
        ExplainSettings.from_dict("adaptive")  # type: ignore[arg-type]
