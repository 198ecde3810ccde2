"""README's Python code and its test command work as they are written."""

import re
import shutil
from pathlib import Path

import pytest

from exclip_desktop.storage.samples import samples

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_python_code_writes_its_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    shutil.copy(samples()[0].path, tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "heat.png").stat().st_size > 10_000


def test_the_test_command_stands_between_its_marks() -> None:
    """``.ci/run`` extracts it."""
    block = re.search(r"<!-- test command -->\n```sh\n(.*?)```\n<!-- end -->", README, re.DOTALL)
    assert block
    assert block[1].strip().endswith("-m pytest")
