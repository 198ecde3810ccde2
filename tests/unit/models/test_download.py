"""Downloads from a local server; without an allowed download nothing uses the network."""

import errno
import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import constants
from numpy.typing import NDArray

from exclip_desktop.api.explain import explain, score
from exclip_desktop.cli import doctor
from exclip_desktop.core.errors import Cancelled, ModelError, Remedy
from exclip_desktop.core.progress import CancelToken, Report, ignore_progress
from exclip_desktop.models.catalogue import find_cached_weights
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.weights import transfer
from exclip_desktop.models.weights.download import download, plan_download
from exclip_desktop.models.weights.fit import recognise_architectures
from exclip_desktop.models.weights.transfer import RemoteFile, fetch_file
from tests.conftest import CAPTION, TINY, save_random_model, tiny_config
from tests.unit.models.web import COMMIT, Web, web_server

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server in place of the hub and the rest of the web, with temporary caches and home."""
    with web_server() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HF_TOKEN", "secret")
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        yield server


@pytest.fixture
def file(web: Web, tmp_path: Path) -> RemoteFile:
    web.files["/weights.pt"] = CONTENT
    return RemoteFile(f"{web.url}/weights.pt", tmp_path / "cache" / "weights.pt", len(CONTENT), SHA256)


@contextmanager
def no_network() -> Iterator[None]:
    """Fail on any network connection, and on any look-up of a name."""
    own = socket.socket.connect

    def refuse(*what: Any) -> NoReturn:
        raise AssertionError(f"the network was reached for: {what}")

    def connect(self: socket.socket, address: Any) -> Any:
        return own(self, address) if self.family == getattr(socket, "AF_UNIX", None) else refuse(address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


# One file


def test_a_file_is_fetched_with_progress(web: Web, file: RemoteFile) -> None:
    reports: list[Report] = []
    assert fetch_file(file, reports.append, CancelToken()) == file.target
    assert file.target.read_bytes() == CONTENT
    assert not file.part.exists()
    done = [report.done for report in reports]
    assert done == sorted(done)
    assert (done[0], reports[-1]) == (0, Report("weights.pt, checking", len(CONTENT), len(CONTENT)))
    fetch_file(file, ignore_progress, CancelToken())
    assert len(web.fetched) == 1


def test_a_download_resumes_after_interruptions(web: Web, file: RemoteFile) -> None:
    web.cuts = [100_000, 200_000]
    fetch_file(file, ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT
    assert [requests.range for requests in web.fetched] == ["", "bytes=100000-", "bytes=300000-"]


def test_an_interrupted_download_is_resumed(web: Web, file: RemoteFile) -> None:
    web.cuts = [100_000, 0]
    with pytest.raises(
        ModelError, match=r"weights.pt could not be fetched.*100 kB of 1\.0 MB are on this computer"
    ) as caught:
        fetch_file(file, ignore_progress, CancelToken())
    assert "the download resumes from there" in caught.value.hint
    assert file.part.stat().st_size == 100_000
    assert not file.target.exists()
    fetch_file(file, ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT
    assert web.fetched[-1].range == "bytes=100000-"


@pytest.mark.parametrize("versions", ["etag", "last-modified"])
@pytest.mark.parametrize("heeded", [True, False])
def test_a_changed_file_is_fetched_from_the_beginning(web: Web, file: RemoteFile, versions: str, heeded: bool) -> None:
    web.versions, web.heeds_versions = versions, heeded
    unpublished = RemoteFile(file.url, file.target)
    web.cuts = [100_000, 0]
    with pytest.raises(ModelError):
        fetch_file(unpublished, ignore_progress, CancelToken())
    assert unpublished.version.is_file()
    changed = CONTENT[::-1]
    web.files["/weights.pt"] = changed
    fetch_file(unpublished, ignore_progress, CancelToken())
    assert file.target.read_bytes() == changed
    assert sorted(path.name for path in file.target.parent.iterdir()) == ["weights.pt"]
    assert [bool(requests.if_range) for requests in web.fetched] == [False, True, True, *([] if heeded else [False])]


def test_an_unchanged_file_is_resumed(web: Web, file: RemoteFile) -> None:
    web.cuts = [100_000, 0]
    unpublished = RemoteFile(file.url, file.target)
    with pytest.raises(ModelError):
        fetch_file(unpublished, ignore_progress, CancelToken())
    fetch_file(unpublished, ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT
    assert web.fetched[-1].range == "bytes=100000-"
    assert web.fetched[-1].if_range.startswith('"')


def test_a_file_without_version_and_checksum_is_fetched_from_the_beginning(web: Web, file: RemoteFile) -> None:
    web.cuts, web.versions = [100_000, 0], ""
    unpublished = RemoteFile(file.url, file.target)
    with pytest.raises(ModelError):
        fetch_file(unpublished, ignore_progress, CancelToken())
    web.files["/weights.pt"] = CONTENT[::-1]
    fetch_file(unpublished, ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT[::-1]
    assert {request.range for request in web.fetched} == {""}


def test_a_server_that_cannot_resume_starts_again(web: Web, file: RemoteFile) -> None:
    web.cuts, web.resumes = [100_000], False
    fetch_file(file, ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT), 0])
def test_a_part_of_another_file_is_replaced(web: Web, file: RemoteFile, size: int) -> None:
    file.part.parent.mkdir()
    file.part.write_bytes(CONTENT + b"more")
    fetch_file(RemoteFile(file.url, file.target, size, SHA256), ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT


def test_a_complete_part_is_only_checked(web: Web, file: RemoteFile) -> None:
    file.part.parent.mkdir()
    file.part.write_bytes(CONTENT)
    fetch_file(file, ignore_progress, CancelToken())
    assert web.fetched == []
    assert file.target.read_bytes() == CONTENT


@pytest.mark.parametrize("digits", [64, 8])
def test_content_other_than_the_published_is_deleted(web: Web, file: RemoteFile, digits: int) -> None:
    web.files["/weights.pt"] = CONTENT[:-1] + b"!"
    published = RemoteFile(file.url, file.target, len(CONTENT), SHA256[:digits])
    with pytest.raises(ModelError, match="is not the published file") as caught:
        fetch_file(published, ignore_progress, CancelToken())
    assert caught.value.hint == "Fetch it again."
    assert list(file.target.parent.iterdir()) == []


def test_a_cancelled_download_keeps_its_part(web: Web, file: RemoteFile) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        fetch_file(file, lambda report: cancel.cancel() if report.done else None, cancel)
    assert 0 < file.part.stat().st_size < len(CONTENT)
    fetch_file(file, ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT
    assert web.fetched[-1].range != ""


def test_an_interrupted_fetch_keeps_its_part(file: RemoteFile) -> None:
    def interrupt(report: Report) -> None:
        if report.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_file(file, interrupt, CancelToken())
    assert file.part.stat().st_size > 0


def test_a_full_disk_is_reported_before_anything_is_fetched(
    web: Web, file: RemoteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(ModelError, match=r"The disk is full: weights\.pt needs 1\.0 MB more in .*cache"):
        fetch_file(file, ignore_progress, CancelToken())
    assert web.fetched == []


def test_a_disk_that_fills_up_keeps_the_part(file: RemoteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        """A file on a disk with room for 300 kB."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def tell(self) -> int:
            return int(self.file.tell())

        def write(self, data: bytes) -> int:
            if self.tell() + len(data) > 300_000:
                self.file.write(data[: 300_000 - self.tell()])
                raise OSError(errno.ENOSPC, "No space left on device")
            return int(self.file.write(data))

    copy = transfer._copy
    monkeypatch.setattr(transfer, "_copy", lambda answer, part, *rest: copy(answer, Full(part), *rest))
    with pytest.raises(ModelError, match="The disk is full: weights.pt needs 724 kB more") as caught:
        fetch_file(file, ignore_progress, CancelToken())
    assert "the download resumes" in caught.value.hint
    assert file.part.stat().st_size == 300_000
    monkeypatch.undo()
    fetch_file(file, ignore_progress, CancelToken())
    assert file.target.read_bytes() == CONTENT


