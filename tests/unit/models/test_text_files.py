"""A text encoder's tokenizer and config are found on this computer, or the error lists the searched places."""

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.families import find_text_obstacle
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.weights import text_files
from tests.unit.models.text_models import save_family


@pytest.fixture
def roberta(tmp_path: Path) -> Path:
    return save_family(tmp_path / "model", "RoBERTa")


def _cached(root: Path, repository: str, files: list[Path]) -> None:
    """Copy the files into a Hugging Face cache under ``root`` as those of the repository."""
    home = root / f"models--{repository.replace('/', '--')}"
    snapshot = home / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("0123")
    for file in files:
        file.rename(snapshot / file.name)


def test_files_missing_in_the_folder_are_named_and_read_from_the_cache(
    roberta: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = load_model(str(roberta), device="cpu")
    find = text_files.try_to_load_from_cache
    monkeypatch.setattr(text_files, "try_to_load_from_cache", lambda *named: find(*named, cache_dir=tmp_path / "cache"))
    encoder = tmp_path / "config.json"
    (roberta / "config.json").rename(encoder)
    with pytest.raises(ModelError, match=r"nobody/roberta is not on this computer: .*for config\.json") as caught:
        load_model(str(roberta))
    assert str(roberta) in caught.value.message
    assert "Hugging Face's cache" in caught.value.message
    assert "hf download nobody/roberta" in caught.value.hint
    _cached(tmp_path / "cache", "nobody/roberta", [encoder])
    _cached(tmp_path / "cache", "nobody/bytes", [*roberta.glob("tokenizer*")])
    actual = load_model(str(roberta), device="cpu")
    assert actual.fingerprint == here.fingerprint
    assert actual.reader.read("a dog") == here.reader.read("a dog")
    for file in (tmp_path / "cache").glob("models--nobody--bytes/snapshots/*/*"):
        file.unlink()
    with pytest.raises(ModelError, match=r"nobody/bytes is not on this computer: .*for one of tokenizer\.json"):
        load_model(str(roberta))


def test_a_config_cannot_name_another_folder(roberta: Path, tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    (roberta / "config.json").rename(tmp_path / "encoder" / "config.json")
    path = roberta / "open_clip_config.json"
    path.write_text(path.read_text("utf-8").replace("nobody/roberta", str(tmp_path / "encoder")))
    with pytest.raises(ModelError, match="encoder is not on this computer: searched in .*model and in"):
        load_model(str(roberta), device="cpu")


@pytest.mark.parametrize("installed", ["", "4.57.3"])
def test_without_transformers_the_error_names_the_command_to_install_it(
    roberta: Path, monkeypatch: pytest.MonkeyPatch, installed: str
) -> None:
    def version(name: str) -> str:
        if not installed:
            raise PackageNotFoundError(name)
        return installed

    monkeypatch.setattr(text_files, "version", version)
    with pytest.raises(ModelError, match="needs the package transformers, version 5 or newer") as caught:
        load_model(str(roberta))
    assert "exclip-desktop[hf]" in caught.value.hint


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.json", '{"model_type": "gpt2"}', 'of a kind ."gpt2".'),
        ("config.json", "{", "config.json, line 1, is not JSON that can be read"),
        ("config.json", "[]", "config.json: expected an object, got a list"),
        ("tokenizer.json", "{", "tokenizer nobody/bytes in .* cannot be read"),
        ("tokenizer.json", "[]", "tokenizer nobody/bytes in .* cannot be read"),
    ],
)
def test_unusable_files_are_refused(roberta: Path, file: str, content: str, message: str) -> None:
    (roberta / file).write_text(content)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(str(roberta))
    assert caught.value.hint


def test_a_tokenizers_own_code_is_never_run(roberta: Path) -> None:
    (roberta / "code.py").write_text(f"open({str(roberta / 'ran')!r}, 'w')\nclass Mine: pass\n")
    values = {"tokenizer_class": "Mine", "auto_map": {"AutoTokenizer": [None, "code.Mine"]}}
    (roberta / "tokenizer_config.json").write_text(json.dumps(values))
    config = roberta / "open_clip_config.json"
    changed = json.loads(config.read_text("utf-8"))
    changed["model_cfg"]["text_cfg"]["tokenizer_kwargs"] = {"trust_remote_code": True}
    config.write_text(json.dumps(changed))
    with pytest.raises(ModelError, match="tokenizer"):
        load_model(str(roberta))
    assert not (roberta / "ran").exists()


@pytest.mark.parametrize(
    ("schema", "text", "reason"),
    [
        ("a", {"pool_type": "none"}, "pool_type none"),
        ("a", {"hf_model_name": "x", "hf_pooler_type": "max_pooler"}, "max_pooler"),
        ("a", {"hf_tokenizer_name": "x", "tokenizer_mode": "clips"}, "tokenizer_mode clips"),
        ("my-SigLIP", {}, "downloads"),
        ("local-dir:my-SigLIP", {}, ""),
        ("a", {"tokenizer_kwargs": {"reduction_mask": "random"}}, "reduction_mask"),
        ("a", {"no_causal_mask": True, "pool_type": "last"}, ""),
    ],
)
def test_the_config_alone_decides_what_cannot_be_explained(schema: str, text: dict[str, object], reason: str) -> None:
    actual = find_text_obstacle(schema, {"text_cfg": text})
    assert reason in actual
    assert bool(reason) == bool(actual)
