"""Frozen requests to the worker and their answers.

The ``id`` of a request is counted by its sender; the answer carries it back.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.cost_estimates import ProfileEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import ProfileRow
from exclip_desktop.core.values.occlusion_scores import OcclusionScores
from exclip_desktop.core.values.pair_list import PairFigures, PairList
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.core.values.settings import FRAMINGS, ExplainSettings, Framing, Layer, Side, has_layer
from exclip_desktop.core.values.study import Outcome, StudySettings
from exclip_desktop.storage.pictures import Picture


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The arguments of ``load_model``; an empty name is recognised from the shapes in the checkpoint."""

    name: str = "demo"
    pretrained: str | None = None
    checkpoint: str | None = None
    preprocess: str | None = None
    device: str | None = None

    @property
    def title(self) -> str:
        """Title before the model is loaded, as ``ViT-B-32 (openai)``."""
        name = Path(self.checkpoint).name if self.checkpoint else self.name
        return f"{name} ({self.pretrained})" if self.pretrained else name


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Facts about a loaded model.

    Attributes:
        name, device: its name, and the device that it runs on.
        weights: the tag or the file of its weights; empty where the name says which weights it has.
        image_layers, text_layers: number of blocks of each tower.
        context: maximum number of tokens.
        note: a note made while it was loaded.
        image_pools, text_pools: whether each tower has a layer ``pool``.
        framings: the framings that it supports.
        embedding_size: number of dimensions of the embedding; 0: not known.
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
    weights: str = ""
    embedding_size: int = 0

    @property
    def title(self) -> str:
        """What is loaded, as ``ViT-B-32 (openai)`` or ``ViT-B-32 (weights.pt)``; of a folder, its last part."""
        name = Path(self.name).name if Path(self.name).is_absolute() else self.name
        return f"{name} ({self.weights})" if self.weights and self.weights not in name else name

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
class AheadRequest:
    """Work ahead: explain a pair before a person shows it, or complete the picture on screen for other captions.

    Attributes:
        question: the pair; its id is not used.
        completes: whether the picture's whole factor is computed, instead of an explanation.
        title: of the work, on screen.
    """

    question: ExplainRequest
    completes: bool = False
    title: str = ""

    def is_same(self, other: "AheadRequest") -> bool:
        """Return whether both requests have the same result."""
        one, two = self.question, other.question
        same = one.picture is two.picture and (one.choice, one.explain_settings) == (two.choice, two.explain_settings)
        return same and self.completes == other.completes and (self.completes or one.caption == two.caption)


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """A request about one picture with itself, of the pair in ``question``; each kind is a class of its own.

    Requests about two inputs are of these kinds, too: their first input is of that pair.
    """

    question: ExplainRequest

    @property
    def id(self) -> int:
        """Id of the question."""
        return self.question.id

    @property
    def choice(self) -> ModelChoice:
        """Model of the question."""
        return self.question.choice


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Score captions for a picture."""

    id: int
    choice: ModelChoice
    picture: Picture
    captions: tuple[str, ...]
    framing: Framing = "model"


@dataclass(frozen=True, slots=True)
class FramingsRequest:
    """Score a picture and a caption in every framing."""

    id: int
    choice: ModelChoice
    picture: Picture
    caption: str


@dataclass(frozen=True, slots=True)
class SecondModelRequest:
    """Explain by a second model; None: release that model."""

    question: ExplainRequest | None


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """Profile the layers of one ``side`` of a pair; the layer of that side in the settings is ignored."""

    id: int
    choice: ModelChoice
    explain_settings: ExplainSettings
    picture: Picture
    caption: str
    side: Side


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """Estimate the cost of a profile."""

    profile: ProfileRequest

    @property
    def id(self) -> int:
        """Id of the profile's request."""
        return self.profile.id

    @property
    def choice(self) -> ModelChoice:
        """Model of the profile's request."""
        return self.profile.choice


