"""Answers requests with a model and a cache of factors; imports torch. Only the worker imports this module."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from exclip_desktop.attribution.answer import answer_for_canvas
from exclip_desktop.attribution.compute_errors import convert_memory_errors, is_out_of_memory
from exclip_desktop.attribution.pair import make_pair
from exclip_desktop.attribution.second_order.explain import resolve_settings
from exclip_desktop.attribution.second_order.explain_layers import name_layer, profile_layers
from exclip_desktop.attribution.second_order.profile_estimate import estimate_profile
from exclip_desktop.attribution.second_order.stored_explain import (
    StoredPair,
    explain_stored,
    read_stored,
    store_picture_factor,
)
from exclip_desktop.attribution.second_order.unfinished import UnfinishedWork
from exclip_desktop.core.cache_keys import pixels_sha256
from exclip_desktop.core.errors import DeviceError, PictureError
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import ProfileRow
from exclip_desktop.core.values.pair_list import PairFigures, make_figures
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.core.values.study_errors import describe_unnamed_boxes
from exclip_desktop.evaluate.occlusion import score_occlusion
from exclip_desktop.evaluate.study_run import StudyTask, compute_outcomes, open_outcomes, study_folder
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import score_captions
from exclip_desktop.session.worker.answer_cache import AnswerPartCache, ExplanationCache
from exclip_desktop.session.worker.parts_engine import PartsEngine
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
from exclip_desktop.session.worker.search_engine import ListSearch
from exclip_desktop.session.worker.search_requests import SearchPart, SearchRequest
from exclip_desktop.session.worker.two_input_engine import answer_two_inputs
from exclip_desktop.session.worker.two_input_requests import TwoInputRequest
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import Picture, read_picture

T = TypeVar("T")
DEVICES = {"cpu": "the CPU", "cuda": "the NVIDIA GPU", "mps": "the Apple GPU"}


class ModelEngine:
    """Explains with one loaded model at a time; caches factors and explanations."""

    def __init__(self, cache: FactorCache, pairs: ExplanationCache, parts: AnswerPartCache | None = None) -> None:
        """Start without a model."""
        self._cache, self._pairs = cache, pairs
        self._parts = AnswerPartCache() if parts is None else parts
        self._loaded: tuple[ModelChoice, Model, str] | None = None
        self._unfinished, self._parts_engine = UnfinishedWork(), PartsEngine(cache)
        self._search = ListSearch(cache, self._unfinished)
        self._names: WeakKeyDictionary[Picture, str] = WeakKeyDictionary()

    def load(self, choice: ModelChoice, progress: Progress) -> ModelFacts:
        """Load the model if another one is loaded, and return facts about it.

        Raises:
            ModelError: it cannot be loaded.
            UserError: there is too little memory for it.
        """
        with convert_memory_errors():
            model, note = self._model(choice, progress)
        return ModelFacts(
            name=model.name,
            device=str(model.device),
            image_layers=model.image.layers,
            text_layers=model.text.layers,
            context=model.reader.context,
            note=note,
            image_pools=model.image.pools,
            text_pools=model.text.pools,
            framings=tuple(model.preprocess.framings()),
            embedding_size=model.image.embedding_size,
            weights=Path(choice.checkpoint).name if choice.checkpoint else choice.pretrained or "",
        )

    def explain(self, request: ExplainRequest, progress: Progress, cancel: CancelToken) -> ExplainAnswer:
        """Explain the request's pair: from the cache, else by the cheapest exact way."""
        started = time.perf_counter()
        with convert_memory_errors():
            question = self._read(request, progress)
            cached = self._is_cached(question)
            result = self._explained(question, progress, cancel)
        # Captions that differ in what the model does not read, such as capitals, share one entry.
        explanation = replace(result, caption=question.caption)
        return ExplainAnswer(request.id, explanation, time.perf_counter() - started, cached)

    def find(self, request: ExplainRequest) -> ExplainAnswer | None:
        """Return the stored answer to a request, or None; called in another thread, while this one computes.

        It needs tokens, keys and the store only: the network is not used.
        """
        started, loaded = time.perf_counter(), self._loaded
        if loaded is None or loaded[0] != request.choice:
            return None
        model, picture = loaded[1], request.picture
        settings = resolve_settings(model, request.explain_settings)
        question = self._question(model, settings, picture, model.reader.read(request.caption))
        if not model.knows_geometry(question.size, settings.layer("image"), settings.framing):
            return None
        keys = question.keys
        result = self._pairs.get((keys.image, keys.text)) or read_stored(self._cache, question)
        if result is None:
            return None
        self._pairs.put((keys.image, keys.text), result)
        explanation = replace(result, caption=question.caption)
        return ExplainAnswer(request.id, explanation, time.perf_counter() - started, True)

    def explain_list_pair(self, request: ListPairRequest, progress: Progress, cancel: CancelToken) -> ListPairAnswer:
        """Explain a pair of a list and return its figures; its factors are cached, so that it opens at once later."""
        picture = read_picture(request.path)
        question = ExplainRequest(request.id, request.choice, request.explain_settings, picture, request.caption)
        if request.whole:
            self.complete_picture(question, progress, cancel)
            if not request.caption.strip():
                return ListPairAnswer(request.id, PairFigures())
        explanation = self.explain(question, progress, cancel).explanation
        return ListPairAnswer(request.id, make_figures(explanation, request.regions))

    def complete_picture(self, request: ExplainRequest, progress: Progress, cancel: CancelToken) -> None:
        """Compute the picture's whole factor, so that another caption needs only its own factor."""
        with convert_memory_errors():
            question = self._read(request, progress)
            store_picture_factor(self._cache, question, progress, cancel, self._unfinished)

    def score(self, request: ScoreRequest, progress: Progress, cancel: CancelToken) -> ScoreAnswer:
        """Score the request's captions by cosine, and by softmax (or sigmoid) with the model's own scale."""
        with convert_memory_errors():
            model, _ = self._model(request.choice, progress)
            result = score_captions(model, request.picture.pixels, list(request.captions), request.framing)
        ranks = (-result.cosine).argsort(kind="stable").argsort(kind="stable")
        rows = zip(request.captions, result.cosine, result.probability, ranks, strict=True)
        return ScoreAnswer(request.id, tuple(Alternative(c, float(s), float(p), int(r) + 1) for c, s, p, r in rows))

    def score_occlusion(self, request: OcclusionRequest, progress: Progress, cancel: CancelToken) -> OcclusionAnswer:
        """Score the request's pair with its selection occluded."""
        with convert_memory_errors():
            model, _ = self._model(request.choice, progress)
            cancel.check()
            scores = score_occlusion(
                model, request.picture.pixels, request.explanation, request.selection, request.fill
            )
        return OcclusionAnswer(request.id, scores)

    def score_framings(self, request: FramingsRequest, progress: Progress, cancel: CancelToken) -> FramingsAnswer:
        """Score the request's pair in every framing that the model supports."""
        with convert_memory_errors():
            model, _ = self._model(request.choice, progress)
            scores = []
            for framing in model.preprocess.framings():
                cancel.check()
                with suppress(PictureError):  # too narrow for this framing
                    result = score_captions(model, request.picture.pixels, [request.caption], framing)
                    scores.append((framing, float(result.cosine[0])))
        return FramingsAnswer(request.id, tuple(scores))

    def answer_pane(self, request: PaneRequest, progress: Progress, cancel: CancelToken) -> PaneAnswer:
        """Answer by the request's method; cached parts cost nothing."""
        with convert_memory_errors():
            model, _ = self._model(request.choice, progress)
            named = self._name_of(request.picture), request.caption, request.framing, request.method
            key = model.fingerprint, str(model.dtype), *named

            def cached(part: str, make: Callable[[], T]) -> T:
                cancel.check()
                result: T | None = self._parts.get((*key, part))
                if result is None:
                    result = make()
                    self._parts.put((*key, part), result)
                return result

            pair = make_pair(
                model,
                request.picture.pixels,
                request.caption,
                target=request.target or None,  # one matrix serves all words and names none
                settings=ExplainSettings(framing=request.framing),
                progress=progress,
                cancel=cancel,
            )
            result = answer_for_canvas(pair, request.method, cached)
        return PaneAnswer(request.id, result)

    def study(self, request: StudyRequest, progress: Progress, cancel: CancelToken) -> Iterator[StudyAnswer]:
        """Evaluate methods over pairs; every outcome is saved at once, in the study's own folder."""
        with convert_memory_errors():
            model, _ = self._model(request.choice, progress)
        options: dict[str, dict[str, str]] = {method: {} for method in request.methods}
        question = StudyTask(request.pairs, options, request.settings, request.count)
        folder, pairs = (
            study_folder(model, question, request.folder),
            {pair.id for pair in question.unread_pairs()[: request.count]},
        )
        saved = open_outcomes(model, question, folder)
        saved_outcomes = tuple(one for one in saved if one.pair in pairs and one.method in options)
        about = request.id, model.name, len(pairs) * len(options), folder
        note = ""
        if request.settings.needs("place"):
            note = describe_unnamed_boxes(question.evaluated_pairs(), model.reader.read)
        yield StudyAnswer(*about, saved_outcomes, (note,) if note else ())
        for outcome in compute_outcomes(model, question, saved, folder, progress, cancel, store=self._cache):
            yield StudyAnswer(*about, (outcome,))

    def profile(self, request: ProfileRequest, progress: Progress, cancel: CancelToken) -> Iterator[ProfileRow]:
        """Profile the request's pair; cached rows cost nothing, and computed ones are cached."""
        with convert_memory_errors():
            question, side = self._read(request, progress), request.side

            def explain(settings: ExplainSettings) -> Explanation:
                cancel.check()
                report_layer = name_layer(progress, settings.layer(side))
                # The picture's whole factor serves every layer of the caption.
                return self._explained(replace(question, settings=settings), report_layer, cancel, whole=side == "text")

            yield from profile_layers(question.model, question.settings, side, explain)

    def estimate_profile(self, request: ProfileRequest, progress: Progress, cancel: CancelToken) -> ProfileEstimate:
        """Estimate the cost of a profile."""
        with convert_memory_errors():
            question, side = self._read(request, progress), request.side
            at = {
                layer: replace(question, settings=question.settings.at_layer(side, layer))
                for layer in question.model.layers(side)
            }
            return estimate_profile(
                question.model,
                question.pixels,
                question.caption,
                question.settings,
                side,
                known=[layer for layer, question in at.items() if self._is_cached(question)],
                picture_known=self._cache.get(question.keys.image) is not None,
                cancel=cancel,
            )

    def search(self, request: SearchRequest, progress: Progress, cancel: CancelToken) -> Iterator[SearchPart]:
        """Search the pictures of a list by their stored factors."""
        with convert_memory_errors():
            model, _ = self._model(request.choice, progress)
            settings = resolve_settings(model, request.explain_settings)
            yield from self._search.search(model, settings, request, progress, cancel)

    def answer_picture(self, request: PictureRequest, progress: Progress, cancel: CancelToken) -> Iterator[object]:
        """Answer a request about one picture with itself, from its whole factor, or about two inputs."""
        with convert_memory_errors():
            if isinstance(request, TwoInputRequest):
                model, _ = self._model(request.choice, progress)
                yield answer_two_inputs(request, model, self._cache, self._unfinished, progress, cancel)
                return
            question = self._read(request.question, progress)
            factor = store_picture_factor(self._cache, question, progress, cancel, self._unfinished)
            yield from self._parts_engine.answer(request, question, factor, progress, cancel)

    def _model(self, choice: ModelChoice, progress: Progress) -> tuple[Model, str]:
        if self._loaded is None or self._loaded[0] != choice:
            progress(Report(f"Opening {choice.title}", 0, 0))
            self._loaded = None  # the previous model leaves memory first, with what it has half computed
            self._unfinished.clear()
            self._loaded = (choice, *_load(choice))
        return self._loaded[1:]

    def _read(self, request: ExplainRequest | ProfileRequest, progress: Progress) -> StoredPair:
        model, _ = self._model(request.choice, progress)
        settings = resolve_settings(model, request.explain_settings)
        return self._question(model, settings, request.picture, model.reader.read(request.caption))

    def _question(self, model: Model, settings: ExplainSettings, picture: Picture, caption: Caption) -> StoredPair:
        return StoredPair(model, settings, picture.pixels, caption, self._name_of(picture))

    def _name_of(self, picture: Picture) -> str:
        """Return the picture's SHA-256, remembered while the picture is in memory: every caption needs it."""
        if picture not in self._names:
            self._names[picture] = pixels_sha256(picture.pixels)
        return self._names[picture]

    def _is_cached(self, question: StoredPair) -> bool:
        """Return whether the answer needs no model."""
        keys = question.keys
        if self._pairs.get((keys.image, keys.text)) is not None or self._cache.has_explanation(keys.pair):
            return True
        return all(self._cache.get(key) is not None for key in (keys.text, keys.image))

    def _explained(
        self, question: StoredPair, progress: Progress, cancel: CancelToken, *, whole: bool = False
    ) -> Explanation:
        """Explain the question; ``whole``: by the picture's whole factor, even if this pair alone is cheaper."""
        key = question.keys.image, question.keys.text
        result = self._pairs.get(key) or explain_stored(
            self._cache, question, progress, cancel, whole=whole, unfinished=self._unfinished
        )
        self._pairs.put(key, result)
        return result


def _load(choice: ModelChoice) -> tuple[Model, str]:
    """Load the model; if its device cannot be used, on the best available one, with a note."""
    load: Callable[[str | None], Model] = lambda device: load_model(  # noqa: E731  used twice, right here
        choice.name,
        pretrained=choice.pretrained,
        checkpoint=choice.checkpoint,
        preprocess=choice.preprocess,
        device=device,
    )
    other: str | None = None
    try:
        model = load(choice.device)
        return model, " ".join(model.notes)
    except DeviceError as error:
        if choice.device is None:
            raise
        why = error.message
    except (RuntimeError, MemoryError) as error:
        if choice.device == "cpu" or not is_out_of_memory(error):
            raise
        why, other = "The accelerator has too little memory for this model.", "cpu"
    model = load(other)  # here, where the error no longer holds the memory of the first attempt
    note = f"{why} The model runs on {DEVICES.get(model.device.type, model.device.type)}."
    return model, " ".join((note, *model.notes))
