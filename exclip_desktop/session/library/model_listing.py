"""Frozen descriptions of models, and the interface of the librarian who finds them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.session.worker.requests import ModelChoice

Place = Literal["bundled", "added", "installed", "cache", ""]


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model on this computer, or a tag that can be downloaded.

    Attributes:
        choice: the arguments of ``load_model``, without a device.
        name, tag: its name, and open_clip's tag of its weights; empty if the name is complete.
        path: the file of its weights, or the added path; None if it is not on this computer.
        bytes: size of the file; an estimate if it is not on this computer; 0: unknown.
        place: ``bundled``, ``added`` by the person, ``installed`` by unpacking, in a ``cache``; empty if it is not on
            this computer.
        family: kind of its image encoder; empty: unknown until it is opened.
        grid: (rows, columns) of patches; None: unknown until it is opened.
        context: maximum number of tokens; 0: unknown until it is opened.
        reason: why it cannot be used; empty if it can, or could after a download.
        gone: whether it was added and no longer exists.
    """

    choice: ModelChoice
    name: str
    tag: str = ""
    path: Path | None = None
    bytes: int = 0
    place: Place = ""
    family: str = ""
    grid: tuple[int, int] | None = None
    context: int = 0
    reason: str = ""
    gone: bool = False

    @property
    def title(self) -> str:
        """Name and tag, as ``ViT-B-32 (openai)``."""
        return f"{self.name} ({self.tag})" if self.tag else self.name

    @property
    def is_usable(self) -> bool:
        """Whether it is on this computer and can be explained."""
        return bool(self.place) and not self.reason

    @property
    def is_fetchable(self) -> bool:
        """Whether it can be downloaded and explained."""
        return not self.place and not self.reason

    @property
    def is_removable(self) -> bool:
        """Whether it can be removed, if only from the list."""
        return self.place in ("added", "installed", "cache")


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of weights: the architectures that it fits, and whether its preprocessing is known."""

    path: Path
    architectures: tuple[str, ...]
    preprocess_known: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A download of known size.

    Attributes:
        model: the model to download.
        bytes: size of the weights, 0 if the server does not report it; ``here``: bytes that were downloaded before.
        host: the server.
        plan: for the librarian only.
    """

    model: ListedModel
    bytes: int
    here: int
    host: str
    plan: Any = None


class Librarian(Protocol):
    """Finds, downloads and removes models; called in the background."""

    def list_models(self, added: tuple[ModelChoice, ...]) -> tuple[ListedModel, ...]:
        """Return every model, those on this computer first; never uses the network."""
        ...

    def inspect(self, path: Path) -> WeightsFile:
        """Read a file of weights, and return what the person has to choose for it."""
        ...

    def remove(self, model: ListedModel) -> None:
        """Delete a model from a cache, or an unpacked one."""
        ...

    def request_offer(self, model: ListedModel) -> Offer:
        """Ask the server for the size of a download."""
        ...

    def fetch(self, offer: Offer, progress: Progress, cancel: CancelToken) -> None:
        """Download; ``progress`` reports bytes."""
        ...
