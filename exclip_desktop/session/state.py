"""Observable state of a window."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.cost_estimates import CostEstimate, ProfileEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import Profile
from exclip_desktop.core.values.occlusion_scores import OcclusionScores
from exclip_desktop.core.values.settings import ExplainSettings, Framing
from exclip_desktop.session.pair.scene import Scene, Value, no_value
from exclip_desktop.session.worker.requests import Alternative, ModelChoice, ModelFacts


@dataclass(frozen=True, slots=True)
class Work:
    """Work in progress.

    Attributes:
        what: its description, as "Explaining the picture".
        done, total: its progress in any unit; ``total`` is 0 where it is unknown.
        idle: whether it only prepares for later requests.
        cost: its estimated cost; None where it is unknown or small.

    """

    what: str
    done: int = 0
    total: int = 0
    idle: bool = False
    cost: CostEstimate | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Use of the network for one model.

    Attributes:
        title: the model's.
        done, total: bytes; ``total`` is 0 where it is unknown.
        left_s: estimated seconds left; None where they are unknown.
        is_size_request: whether only the size of the download is requested.

    """

    title: str
    done: int = 0
    total: int = 0
    left_s: float | None = None
    is_size_request: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Text of the banner.

    Attributes:
        message: what happened.
        hint: what to do next.
        details: text to copy into a report.
        kind: whether it reports an error or is a note.
        offers_cpu: whether a button offers to use the CPU instead.
        file: the file that was written, or None; such a notice goes by itself after a while.

    """

    message: str
    hint: str = ""
    details: str = ""
    kind: Literal["error", "note"] = "error"
    offers_cpu: bool = False
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """How the explanation on screen was made: model, settings, seconds, and whether it came from the cache."""

    seconds: float = 0.0
    cached: bool = False
    choice: ModelChoice = field(default_factory=ModelChoice)
    explain_settings: ExplainSettings = field(default_factory=ExplainSettings)


@dataclass(frozen=True, slots=True)
class ProfileProgress:
    """A layer profile in progress.

    Attributes:
        profile: the rows so far; None before the first.
        running: whether more rows are computed now.
        stale: whether it belongs to a previous pair or method.
        forecast: the estimated cost of the rows that are missing; None where it is unknown.

    """

    profile: Profile | None = None
    running: bool = False
    stale: bool = False
    estimate: ProfileEstimate | None = None


class State(Scene):
    """State of a window: the scene on the canvas and everything around it.

    Attributes, in addition to those of a scene:
        caption: the caption as typed.
        explanation: the scene's ``answer``, which is always a second-order explanation here, or None.
        provenance: how that explanation was made.
        choice, explain_settings: the requested model and settings.
        facts: facts about the loaded model, or None.
        alternatives: other captions for the picture, with their scores.
        framings: the score of the pair on screen in each framing; empty until they are requested.
        occlusion: real scores with the selection occluded; None until they are requested.
        profile: the layer profile.
        work: the work in progress; ``notice``: the banner's text.
        transfer: the use of the network, or None while it is not used.

    """

    caption_changed = Signal()
    provenance_changed = Signal()
    choice_changed = Signal()
    explain_settings_changed = Signal()
    facts_changed = Signal()
    alternatives_changed = Signal()
    framings_changed = Signal()
    occlusion_changed = Signal()
    profile_changed = Signal()
    work_changed = Signal()
    transfer_changed = Signal()
    notice_changed = Signal()

    caption = Value(str)
    provenance = Value(Provenance)
    choice = Value(ModelChoice)
    explain_settings = Value(ExplainSettings)
    facts: Value[ModelFacts | None] = Value(no_value)
    alternatives: Value[tuple[Alternative, ...]] = Value(tuple)
    framings: Value[tuple[tuple[Framing, float], ...]] = Value(tuple)
    occlusion: Value[OcclusionScores | None] = Value(no_value)
    profile = Value(ProfileProgress)
    work: Value[Work | None] = Value(no_value)
    transfer: Value[Transfer | None] = Value(no_value)
    notice: Value[Notice | None] = Value(no_value)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._works: dict[object, Work] = {}

    @property
    def explanation(self) -> Explanation | None:
        """The explanation on screen."""
        return cast(Explanation | None, self.answer)

    @property
    def model_name(self) -> str:
        """Name of the model; of a folder, its last part."""
        name = self.choice.title if self.facts is None else self.facts.title
        return Path(name).name if Path(name).is_absolute() else name

    def put_work(self, source: object, work: Work | None) -> None:
        """Set the work of ``source`` (None: it has ended); show the first one that is not idle, else the first."""
        if work is None:
            self._works.pop(source, None)
        else:
            self._works[source] = work
        awaited = (other for other in self._works.values() if not other.idle)
        self.change(work=next(awaited, next(iter(self._works.values()), None)))

    def clear_work(self) -> None:
        """Forget all work in progress."""
        self._works.clear()
        self.change(work=None)
