"""Methods of installed packages: found by their entry points, and used as the built-in ones are."""

from pathlib import Path

import numpy as np
import pytest

from exclip_desktop import load_model, map_by
from exclip_desktop.cli.main import main
from exclip_desktop.core.errors import MethodError
from exclip_desktop.core.maths.colour import method_colours
from exclip_desktop.core.method_registry import OURS, all_methods, plugin_errors
from exclip_desktop.core.values.study import study_methods
from exclip_desktop.storage.samples import load_samples
from tests.unit.attribution.plugin_package import BROKEN, GOOD, Install

QUICK = ("--device", "cpu")


def test_an_installed_method_stands_last_in_the_table_and_maps(
    install_methods: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built_in = tuple(all_methods())
    install_methods(GOOD)
    assert tuple(all_methods()) == (*built_in, "ramp")
    assert main(["map", "--methods"]) == 0
    assert "ramp\n  Ramp: pictures; nothing\n    slope=1.0 " in capsys.readouterr().out
    out = tmp_path / "map.csv"
    assert main(["map", *QUICK, "--method", "ramp", "--option", "slope=2", "--out", str(out)]) == 0
    assert "Ramp: slope 2.0" in capsys.readouterr().out
    sample = load_samples()[0]
    result = map_by(load_model("demo", device="cpu"), sample.path, sample.caption, "ramp", slope=2.0)
    assert result.method == "ramp"
    np.testing.assert_array_equal(result.values.ravel(), 2.0 * np.arange(result.values.size))
    assert plugin_errors() == ()


def test_an_installed_method_is_evaluated(
    install_methods: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install_methods(GOOD)
    assert study_methods()[-2:] == ("ramp", "random")
    arguments = ["--methods", "ramp,random", "--metrics", "pointing,insertion", "--count", "2"]
    assert main(["evaluate", *QUICK, *arguments, "--out", str(tmp_path / "study")]) == 0
    assert "Ramp" in capsys.readouterr().out


def test_broken_methods_are_named_and_cost_nothing_else(
    install_methods: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """An import error, no method at all, a key that is taken; and methods that fail when they answer."""
    built_in = tuple(all_methods())
    install_methods({**GOOD, **BROKEN})
    assert tuple(all_methods()) == (*built_in, "array", "fails", "ramp")
    reasons = {error.name: error.reason for error in plugin_errors()}
    assert "No module named 'no_such_module'" in reasons["absent"]
    assert 'the key "game" is taken' in reasons["taken"]
    assert 'the key "random" is taken' in reasons["control"]
    assert "words joined by hyphens" in reasons["commas"]
    assert "options cannot be called framing" in reasons["reserved"]
    assert "SystemExit" in reasons["exits"]
    assert "it is str, not an AttributionMethod" in reasons["text"]
    model, sample = load_model("demo", device="cpu"), load_samples()[0]
    with pytest.raises(MethodError, match="Fails, a method of the package ramps, failed: .*nothing works here"):
        map_by(model, sample.path, sample.caption, "fails")
    with pytest.raises(MethodError, match="the answer is list, not TokenMap"):
        map_by(model, sample.path, sample.caption, "array")
    assert map_by(model, sample.path, sample.caption, "game").values.any()
    assert {"fails", "array"} <= {error.name for error in plugin_errors()}


def test_doctor_names_broken_methods(install_methods: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install_methods({**GOOD, **BROKEN})
    assert main(["doctor"]) == 0
    output = capsys.readouterr().out
    section = output[output.index("Methods of installed packages") : output.index("Folders")]
    assert "ramp (ramps): works on the bundled model" in section
    assert "nothing works here" in section
    assert "the answer is list, not TokenMap" in section
    assert all(f"{name} (ramps): " in section for name in ("absent", "taken", "text"))


def test_doctor_has_no_such_section_without_installed_methods(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "Methods of installed packages" not in capsys.readouterr().out


def test_colours_stay_apart_with_any_number_of_methods() -> None:
    built_in = method_colours([*all_methods(), "random"])
    more = method_colours([*all_methods(), *(f"method-{place}" for place in range(20)), "random"])
    assert {key: more[key] for key in built_in} == built_in
    assert len(set(more.values())) == len(more)
    assert more[OURS] != more["random"]
