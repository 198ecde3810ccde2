"""The commands for models as a person uses them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import open_clip
import pytest
from huggingface_hub import constants

from exclip_desktop.cli.main import main
from exclip_desktop.cli.terminal import ProgressBar
from exclip_desktop.core.progress import Report
from exclip_desktop.models import catalogue
from exclip_desktop.models.catalogue import list_local_models
from tests.conftest import TINY, save_random_model, tiny_config
from tests.unit.models.web import Web, web_server


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary data folder and temporary caches."""
    monkeypatch.setattr(catalogue, "user_data_path", lambda *_, **__: tmp_path / "data")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def web(architecture: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web_server() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        entry = {"url": f"{server.url}/tiny.pt", "mean": (0.5,) * 3, "std": (0.5,) * 3}
        monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"tagged": entry})
        server.files["/tiny.pt"] = bytes(3_000_000)
        yield server


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    here = capsys.readouterr().out
    for expected in ("demo", "15 MB", "ViT", "12 × 12", "32 tokens", "open_clip_model.safetensors"):
        assert expected in here
    assert main(["models", "list", "--all"]) == 0
    listed = capsys.readouterr().out
    assert listed.split()[:3] == ["demo", "15", "MB"]
    assert len(listed.splitlines()) == 1 + len(open_clip.list_pretrained())
    assert any(
        line.split()[:5] == ["ViT-B-32", "laion2b_s34b_b79k", "about", "605", "MB"] for line in listed.splitlines()
    )
    assert any(
        re.fullmatch("roberta-ViT-B-32 +laion2b_s12b_b32k +size unknown .*not here", line)
        for line in listed.splitlines()
    )


def test_the_list_as_json_has_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == 0
    (values,) = json.loads(capsys.readouterr().out)
    (entry,) = list_local_models()
    assert values["path"] == str(entry.path)
    assert (values["name"], values["bytes"], values["grid"], values["place"]) == (
        "demo",
        entry.bytes,
        [12, 12],
        "bundled",
    )


def test_a_tag_is_fetched(web: Web, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", TINY, "tagged"]) == 0
    printed = capsys.readouterr()
    path = tmp_path / "home" / ".cache" / "clip" / "tiny.pt"
    assert printed.out == f"{path}\n"
    assert printed.err == f"{TINY} (tagged): 3.0 MB\n"
    assert path.read_bytes() == web.files["/tiny.pt"]
    requests = len(web.requests)
    assert main(["models", "fetch", TINY, "tagged"]) == 0
    assert capsys.readouterr() == (f"{path}\n", f"{TINY} (tagged) is on this computer.\n")
    assert len(web.requests) == requests


def test_an_interrupted_fetch_keeps_its_part(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(self: ProgressBar, report: Report) -> None:
        if report.done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "show", interrupt)
        assert main(["models", "fetch", TINY, "tagged"]) == 130
    part = tmp_path / "home" / ".cache" / "clip" / "tiny.pt.part"
    came = part.stat().st_size
    assert came > 0
    assert main(["models", "fetch", TINY, "tagged"]) == 0
    assert "of them here" in capsys.readouterr().err
    assert web.fetched[-1].range == f"bytes={came}-"
    assert not part.exists()


def test_a_model_is_packed_and_unpacked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_random_model(tmp_path / "model", tiny_config())
    assert main(["models", "pack", str(model), str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'mine'}\n"
    assert main(["models", "unpack", str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out == "mine\n"
    for command in (["models", "list"], ["explain", "--model", "mine", "--device", "cpu", "--steps", "9"]):
        assert main(command) == 0
        assert "mine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["fetch", "ViT-B32", "openai"], "Did you mean ViT-B-32"),
        (["fetch", "ViT-B-32", "nonsense"], 'no weights tagged "nonsense"'),
        (["pack", "nonsense", "out"], "There is no model named"),
        (["unpack", "nowhere"], "is not a packed model"),
    ],
)
def test_bad_input_gets_one_clear_line(
    arguments: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["models", *arguments]) == 2
    printed = capsys.readouterr().err
    assert expected in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / "out").exists()
