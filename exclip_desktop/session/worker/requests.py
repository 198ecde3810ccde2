"""Frozen values that cross the border to the worker and back."""

from dataclasses import dataclass, replace
from pathlib import Path

from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import ProfileRow
from exclip_desktop.core.values.occlusion_scores import OcclusionScores
from exclip_desktop.core.values.pair_figures import PairFigures
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.core.values.settings import FRAMINGS, ExplainSettings, Framing, Layer, Side, has_layer
from exclip_desktop.core.values.study import Outcome, StudySettings
from exclip_desktop.storage.pictures import Picture


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model: the arguments of ``load_model``; an empty name: recognised from the checkpoint's shapes."""

    name: str = "demo"
    pretrained: str | None = None
    checkpoint: str | None = None
    preprocess: str | None = None
    device: str | None = None

    @property
    def title(self) -> str:
        """What it is called before it is loaded, as ``ViT-B-32 (openai)``."""
        name = Path(self.checkpoint).name if self.checkpoint else self.name
        return f"{name} ({self.pretrained})" if self.pretrained else name


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a loaded model is.

    Attributes:
        name, device: what it is called, and where it runs.
        image_layers, text_layers: blocks of each side.
        context: tokens that it reads at most.
        note: what was said at loading.
        image_pools, text_pools: whether each side has a layer ``pool``.
        framings: how its pictures may be framed.

    """

    name: str
    device: str
    image_layers: int
    text_layers: int
    context: int
    note: str = ""
    image_pools: bool = False
    text_pools: bool = False
    framings: tuple[Framing, ...] = tuple(FRAMINGS)

    def fitted(self, settings: ExplainSettings) -> ExplainSettings:
        """Return ``settings`` with the model's own choice in place of each layer and framing that it does not have."""
        return replace(
            settings,
            image_layer=_layer_of(settings.image_layer, self.image_layers, self.image_pools),
            text_layer=_layer_of(settings.text_layer, self.text_layers, self.text_pools),
            framing=settings.framing if settings.framing in self.framings else "model",
        )


def _layer_of(layer: Layer | None, blocks: int, pools: bool) -> Layer | None:
    return layer if layer is not None and has_layer(layer, blocks, pools) else None


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """Explain a picture and a caption by a model."""

    id: int
    choice: ModelChoice
    explain_settings: ExplainSettings
    picture: Picture
    caption: str


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Score captions for a picture; ``id`` is of its own count."""

    id: int
    choice: ModelChoice
    picture: Picture
    captions: tuple[str, ...]
    framing: Framing = "model"


@dataclass(frozen=True, slots=True)
class FramingsRequest:
    """Score a picture and a caption in every framing; ``id`` is of its own count."""

    id: int
    choice: ModelChoice
    picture: Picture
    caption: str


@dataclass(frozen=True, slots=True)
class SecondModelRequest:
    """Explain by another model, beside the first; None: that model is wanted no more."""

    question: ExplainRequest | None


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """Profile the layers of one ``side`` of a pair; its own layer in ``how`` has no say. ``id`` is of its own count."""

    id: int
    choice: ModelChoice
    explain_settings: ExplainSettings
    picture: Picture
    caption: str
    side: Side


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """Foretell what a profile is going to cost."""

    profile: ProfileRequest

    @property
    def id(self) -> int:
        """The profile's."""
        return self.profile.id

    @property
    def choice(self) -> ModelChoice:
        """The profile's."""
        return self.profile.choice


@dataclass(frozen=True, slots=True)
class OcclusionRequest:
    """Score a pair with a selection taken away, filled with ``fill``; ``id`` is of its own count."""

    id: int
    choice: ModelChoice
    picture: Picture
    explanation: Explanation
    selection: Selection
    fill: str


@dataclass(frozen=True, slots=True)
class PaneRequest:
    """Answer by another method, for a pane of the compare view; ``id`` is of its own count.

    Attributes:
        method: a key of ``core.method_registry.all_methods()``.
        target: the words that a method of the first order compares the picture with.
        beside: whether the model beside is asked; ``choice`` is which one that is.

    """

    id: int
    choice: ModelChoice
    framing: Framing
    picture: Picture
    caption: str
    method: str
    target: str
    of_second_model: bool = False


@dataclass(frozen=True, slots=True)
class ListPairRequest:
    """Explain a pair of a list, for its figures; ``id`` is of its own count."""

    id: int
    choice: ModelChoice
    explain_settings: ExplainSettings
    path: Path
    caption: str
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """Measure methods over pairs; what is done is kept, and not done again. ``id`` is of its own count.

    Attributes:
        pairs: None: the bundled scenes; ``count``: only the first so many of them.
        methods: keys of ``core.values.study.study_methods()``.
        folder: holds a folder for every study.

    """

    id: int
    choice: ModelChoice
    pairs: PairList | None
    count: int
    methods: tuple[str, ...]
    settings: StudySettings
    folder: Path


OwnRequest = ExplainRequest | ScoreRequest | FramingsRequest | OcclusionRequest | ProfileRequest | EstimateRequest
"""What is asked of the first model."""

Request = OwnRequest | SecondModelRequest | PaneRequest | ListPairRequest | StudyRequest


@dataclass(frozen=True, slots=True)
class ExplainAnswer:
    """The answer to an ``ExplainRequest``: seconds it took; whether no model had to run."""

    id: int
    explanation: Explanation
    seconds: float
    cached: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """A caption for the picture; ``score`` is a cosine, ``share`` the softmax with the model's scale; None: not yet."""

    caption: str
    score: float | None = None
    share: float | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreAnswer:
    """The answer to a ``ScoreRequest``, in the order of its captions."""

    id: int
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class FramingsAnswer:
    """The answer to a ``FramingsRequest``: each framing that the model takes, and its cosine."""

    id: int
    scores: tuple[tuple[Framing, float], ...]


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """A row that is done of a ``ProfileRequest``; None: all are."""

    id: int
    row: ProfileRow | None


@dataclass(frozen=True, slots=True)
class EstimateAnswer:
    """The answer to a ``EstimateRequest``."""

    id: int
    estimate: ProfileEstimate


@dataclass(frozen=True, slots=True)
class OcclusionAnswer:
    """The answer to a ``OcclusionRequest``."""

    id: int
    measured: OcclusionScores


@dataclass(frozen=True, slots=True)
class PaneAnswer:
    """The answer to a ``PaneRequest``."""

    id: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class ListPairAnswer:
    """The answer to a ``ListPairRequest``."""

    id: int
    figures: PairFigures


@dataclass(frozen=True, slots=True)
class StudyAnswer:
    """Outcomes for a ``StudyRequest``: at first those that are kept, maybe none, then one by one.

    ``model`` is the model's name, ``total`` how many there will be, ``folder`` where they are kept.
    """

    id: int
    model: str
    total: int
    folder: Path
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that came to nothing: what happened, what to do, and details. Cancelling is not failing.

    ``of_pair`` says that picture or caption are to blame, whatever model and settings they meet; ``of_memory``, that
    there was too little.
    """

    request: Request
    message: str
    hint: str = ""
    details: str = ""
    of_pair: bool = False
    of_memory: bool = False
