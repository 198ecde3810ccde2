"""The code in README and the manual works as it is written."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import open_clip
import pytest

from exclip_desktop import load_model, map_by
from exclip_desktop.cli.text_report import map_as_text
from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.storage.manual import page
from exclip_desktop.storage.samples import load_samples

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_python_code_writes_its_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    shutil.copy(load_samples()[0].path, tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    make = open_clip.create_model_and_transforms
    monkeypatch.setattr(open_clip, "create_model_and_transforms", lambda name, pretrained: make(name))  # not here
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "heat.png").stat().st_size > 10_000


def test_the_test_command_stands_between_its_marks() -> None:
    """``.ci/run`` extracts it."""
    block = re.search(r"<!-- test command -->\n```sh\n(.*?)```\n<!-- end -->", README, re.DOTALL)
    assert block
    assert block[1].strip().endswith("-m pytest -n 2")


def test_the_sample_method_of_the_manual_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", page("methods"), re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "methods.md", "exec"), names)
    monkeypatch.setitem(all_methods(), "centre", names["METHOD"])  # type: ignore[call-overload]
    values = map_by(load_model("demo"), load_samples()[0].path, "a dog", "centre").values
    assert values.shape == (12, 12)
    assert np.argmax(values) in (5 * 12 + 5, 5 * 12 + 6, 6 * 12 + 5, 6 * 12 + 6)
    assert values.min() == pytest.approx(0.0)


def test_a_map_without_options_ends_its_line_with_the_method() -> None:
    result = replace(map_by(load_model("demo"), load_samples()[0].path, "a dog", "maskclip"), options={})
    assert map_as_text(result, "MaskCLIP").splitlines()[1].endswith(", MaskCLIP")
