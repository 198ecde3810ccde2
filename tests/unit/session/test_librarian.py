"""What the models dialog lists, from the real list and caches; and that looking never reaches the network."""

import hashlib
from pathlib import Path

import pytest
from huggingface_hub import constants

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.models import catalogue
from exclip_desktop.models.weights import download
from exclip_desktop.session.library.librarian import ModelLibrarian
from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.worker.requests import ModelChoice
from tests.conftest import save_random_model, tiny_config
from tests.unit.models.test_download import no_network
from tests.unit.models.web import Web, web_server


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty caches, and no unpacked models."""
    monkeypatch.setattr(catalogue, "clip_cache", lambda: tmp_path / "clip")
    monkeypatch.setattr(catalogue, "installed_folder", lambda: tmp_path / "installed")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "clip").mkdir()
    return tmp_path


def found(*added: ModelChoice) -> tuple[ListedModel, ...]:
    """Return what is listed, bundled first, without what could be downloaded."""
    with no_network():
        return tuple(model for model in ModelLibrarian().list_models(added) if model.place)


def test_every_tag_is_listed_after_what_is_here_and_nothing_reaches_the_network() -> None:
    with no_network():
        first, *others = ModelLibrarian().list_models(())
    assert (first.name, first.place, first.grid, first.context) == ("demo", "bundled", (12, 12), 32)
    assert first.is_usable
    assert not first.is_removable
    assert len(others) > 190
    assert all(not model.place and model.tag for model in others)
    large = next(model for model in others if model.title == "ViT-L-14 (openai)")
    assert large.choice == ModelChoice("ViT-L-14", pretrained="openai")
    assert (large.family, large.grid, large.context, large.is_fetchable) == ("ViT", (16, 16), 77, True)


def test_what_was_added_is_listed_after_the_bundled_model(caches: Path) -> None:
    folder = save_random_model(caches / "mine", tiny_config())
    file = folder / "open_clip_model.safetensors"
    own, named, bare = found(
        ModelChoice(str(folder)),
        ModelChoice("ViT-B-32", checkpoint=str(file), preprocess="openai"),
        ModelChoice("", checkpoint=str(file)),
    )[1:]
    assert (own.title, own.path, own.bytes, own.place) == ("mine", file, file.stat().st_size, "added")
    assert (own.grid, own.context, own.family) == ((4, 4), 16, "ViT")
    assert (named.name, named.grid, named.context) == (file.name, (7, 7), 77)
    assert (bare.name, bare.grid, bare.context, bare.bytes) == (file.name, None, 0, own.bytes)
    assert own.is_usable
    assert named.is_usable
    assert bare.is_usable


def test_a_file_tells_its_architecture_unless_it_fits_none(caches: Path, architecture: str) -> None:
    file = save_random_model(caches / "mine", tiny_config()) / "open_clip_model.safetensors"
    told = ModelLibrarian().inspect(file)
    assert (told.path, told.architectures, told.preprocess_known) == (file, (architecture,), False)
    other = save_random_model(caches / "other", tiny_config(vision={"width": 48})) / file.name
    with pytest.raises(ModelError, match="fit none of open_clip's architectures"):
        ModelLibrarian().inspect(other)


def test_what_is_gone_or_holds_no_model_is_marked(caches: Path) -> None:
    broken, empty = caches / "broken", caches / "empty"
    save_random_model(broken, tiny_config())
    (broken / catalogue.CONFIG_FILE).write_text("{")
    empty.mkdir()
    several = caches / "models--a--b"
    for name in ("1", "2"):
        save_random_model(several / "snapshots" / name, tiny_config())
    gone = ModelChoice("", checkpoint=str(caches / "gone.pt"))
    folders = (ModelChoice(str(folder)) for folder in (broken, empty, several))
    listed = found(gone, *folders)[1:]
    told = ("is no longer there", "is not JSON that can be read", "no config and weights", "holds 2 snapshots")
    for model, reason in zip(listed, told, strict=True):
        assert reason in model.reason
        assert not model.is_usable
        assert model.gone == (model is listed[0])


def test_what_lies_in_the_caches_is_listed_once_and_can_be_removed(caches: Path) -> None:
    weights = caches / "clip" / "RN50.pt"
    weights.write_bytes(b"0" * 70)
    snapshot = caches / "hub" / "models--lab--clip" / "snapshots" / "1a2b"
    save_random_model(snapshot, tiny_config())
    unpacked = save_random_model(caches / "installed" / "mine", tiny_config())
    here = {model.title: model for model in found()}
    # Two architectures name the same file, for it serves both.
    assert list(here) == ["demo", "mine", "RN50 (openai)", "RN50-quickgelu (openai)", "lab/clip"]
    assert (here["RN50 (openai)"].bytes, here["RN50 (openai)"].path) == (70, weights)
    assert here["lab/clip"].choice == ModelChoice(str(snapshot))
    for title in ("RN50 (openai)", "mine"):
        ModelLibrarian().remove(here[title])
    assert (weights.exists(), unpacked.exists(), snapshot.exists()) == (False, False, True)
    ModelLibrarian().remove(here["mine"])  # it is gone already
    titles = [model.title for model in ModelLibrarian().list_models(())]
    assert titles.count("RN50 (openai)") == 1


def test_a_download_reports_its_size_first_and_then_bytes(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, told = b"weights" * 1000, list[Report]()
    librarian = ModelLibrarian()
    with web_server() as web:
        _publish(web, content, monkeypatch, caches)
        model = next(one for one in librarian.list_models(()) if one.title == "RN50 (openai)")
        offer = librarian.request_offer(model)
        assert (offer.bytes, offer.here, offer.host) == (7000, 0, "127.0.0.1")
        assert [one.method for one in web.requests] == ["HEAD"]
        librarian.fetch(offer, told.append, CancelToken())
    assert {report.total for report in told} == {7000}
    assert told[-1].done == 7000
    assert next(one for one in found() if one.title == "RN50 (openai)").bytes == 7000


def _publish(web: Web, content: bytes, patch: pytest.MonkeyPatch, caches: Path) -> None:
    web.files["/RN50.pt"] = content
    patch.setattr(download, "find_tag_config", lambda *_: {"url": f"{web.url}/RN50.pt"})
    patch.setattr(download, "sha256_in_url", lambda _: hashlib.sha256(content).hexdigest())
    patch.setattr(download, "clip_cache", lambda: caches / "clip")
