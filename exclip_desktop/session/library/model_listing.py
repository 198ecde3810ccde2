"""What models a person can choose from: frozen values of the library, and who finds them."""

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
        name, tag: what it is called, and open_clip's tag of its weights; empty where the name says all.
        path: its weights' file, or what was added; None where it is not on this computer.
        bytes: the file's size; where it is not on this computer about that; 0: not known.
        place: where it lies: ``bundled``, ``added`` by the person, ``installed`` by unpacking, in a ``cache``; empty
            where it is not on this computer.
        family: its image encoder's kind; empty: not known before it is opened.
        grid: (rows, columns) of patches; None: not known before it is opened.
        context: tokens that it reads; 0: not known before it is opened.
        reason: why it cannot be used; empty where it can, or could once it is here.
        gone: whether it was added, and is no longer there.

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
    def usable(self) -> bool:
        """Whether it is here and can be explained."""
        return bool(self.place) and not self.reason

    @property
    def fetchable(self) -> bool:
        """Whether it can be downloaded; one that cannot be explained would be of no use."""
        return not self.place and not self.reason

    @property
    def removable(self) -> bool:
        """Whether it can be removed, if only from the list."""
        return self.place in ("added", "installed", "cache")


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of weights: the architectures that it fits, and whether it is known how pictures are prepared for it."""

    path: Path
    architectures: tuple[str, ...]
    preprocess_known: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A download whose size is known.

    Attributes:
        model: what is downloaded.
        bytes, here: the weights' size, 0 where the server does not say it; and how much of it came before.
        host: where they come from.
        plan: the librarian's own.

    """

    model: ListedModel
    bytes: int
    here: int
    host: str
    plan: Any = None


class Librarian(Protocol):
    """Finds, fetches and removes models; called in the background."""

    def list_models(self, added: tuple[ModelChoice, ...]) -> tuple[ListedModel, ...]:
        """Return every model, those here first, with those that the person added; never reaches the network."""
        ...

    def inspect(self, path: Path) -> WeightsFile:
        """Read a file of weights, to know what must be asked of it."""
        ...

    def remove(self, model: ListedModel) -> None:
        """Delete a model from a cache, or an unpacked one."""
        ...

    def request_offer(self, model: ListedModel) -> Offer:
        """Ask the network what a download would fetch."""
        ...

    def fetch(self, offer: Offer, progress: Progress, cancel: CancelToken) -> None:
        """Download; ``progress`` hears of bytes."""
        ...
