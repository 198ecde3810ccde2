"""An engine that blocks until it is released, so that interleavings are forced, not slept for."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.factor_search import Products
from exclip_desktop.core.maths.picture_parts import NamedValue, make_parts
from exclip_desktop.core.maths.similar_patches import SIMILARITIES, similar_patches
from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.answers import MapAnswer, Maps, MatrixAnswer
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import ProfileRow, profile_row
from exclip_desktop.core.values.occlusion_scores import OcclusionScores
from exclip_desktop.core.values.pair_list import make_figures
from exclip_desktop.core.values.settings import Layer, has_layer, list_layers
from exclip_desktop.core.values.study import Curve, Outcome
from exclip_desktop.session.worker.parts_requests import PartsAnswer, PartsRequest, SimilarityAnswer, SimilarityRequest
from exclip_desktop.session.worker.requests import (
    Alternative,
    ExplainAnswer,
    ExplainRequest,
    FramingsAnswer,
    FramingsRequest,
    ListPairAnswer,
    ListPairRequest,
    ModelChoice,
    ModelFacts,
    OcclusionAnswer,
    OcclusionRequest,
    PaneAnswer,
    PaneRequest,
    PictureRequest,
    ProfileRequest,
    ScoreAnswer,
    ScoreRequest,
    StudyAnswer,
    StudyRequest,
)
from exclip_desktop.session.worker.search_requests import PictureProducts, SearchedPicture, SearchPart, SearchRequest
from exclip_desktop.session.worker.two_input_requests import TwoInputAnswer, TwoInputRequest
from exclip_desktop.storage.samples import load_scenes
from tests.ui.two_inputs.two_input_factors import explain_fake_inputs

PATIENCE_S = 20.0


def make_blank_picture(path: Path, size: tuple[int, int] = (640, 480), shade: int = 90) -> str:
    """Write a picture of one grey, ``size`` (width, height), and return its path."""
    Image.new("RGB", size, (shade, shade, shade)).save(path)
    return str(path)


class FakeEngine:
    """Explains any caption by ``make``; a closed gate blocks it inside a call until it opens or is cancelled."""

    def __init__(self, make: Callable[[str], Explanation]) -> None:
        self.make = make
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Event()
        self.stored: dict[str, ExplainAnswer] = {}
        self.complete_gate = threading.Event()
        self.complete_gate.set()
        self.completing = threading.Event()
        self.list_requests: list[ListPairRequest] = []
        self.listed_gate = _opened()
        self.listed_raises: list[Exception] = []
        self.studies: list[StudyRequest] = []
        self.saved_outcomes: dict[tuple[str, str], Outcome] = {}
        self.study_gates: dict[tuple[str, str], threading.Event] = {}
        self.study_reasons: dict[str, str] = {}
        self.study_raises: list[Exception] = []
        self.study_notes: tuple[str, ...] = ()
        self.raises: list[Exception] = []
        self.load_raises: list[Exception] = []
        self.score_raises: list[Exception] = []
        self.note = ""
        self.device = "cpu"
        self.layers = (12, 12)
        self.pools = (False, False)
        self.rows_gate: dict[Layer, threading.Event] = {layer: _opened() for layer in (*range(12), "pool")}
        self.cached_rows: set[tuple[str, str, Layer]] = set()
        self.at_layer: Layer | None = None
        self.profile_raises: list[Exception] = []
        self.profile_requests: list[ProfileRequest] = []
        self.estimate_requests: list[ProfileRequest] = []
        self.explain_requests: list[ExplainRequest] = []
        self.occlusion_requests: list[OcclusionRequest] = []
        self.explained: list[str] = []
        self.pane_requests: list[PaneRequest] = []
        self.pane_gates: dict[str, threading.Event] = {key: _opened() for key in all_methods()}
        self.pane_raises: dict[str, Exception] = {}
        self.completed: list[str] = []
        self.picture_requests: list[PictureRequest] = []
        self.picture_gate = _opened()
        self.names_gate = _opened()
        self.names_raises: list[Exception] = []
        self.picture_raises: list[Exception] = []
        self.search_requests: list[SearchRequest] = []
        self.search_gate = _opened()
        self.search_gates: dict[str, threading.Event] = {}
        self.search_missing: set[str] = set()
        self.search_raises: list[Exception] = []
        self.loaded: list[ModelChoice] = []
        self.threads: set[int] = set()

    def load(self, choice: ModelChoice, progress: Progress) -> ModelFacts:
        self.threads.add(threading.get_ident())
        progress(Report(f"Opening {choice.name}", 0, 0))
        if self.load_raises:
            raise self.load_raises.pop(0)
        self.loaded.append(choice)
        return ModelFacts(choice.name, choice.device or self.device, *self.layers, 77, self.note, *self.pools)

    def explain(self, request: ExplainRequest, progress: Progress, cancel: CancelToken) -> ExplainAnswer:
        self.threads.add(threading.get_ident())
        self.explain_requests.append(request)
        self.began.set()
        wait_at(self.gate, cancel)
        progress(Report("picture", 1, 1))
        if self.raises:
            raise self.raises.pop(0)
        layers = request.explain_settings.image_layer, request.explain_settings.text_layer
        for layer, count, pools in zip(layers, self.layers, self.pools, strict=True):
            if layer is not None and not has_layer(layer, count, pools):
                raise SettingsError(f"There is no layer {layer}.", "Give another.")
        self.explained.append(request.caption)
        made = self.make(request.caption)
        fields = {
            name: layer for name, layer in zip(("image_layer", "text_layer"), layers, strict=True) if layer is not None
        }
        made = replace(made, settings=replace(made.settings, **fields))
        return ExplainAnswer(request.id, made, 0.01, False)

    def find(self, request: ExplainRequest) -> ExplainAnswer | None:
        """Return the answer that is stored for the caption."""
        answer = self.stored.get(request.caption)
        return None if answer is None else replace(answer, id=request.id)

    def score_occlusion(self, request: OcclusionRequest, progress: Progress, cancel: CancelToken) -> OcclusionAnswer:
        self.threads.add(threading.get_ident())
        self.occlusion_requests.append(request)
        return OcclusionAnswer(request.id, OcclusionScores(0.5, 0.3, 0.4, 0.25, 0.125, request.fill))

    def score_framings(self, request: FramingsRequest, progress: Progress, cancel: CancelToken) -> FramingsAnswer:
        self.threads.add(threading.get_ident())
        return FramingsAnswer(request.id, (("model", 0.25), ("squash", 0.125)))

    def complete_picture(self, request: ExplainRequest, progress: Progress, cancel: CancelToken) -> None:
        self.completing.set()
        wait_at(self.complete_gate, cancel)
        self.completed.append(request.caption)

    def score(self, request: ScoreRequest, progress: Progress, cancel: CancelToken) -> ScoreAnswer:
        if self.score_raises:
            raise self.score_raises.pop(0)
        rows = [Alternative(caption, 0.1, 0.5, rank + 1) for rank, caption in enumerate(request.captions)]
        return ScoreAnswer(request.id, tuple(rows))

    def explain_list_pair(self, request: ListPairRequest, progress: Progress, cancel: CancelToken) -> ListPairAnswer:
        self.list_requests.append(request)
        wait_at(self.listed_gate, cancel)
        if request.whole:
            self.search_missing.discard(number_of(request.path.name))
        if self.listed_raises:
            raise self.listed_raises.pop(0)
        return ListPairAnswer(request.id, make_figures(self.make(request.caption), request.regions))

    def study(self, request: StudyRequest, progress: Progress, cancel: CancelToken) -> Iterator[StudyAnswer]:
        """Yield saved outcomes, then one for each pair and method; ``study_gates`` block some of them."""
        self.studies.append(request)
        if self.study_raises:
            raise self.study_raises.pop(0)
        pairs = (load_scenes() if request.pairs is None else request.pairs.pairs)[: request.count]
        keys = [(pair.id, method) for pair in pairs for method in request.methods]
        about = request.id, "demo", len(keys), request.folder / "study"
        saved = tuple(self.saved_outcomes[key] for key in keys if key in self.saved_outcomes)
        yield StudyAnswer(*about, saved, self.study_notes)
        for key in keys:
            if key not in self.saved_outcomes:
                wait_at(self.study_gates.get(key, _opened()), cancel)
                self.saved_outcomes[key] = self._outcome(*key, request.settings.metrics)
                yield StudyAnswer(*about, (self.saved_outcomes[key],))

    def _outcome(self, pair: str, method: str, metrics: tuple[str, ...]) -> Outcome:
        """Return figures that depend on the pair's number and the method's name."""
        if method in self.study_reasons:
            return Outcome(pair, pair, method, {}, {}, {}, dict.fromkeys(metrics, self.study_reasons[method]))
        value = int(pair.rpartition("-")[2]) / 10 + len(method) / 100
        curves = {key: Curve((0.0, 1.0), (1.0, 2 * value - 1)) for key in metrics if "etion" in key}
        return Outcome(pair, pair, method, {}, dict.fromkeys(metrics, (value,)), curves)

    def profile(self, request: ProfileRequest, progress: Progress, cancel: CancelToken) -> Iterator[ProfileRow]:
        """Yield rows; cached rows of the same caption cost nothing."""
        self.profile_requests.append(request)
        for layer in reversed(self._layers(request)):
            if (request.caption, request.side, layer) not in self.cached_rows:
                progress(Report(f"picture at layer {layer}", 2, 2))
                self.at_layer = layer
                wait_at(self.rows_gate[layer], cancel)
                if self.profile_raises:
                    raise self.profile_raises.pop(0)
                self.cached_rows.add((request.caption, request.side, layer))
            yield replace(profile_row(self.make(request.caption), request.side), layer=layer)

    def estimate_profile(self, request: ProfileRequest, progress: Progress, cancel: CancelToken) -> ProfileEstimate:
        self.estimate_requests.append(request)
        return ProfileEstimate(tuple((layer, 2.0) for layer in self._layers(request)), 300_000_000)

    def answer_pane(self, request: PaneRequest, progress: Progress, cancel: CancelToken) -> PaneAnswer:
        """Answer by a matrix, or by a map whose every value is the number of the target's letters."""
        self.threads.add(threading.get_ident())
        self.pane_requests.append(request)
        progress(Report("map", 5, 5))
        wait_at(self.pane_gates[request.method], cancel)
        if request.method in self.pane_raises:
            raise self.pane_raises[request.method]
        made = self.make(request.caption)
        about = {"model": request.choice.name, "weights_sha256": "0" * 64, "framing": request.framing, "device": "cpu"}
        method = all_methods()[request.method]
        fields = {"method": method.key, "options": method.default_options(), **about, "versions": {}}
        if method.order == "second":
            parts = made.interactions, made.caption, made.geometry, made.score
            return PaneAnswer(request.id, MatrixAnswer(*parts, **fields))
        content = made.interactions.content
        tokens = content.astype(np.float64) if "text" in method.sides else None
        maps = Maps(np.full(made.geometry.grid, float(len(request.target))), tokens, content)
        return PaneAnswer(request.id, MapAnswer(maps, made.caption, made.geometry, 0.25, request.target, fields))

    def answer_picture(self, request: PictureRequest, progress: Progress, cancel: CancelToken) -> Iterator[object]:
        """Answer from the factor that ``make_rows`` makes; parts are stripes of columns."""
        self.threads.add(threading.get_ident())
        self.picture_requests.append(request)
        progress(Report("picture", 1, 4))
        wait_at(self.picture_gate, cancel)
        if self.picture_raises:
            raise self.picture_raises.pop(0)
        if isinstance(request, TwoInputRequest):
            yield TwoInputAnswer(request.id, explain_fake_inputs(self.make, request))
            return
        geometry = self.make(request.question.caption).geometry
        rows = make_rows(geometry.grid)
        if isinstance(request, SimilarityRequest):
            kinds = {kind: similar_patches(rows, rows.sum(0), geometry.grid, kind) for kind in SIMILARITIES}
            yield SimilarityAnswer(request.id, kinds)
        elif isinstance(request, PartsRequest):
            weights = np.eye(request.count)[np.arange(len(rows)) % geometry.grid[1] * request.count // geometry.grid[1]]
            parts = make_parts(rows, rows.sum(0), geometry.grid, weights, request.method, request.count)
            yield PartsAnswer(request.id, parts)
            if request.vocabulary is not None:
                progress(Report("words", 1, 2))
                wait_at(self.names_gate, cancel)
                if self.names_raises:
                    raise self.names_raises.pop(0)
                name = Path(request.vocabulary).stem or "bundled"
                yield PartsAnswer(request.id, parts, tuple((NamedValue(name, 0.5),) for _ in parts.parts))

    def search(self, request: SearchRequest, progress: Progress, cancel: CancelToken) -> Iterator[SearchPart]:
        """Find the pictures, one in each part; the later in the list, the stronger is the heat, in one patch."""
        self.search_requests.append(request)
        progress(Report("caption", 1, 4))
        wait_at(self.search_gate, cancel)
        if self.search_raises:
            raise self.search_raises.pop(0)
        for done, picture in enumerate(request.pictures, 1):
            number = number_of(picture.picture)
            wait_at(self.search_gates.get(number, _opened()), cancel)
            exists = request.listed.path_of(picture.picture).exists()
            products = (self.multiply(picture),) if exists and number not in self.search_missing else ()
            failed = {} if exists else {picture.picture: f"There is no file {picture.picture}."}
            missing = () if products or failed else (picture.picture,)
            yield SearchPart(request.id, products, missing, failed, done)

    def multiply(self, picture: SearchedPicture) -> PictureProducts:
        """Return heat in the patch whose row is the number of the picture, as strong as that number."""
        geometry, number = self.make(picture.caption or "a dog").geometry, int(number_of(picture.picture))
        heat = np.zeros(geometry.grid)
        heat[number, 3] = number
        products = Products(heat, np.ones(geometry.grid), float(heat.sum()), 1 / max(number, 0.5))
        words = tuple(picture.caption.split()[-2:])
        return PictureProducts(picture.picture, products, geometry, heat > 0, words, 0.25, 1e-4)

    def hold_rows(self) -> None:
        """Block every row of a profile until ``rows_gate`` is opened for its layer."""
        for gate in self.rows_gate.values():
            gate.clear()

    def _layers(self, request: ProfileRequest) -> tuple[Layer, ...]:
        at = ("image", "text").index(request.side)
        return list_layers(self.layers[at], self.pools[at])


def number_of(picture: str) -> str:
    """Return the number in a name such as ``picture-3.png``."""
    return Path(picture).stem.rpartition("-")[2]


def make_rows(grid: tuple[int, int]) -> np.ndarray:
    """Return rows of a picture's factor, (patches, 8): those of the left half are alike, and those of the right."""
    random = np.random.default_rng(3)
    sides = random.normal(0, 1, (2, 8))
    left = np.arange(grid[0] * grid[1]) % grid[1] < grid[1] // 2
    return np.where(left[:, None], sides[0], sides[1]) + random.normal(0, 0.05, (grid[0] * grid[1], 8))


def _opened() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


def wait_at(gate: threading.Event, cancel: CancelToken) -> None:
    """Wait until a gate opens or the work is cancelled."""
    for _ in range(int(PATIENCE_S / 0.005)):
        cancel.check()
        if gate.wait(0.005):
            return
    raise AssertionError("the gate was never opened")