def test_an_unreachable_server_is_reported(web: Web, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="404"):
        fetch_file(RemoteFile(f"{web.url}/none.pt", tmp_path / "none.pt"), ignore_progress, CancelToken())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/none.pt"
        with pytest.raises(ModelError, match="could not be fetched") as caught:
            fetch_file(RemoteFile(url, tmp_path / "none.pt"), ignore_progress, CancelToken())
    assert caught.value.hint == "Check the network and fetch it again."


# Tags


@pytest.fixture
def weights(tmp_path: Path) -> bytes:
    return (save_random_model(tmp_path / "model", tiny_config()) / "open_clip_model.safetensors").read_bytes()


def tag(monkeypatch: pytest.MonkeyPatch, **config: Any) -> dict[str, Any]:
    entry = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5), **config}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"tagged": entry})
    return entry


def test_a_tag_of_the_hub_is_fetched_into_its_cache(
    architecture: str, web: Web, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tag(monkeypatch, hf_hub="nobody/tiny/")
    sha256 = web.publish("nobody/tiny", "open_clip_model.safetensors", weights)
    plan = plan_download(architecture, "tagged")
    assert (plan.weights.bytes, plan.weights.bytes_here, plan.weights.sha256) == (len(weights), 0, sha256)
    assert web.fetched == []
    web.cuts = [1000]
    collected: list[Report] = []
    path = download(plan, collected.append)
    assert path == find_cached_weights(config)
    assert path.read_bytes() == weights
    assert (path.name, path.parent.name) == ("open_clip_model.safetensors", COMMIT)
    assert {report.what for report in collected} == {f"Downloading {TINY} (tagged)"}
    assert [requests.range for requests in web.fetched] == ["", "bytes=1000-"]
    assert {requests.authorization for requests in web.requests if "/resolve/" in requests.path} == {"Bearer secret"}
    assert {requests.authorization for requests in web.fetched} == {""}, "the token must not leave the hub"
    assert plan_download(architecture, "tagged").weights.bytes_here == len(weights)


def test_older_files_of_the_hub_are_fetched_where_there_are_no_newer_ones(
    architecture: str, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(monkeypatch, hf_hub="nobody/tiny/")
    web.publish("nobody/tiny", "open_clip_pytorch_model.bin", CONTENT)
    assert download(plan_download(architecture, "tagged")).name == "open_clip_pytorch_model.bin"
    tag(monkeypatch, hf_hub="nobody/none/")
    with pytest.raises(ModelError, match=r"nobody/none has no open_clip_model\.safetensors or"):
        plan_download(architecture, "tagged")


def test_a_tag_with_an_address_is_fetched_where_open_clip_looks(
    architecture: str, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.files[f"/v0.2-weights/tiny-{SHA256[:8]}.pt"] = CONTENT
    config = tag(monkeypatch, url=f"{web.url}/v0.2-weights/tiny-{SHA256[:8]}.pt")
    plan = plan_download(architecture, "tagged")
    assert (plan.weights.bytes, plan.weights.sha256) == (len(CONTENT), SHA256[:8])
    assert download(plan) == find_cached_weights(config)
    assert find_cached_weights(config) == tmp_path / f"home/.cache/clip/tiny-{SHA256[:8]}.pt"


def test_a_tokenizer_is_fetched_with_its_model(
    architecture: str, web: Web, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(monkeypatch, hf_hub="nobody/tiny/")
    web.publish("nobody/tiny", "open_clip_model.safetensors", weights)
    web.publish("nobody/words", "tokenizer.json", b"{}")
    config = open_clip.get_model_config(architecture)
    config["text_cfg"] |= {"hf_tokenizer_name": "nobody/words"}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, TINY, config)
    path = download(plan_download(architecture, "tagged"))
    tokenizer = path.parents[3] / "models--nobody--words" / "snapshots" / COMMIT / "tokenizer.json"
    assert tokenizer.read_bytes() == b"{}"


def test_an_unreachable_hub_is_reported(architecture: str, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    tag(monkeypatch, hf_hub="nobody/tiny/")
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:1/{repo_id}/{revision}/{filename}")
    with pytest.raises(ModelError, match="nobody/tiny cannot be fetched") as caught:
        plan_download(architecture, "tagged")
    assert "Check the network" in caught.value.hint


# The network is used by allowed downloads only


def test_only_an_allowed_download_uses_the_network(
    architecture: str, web: Web, weights: bytes, picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    tag(monkeypatch, hf_hub="nobody/tiny/")
    web.publish("nobody/tiny", "open_clip_model.safetensors", weights)
    with no_network(), pytest.raises(ModelError, match="not on this computer, and the network is off") as caught:
        load_model(architecture, pretrained="tagged")
    assert caught.value.remedy is Remedy.ALLOW_DOWNLOAD
    assert "allow_download=True" in caught.value.hint
    with no_network(), pytest.raises((AssertionError, ModelError), match="the network was reached"):
        load_model(architecture, pretrained="tagged", allow_download=True)
    assert web.requests == []
    reports: list[Report] = []
    load_model(architecture, pretrained="tagged", allow_download=True, progress=reports.append)
    assert reports[-1].done == len(weights)
    requests = len(web.requests)
    with no_network():
        explain(load_model(architecture, pretrained="tagged", allow_download=True), picture, CAPTION)
    assert len(web.requests) == requests


def test_offline_is_the_default_state(tmp_path: Path, picture: NDArray[np.uint8], weights: bytes) -> None:
    path = tmp_path / "model" / "open_clip_model.safetensors"
    with no_network():
        for model in (load_model("demo"), load_model(str(tmp_path / "model"))):
            explain(model, picture, CAPTION, quadrature="gauss-legendre", steps=1)
            score(model, picture, [CAPTION])
        with pytest.raises(ModelError, match="fit"):
            load_model("ViT-B-32", checkpoint=path, preprocess="openai")
        foreign = {
            "visual.conv1.weight": torch.zeros(768, 3, 32, 32),
            "text.transformer.pooler.dense.bias": torch.zeros(1),
        }
        # such as roberta-ViT-B-32, whose text encoder's config lies on the hub
        assert recognise_architectures(foreign) == []
        assert "Models on this computer" in doctor.report()
        for name, known in open_clip.list_pretrained():
            with pytest.raises(ModelError):
                load_model(name, pretrained=known)
