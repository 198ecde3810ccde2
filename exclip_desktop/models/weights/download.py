"""Downloads the weights of open_clip's tags into the caches that open_clip reads."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import open_clip
from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # exported, but not by name

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.network_gate import open_network
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.models.catalogue import (
    check_architecture,
    clip_cache,
    find_cached_weights,
    find_tag_config,
    list_hub_files,
)
from exclip_desktop.models.weights.fingerprints import sha256_in_url
from exclip_desktop.models.weights.text_files import ENCODER_FILES, TOKENIZER_FILES
from exclip_desktop.models.weights.transfer import RemoteFile, fetch_file, request_size

TEXT_FILES: Final = {
    "hf_tokenizer_name": (
        *TOKENIZER_FILES,
        *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt"),
    ),
    "hf_model_name": ENCODER_FILES,
}
"""Entry of open_clip's ``text_cfg`` that names a repository → the files that are read from it, where it has them."""
_SHA256 = re.compile(r"[0-9a-f]{64}")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Download:
    """The files of a tag's download.

    Attributes:
        name, tag: the architecture, and open_clip's tag.
        weights: the weights' file; ``weights.bytes`` is its size, ``weights.bytes_here`` those on this
            computer.
        hub: (repository, file) of the weights on Hugging Face's hub; None for a plain address.
        extras: (repository, file) of small files of the text part: a tokenizer's, a text encoder's config.

    """

    name: str
    tag: str
    weights: RemoteFile
    hub: tuple[str, str] | None
    extras: tuple[tuple[str, str], ...]


def find_downloaded(name: str, tag: str) -> Path | None:
    """Return the weights file of a tag; None where it is not on this computer. Does not use the network.

    Raises:
        ModelError: there is no such tag.

    """
    check_architecture(name)
    return find_cached_weights(find_tag_config(name, tag))


def plan_download(name: str, tag: str) -> Download:
    """Ask the servers for the files of a tag's download; nothing is fetched yet.

    Raises:
        ModelError: there is no such tag, or the network does not answer.

    """
    check_architecture(name)
    with open_network():
        return _plan(name, tag, find_tag_config(name, tag))


def _plan(name: str, tag: str, config: dict[str, Any]) -> Download:
    hub = list_hub_files(config)
    for repository, file in hub:
        remote = _find_hub_file(repository, file)
        if remote is not None:
            return Download(name, tag, remote, (repository, file), _list_extras(name))
    if not config.get("url"):
        raise ModelError(f"{hub[0][0]} has no {' or '.join(file for _, file in hub)}.", "Choose another tag.")
    url = config["url"]
    target = clip_cache() / Path(url).name
    return Download(
        name, tag, request_size(RemoteFile(url, target, sha256=sha256_in_url(url))), None, _list_extras(name)
    )


def download(plan: Download, progress: Progress = ignore_progress, cancel: CancelToken | None = None) -> Path:
    """Fetch the files of a download and return the weights' path; ``progress`` is called with bytes.

    Raises:
        ModelError: the network, the disk or the content failed; unfinished files stay, damaged ones are deleted.
        Cancelled: the person cancelled; the next download resumes.

    """
    with open_network():
        return _fetch(plan, progress, cancel or CancelToken())


def _fetch(plan: Download, progress: Progress, cancel: CancelToken) -> Path:
    what = f"Downloading {plan.name} ({plan.tag})"
    path = fetch_file(plan.weights, lambda report: progress(replace(report, what=what)), cancel)
    if plan.hub is not None:  # the blob exists: the hub's own package links it from its snapshot
        linked = _ask_hub(lambda hub=plan.hub: hf_hub_download(*hub), plan.hub[0])  # type: ignore[misc]
        path = Path(linked) if linked else path
    for repository, file in plan.extras:
        cancel.check()
        progress(Report(f"{what}: its tokenizer", plan.weights.bytes, plan.weights.bytes))  # which is small beside them
        _ask_hub(lambda one=(repository, file): hf_hub_download(*one), repository)  # type: ignore[misc]
    return path


def _find_hub_file(repository: str, file: str) -> RemoteFile | None:
    url = hf_hub_url(repository, file)
    metadata: Any = _ask_hub(lambda: get_hf_file_metadata(url), repository)
    if metadata is None:
        return None
    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository, repo_type="model")
    sha256 = metadata.etag if _SHA256.fullmatch(metadata.etag) else ""
    return RemoteFile(url, folder / "blobs" / metadata.etag, metadata.size or 0, sha256, build_hf_headers())


def _list_extras(name: str) -> tuple[tuple[str, str], ...]:
    """Return the small files that a model's text part needs of other repositories."""
    text = open_clip.get_model_config(name)["text_cfg"]
    return tuple((text[key], file) for key, files in TEXT_FILES.items() if text.get(key) for file in files)


def _ask_hub(call: Callable[[], Answer], repository: str) -> Answer | None:
    """Return the hub's answer; None where it has no such file."""
    try:
        return call()
    except EntryNotFoundError:
        return None
    except Exception as error:  # the kinds of network errors depend on the version of the hub's package
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{repository} cannot be fetched from {constants.ENDPOINT}: {reason}",
            "Check the network; a private repository needs your token (hf auth login).",
        ) from error