@dataclass(frozen=True, slots=True)
class OcclusionRequest:
    """Score a pair with a selection occluded by ``fill``."""

    id: int
    choice: ModelChoice
    picture: Picture
    explanation: Explanation
    selection: Selection
    fill: str


@dataclass(frozen=True, slots=True)
class PaneRequest:
    """Answer by another method, for a pane of the compare view.

    Attributes:
        method: a key of ``core.method_registry.all_methods()``.
        target: the words that a first-order method compares the picture with.
        of_second_model: whether the second model answers; ``choice`` names it.
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
    """Explain a pair of a list, for its figures.

    ``whole``: by the picture's whole factor, which a search reads; then the caption may be empty.
    """

    id: int
    choice: ModelChoice
    explain_settings: ExplainSettings
    path: Path
    caption: str
    regions: tuple[Region, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ListRequest:
    """A request about all pictures of a list, which is answered in parts; each kind is a class of its own."""

    id: int
    choice: ModelChoice
    explain_settings: ExplainSettings


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """Evaluate methods over pairs; outcomes are saved, and not computed again.

    Attributes:
        pairs: None: the bundled scenes; ``count``: only the first so many of them.
        methods: keys of ``core.values.study.study_methods()``.
        folder: contains one folder for each study.
    """

    id: int
    choice: ModelChoice
    pairs: PairList | None
    count: int
    methods: tuple[str, ...]
    settings: StudySettings
    folder: Path


OwnRequest = (
    ExplainRequest
    | ScoreRequest
    | FramingsRequest
    | OcclusionRequest
    | ProfileRequest
    | EstimateRequest
    | PictureRequest
    | ListRequest
)
"""Requests to the first model."""

Request = OwnRequest | SecondModelRequest | PaneRequest | ListPairRequest | StudyRequest | AheadRequest


@dataclass(frozen=True, slots=True)
class ExplainAnswer:
    """Answer to an ``ExplainRequest``: seconds that it took, and whether no model had to run."""

    id: int
    explanation: Explanation
    seconds: float
    cached: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """A caption for the picture. ``score`` is a cosine, ``share`` the softmax with the model's scale; None: pending."""

    caption: str
    score: float | None = None
    share: float | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreAnswer:
    """Answer to a ``ScoreRequest``, in the order of its captions."""

    id: int
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class FramingsAnswer:
    """Answer to a ``FramingsRequest``: each supported framing and its cosine."""

    id: int
    scores: tuple[tuple[Framing, float], ...]


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """One row of a ``ProfileRequest``; None: all rows are done."""

    id: int
    row: ProfileRow | None


@dataclass(frozen=True, slots=True)
class EstimateAnswer:
    """Answer to an ``EstimateRequest``."""

    id: int
    estimate: ProfileEstimate


@dataclass(frozen=True, slots=True)
class OcclusionAnswer:
    """Answer to an ``OcclusionRequest``."""

    id: int
    measured: OcclusionScores


@dataclass(frozen=True, slots=True)
class PaneAnswer:
    """Answer to a ``PaneRequest``."""

    id: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class ListPairAnswer:
    """Answer to a ``ListPairRequest``."""

    id: int
    figures: PairFigures


@dataclass(frozen=True, slots=True)
class StudyAnswer:
    """Outcomes of a ``StudyRequest``: first the saved ones, which may be none, then one by one.

    ``model`` is the model's name, ``total`` the number of outcomes, ``folder`` where they are saved;
    ``notes`` of the first answer: sentences on parts of the list that are left out.
    """

    id: int
    model: str
    total: int
    folder: Path
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed, with message, hint and details. A cancelled request does not fail.

    ``of_pair``: picture or caption are the cause, whatever the model and the settings.
    ``of_memory``: there was too little memory.
    """

    request: Request
    message: str
    hint: str = ""
    details: str = ""
    of_pair: bool = False
    of_memory: bool = False

    @property
    def sentence(self) -> str:
        """What happened and what to do next, on one line."""
        return f"{self.message} {self.hint}".strip()
