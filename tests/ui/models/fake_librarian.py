"""A librarian without models: it reads and downloads nothing."""

import threading
from dataclasses import replace
from pathlib import Path

from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.session.library.model_listing import ListedModel, Offer, WeightsFile
from exclip_desktop.session.worker.requests import ModelChoice
from tests.ui.fakes import wait_at

TOTAL, STEP = 900, 100
DEMO = ListedModel(ModelChoice(), "demo", "", Path("/demo.safetensors"), 15_000_000, "bundled", "ViT", (12, 12), 32)
HERE = ListedModel(
    ModelChoice("ViT-B-32", pretrained="openai"),
    *("ViT-B-32", "openai", Path("/cache/b32.pt"), 350_000_000, "cache", "ViT", (7, 7), 77),
)
LARGE = ListedModel(
    ModelChoice("ViT-L-14", pretrained="openai"), "ViT-L-14", "openai", bytes=890_000_000, family="ViT", grid=(16, 16)
)
OTHER = ListedModel(ModelChoice("RN50", pretrained="yfcc15m"), "RN50", "yfcc15m", family="ResNet", grid=(7, 7))
REFUSED = ListedModel(
    ModelChoice("coca_ViT-B-32", pretrained="laion2b"), "coca_ViT-B-32", "laion2b", reason="it is a CoCa model"
)


class FakeLibrarian:
    """Downloads 900 bytes in steps of 100; a closed gate blocks it before each step, or before it returns the size.

    Attributes:
        models: the models, without those that the person adds.
        came: downloaded bytes.
        ask_gate, gate: of the size and of the steps; open, unless a test closes them.
        fetching: set once a download has started.
        raises: errors of the next network requests.
        asked, removed: the requests that it received.
    """

    def __init__(self) -> None:
        self.models = [DEMO, HERE, LARGE, OTHER, REFUSED]
        self.came = 0
        self.ask_gate, self.gate, self.fetching = threading.Event(), threading.Event(), threading.Event()
        self.ask_gate.set()
        self.gate.set()
        self.raises: list[Exception] = []
        self.asked: list[str] = []
        self.removed: list[ListedModel] = []

    def list_models(self, added: tuple[ModelChoice, ...]) -> tuple[ListedModel, ...]:
        own = [_added(choice) for choice in added]
        return (self.models[0], *own, *self.models[1:])

    def inspect(self, path: Path) -> WeightsFile:
        if self.raises:
            raise self.raises.pop(0)
        return WeightsFile(path, ("ViT-B-32", "ViT-B-32-quickgelu"))

    def remove(self, model: ListedModel) -> None:
        self.removed.append(model)
        self.models.remove(model)

    def request_offer(self, model: ListedModel) -> Offer:
        self._network(f"ask {model.title}", self.ask_gate, CancelToken())
        return Offer(model, TOTAL, self.came, "example.org", "plan")

    def fetch(self, offer: Offer, progress: Progress, cancel: CancelToken) -> None:
        for done in range(self.came, TOTAL, STEP):
            self.came = done
            progress(Report("Downloading", done, TOTAL))
            self.fetching.set()
            self._network(f"fetch {done}", self.gate, cancel)
        progress(Report("Downloading", TOTAL, TOTAL))
        here = replace(offer.model, path=Path("/cache/new.pt"), bytes=TOTAL, place="cache")
        self.models.remove(offer.model)
        self.models.insert(1, here)

    def _network(self, what: str, gate: threading.Event, cancel: CancelToken) -> None:
        self.asked.append(what)
        wait_at(gate, cancel)
        if self.raises:
            raise self.raises.pop(0)


def _added(choice: ModelChoice) -> ListedModel:
    path = Path(choice.checkpoint or choice.name)
    there = path.exists()
    reason = "" if there else f"{path} is no longer there"
    return ListedModel(choice, path.name, "", path, 5 * there, "added", reason=reason, gone=not there)
