"""Finds, fetches and removes models; open_clip lives here. Only the library's background thread imports this module."""

from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from exclip_desktop.core.errors import ModelError, UserError
from exclip_desktop.core.paths import is_dir, is_file
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.models.catalogue import (
    ModelEntry,
    describe_model,
    list_local_models,
    list_tagged_models,
    remove_model,
)
from exclip_desktop.models.weights.download import download, plan_download
from exclip_desktop.models.weights.find import inspect_checkpoint
from exclip_desktop.session.library.model_listing import ListedModel, Offer, WeightsFile
from exclip_desktop.session.notices import WINDOW_WORDS
from exclip_desktop.session.worker.requests import ModelChoice


class ModelLibrarian:
    """Searches the caches of open_clip and the hub, and the person's added folders and files."""

    def list_models(self, added: tuple[ModelChoice, ...]) -> tuple[ListedModel, ...]:
        """Return the bundled model, added ones, those in the caches, then every tag that is not on this computer."""
        here = [_listed(entry) for entry in list_local_models()]
        bundled, others = ([one for one in here if (one.place == "bundled") == first] for first in (True, False))
        tags = [_listed(entry) for entry in list_tagged_models() if not entry.is_local]
        own = [_added(choice) for choice in added]
        return (*bundled, *own, *others, *tags)

    def inspect(self, path: Path) -> WeightsFile:
        """Read a file of weights, and return what the person has to choose for it.

        Raises:
            ModelError: it is no such file, is damaged, or fits none of open_clip's architectures.

        """
        inspected = inspect_checkpoint(path)
        if not inspected.architectures:
            message = f"The weights in {path.name} fit none of open_clip's architectures."
            raise ModelError(message, "Add a folder with their open_clip_config.json.")
        return WeightsFile(path, inspected.architectures, inspected.preprocess_known)

    def remove(self, model: ListedModel) -> None:
        """Delete a model from a cache, or an unpacked one.

        Raises:
            ModelError: it cannot be deleted.

        """
        match = next((entry for entry in list_local_models() if _listed(entry).choice == model.choice), None)
        if match is not None:  # else it has been removed already
            remove_model(match)

    def request_offer(self, model: ListedModel) -> Offer:
        """Ask the server for the size of a download.

        Raises:
            ModelError: the server does not answer.

        """
        plan = plan_download(model.name, model.tag)
        return Offer(
            model, plan.weights.bytes, plan.weights.bytes_here, urlsplit(plan.weights.url).hostname or "", plan
        )

    def fetch(self, offer: Offer, progress: Progress, cancel: CancelToken) -> None:
        """Download; ``progress`` reports bytes.

        Raises:
            ModelError: network, disk or content are at fault.
            Cancelled: the person cancelled.

        """
        download(offer.plan, progress, cancel)


def _listed(entry: ModelEntry) -> ListedModel:
    choice = ModelChoice(entry.name, pretrained=entry.tag or None)
    fields: dict[str, Any] = {**asdict(entry), "name": _short(entry.name)}
    return ListedModel(choice, **fields)


def _added(choice: ModelChoice) -> ListedModel:
    """Return what a folder or file that the person added tells without being opened."""
    path = Path(choice.checkpoint or choice.name)
    if not (is_file(path) if choice.checkpoint else is_dir(path)):
        gone = f"{path} is no longer there"
        return ListedModel(choice, path.name, path=path, place="added", reason=gone, gone=True)
    try:
        entry = describe_model(path, choice.name if choice.checkpoint else "")
    except (UserError, OSError) as error:
        reason = error.text_in(WINDOW_WORDS) if isinstance(error, UserError) else str(error)
        return ListedModel(choice, path.name, path=path, place="added", reason=reason.rstrip("."))
    if entry is None:
        return ListedModel(choice, path.name, path=path, place="added", reason="it holds no config and weights")
    fields: dict[str, Any] = {**asdict(entry), "name": path.name, "tag": "", "place": "added"}
    return ListedModel(choice, **fields)


def _short(name: str) -> str:
    """Return what a model is called where its name is a folder: ``organisation/name`` for one of the hub's cache."""
    path = Path(name)
    if not path.is_absolute():
        return name
    parts = next((part for part in path.parts if part.startswith("models--")), "").split("--")
    return "/".join(parts[1:]) if len(parts) > 1 else path.name
