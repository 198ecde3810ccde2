"""The command cache."""

import re
from pathlib import Path

import pytest

from exclip_desktop.cli.main import main
from exclip_desktop.core.cache_keys import cache_key
from exclip_desktop.storage.cache import CACHE_VARIABLE, FactorCache
from tests.unit.storage.test_cache import make_factor


def test_the_cache_is_shown_bounded_and_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    FactorCache(tmp_path).put(cache_key(a=1), make_factor())
    assert main(["cache"]) == 0
    assert re.fullmatch(
        rf"folder  {re.escape(str(tmp_path))}\nsize    1\.\d kB\nlimit   4\.0 GB\n", capsys.readouterr().out
    )
    assert main(["cache", "--limit", "0.5", "--empty"]) == 0
    assert capsys.readouterr().out.endswith("size    0 bytes\nlimit   500 MB\n")
    assert FactorCache(tmp_path).limit == 500_000_000


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "inf", "1e400", "0.001"])
def test_a_limit_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert main(["cache", f"--limit={text}"]) == 2
    assert "not a limit" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_is_off_is_no_crash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, "off")
    assert main(["cache"]) == 2
    assert "is off" in capsys.readouterr().err
