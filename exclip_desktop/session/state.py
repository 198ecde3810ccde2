"""What the window shows, kept in one place; whoever shows it is told what changed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.cost_estimates import CostEstimate, ProfileEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.layer_profile import Profile
from exclip_desktop.core.values.occlusion_scores import Measured
from exclip_desktop.core.values.settings import ExplainSettings, Framing
from exclip_desktop.session.pair.scene import Scene, SceneValues
from exclip_desktop.session.worker.requests import Alternative, ModelChoice, ModelFacts


@dataclass(frozen=True, slots=True)
class Work:
    """What runs now: in words, done of total (total 0: unknown), whether nobody waits for it, and what it costs in all.

    ``cost`` is None where it is not known, or little.
    """

    what: str
    done: int = 0
    total: int = 0
    idle: bool = False
    cost: CostEstimate | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """What uses the network: a model's title, bytes done of total (0: unknown), seconds left (None: unknown).

    ``asking``: only its size is asked for.
    """

    title: str
    done: int = 0
    total: int = 0
    left_s: float | None = None
    asking: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """The one banner: what happened, what to do next, and details to copy; ``kind`` is ``trouble`` or ``note``.

    ``offers_cpu`` says that a button can ask the CPU instead.
    """

    message: str
    hint: str = ""
    details: str = ""
    kind: Literal["trouble", "note"] = "trouble"
    offers_cpu: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """How the explanation on screen came about: seconds, whether it came from the cache, by which model, and how."""

    seconds: float = 0.0
    cached: bool = False
    choice: ModelChoice = field(default_factory=ModelChoice)
    explain_settings: ExplainSettings = field(default_factory=ExplainSettings)


@dataclass(frozen=True, slots=True)
class ProfileProgress:
    """The layer profile: its rows so far, whether it runs, whether it is of before, and what the rest is to cost."""

    profile: Profile | None = None
    running: bool = False
    stale: bool = False
    estimate: ProfileEstimate | None = None


@dataclass(slots=True)
class _Values(SceneValues):
    caption: str = ""
    answer: Explanation | None = None
    provenance: Provenance = field(default_factory=Provenance)
    choice: ModelChoice = field(default_factory=ModelChoice)
    explain_settings: ExplainSettings = field(default_factory=ExplainSettings)
    facts: ModelFacts | None = None
    alternatives: tuple[Alternative, ...] = ()
    framings: tuple[tuple[Framing, float], ...] = ()
    occlusion: Measured | None = None
    profile: ProfileProgress = field(default_factory=ProfileProgress)
    work: Work | None = None
    transfer: Transfer | None = None
    notice: Notice | None = None


class State(Scene):
    """The application's state: the scene on the canvas, and all around it.

    Attributes, beside those of a scene:
        caption: the caption as typed.
        explanation: the scene's ``answer``, which is always a second-order explanation here, or None.
        provenance: how that explanation was made.
        choice, explain_settings: the requested model and settings; ``facts``: what the loaded model is, or None.
        alternatives: other captions for the picture, with their scores.
        framings: what the pair on screen scores in each framing; empty: not yet asked for.
        measured: real scores with the selection on screen taken away; None: not yet asked for.
        profile: the layer profile.
        work, notice: what runs now, and the banner.
        transfer: what uses the network, or None: the network is off.

    """

    _values: _Values
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

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._works: dict[object, Work] = {}

    def _first_values(self) -> _Values:
        return _Values()

    def put_work(self, source: object, work: Work | None) -> None:
        """Take in what ``source`` does now (None: nothing), and show the foremost: waited for, and the first begun."""
        if work is None:
            self._works.pop(source, None)
        else:
            self._works[source] = work
        waited_for = (shown for shown in self._works.values() if not shown.idle)
        self.change(work=next(waited_for, next(iter(self._works.values()), None)))

    def clear_work(self) -> None:
        """Show that nothing runs."""
        self._works.clear()
        self.change(work=None)

    @property
    def caption(self) -> str:
        """The caption as typed."""
        return self._values.caption

    @property
    def explanation(self) -> Explanation | None:
        """The explanation on screen."""
        return self._values.answer

    @property
    def provenance(self) -> Provenance:
        """How the explanation came about."""
        return self._values.provenance

    @property
    def choice(self) -> ModelChoice:
        """The model asked for."""
        return self._values.choice

    @property
    def explain_settings(self) -> ExplainSettings:
        """The method's settings asked for."""
        return self._values.explain_settings

    @property
    def facts(self) -> ModelFacts | None:
        """What the loaded model is."""
        return self._values.facts

    @property
    def model_name(self) -> str:
        """What the model is called; of a folder, its last part."""
        name = self.choice.title if self.facts is None else self.facts.name
        return Path(name).name if Path(name).is_absolute() else name

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Other captions with their scores."""
        return self._values.alternatives

    @property
    def framings(self) -> tuple[tuple[Framing, float], ...]:
        """What the pair on screen scores in each framing."""
        return self._values.framings

    @property
    def profile(self) -> ProfileProgress:
        """The layer profile."""
        return self._values.profile

    @property
    def occlusion(self) -> Measured | None:
        """Real scores with the selection taken away."""
        return self._values.occlusion

    @property
    def work(self) -> Work | None:
        """What runs now."""
        return self._values.work

    @property
    def transfer(self) -> Transfer | None:
        """What uses the network."""
        return self._values.transfer

    @property
    def notice(self) -> Notice | None:
        """The banner."""
        return self._values.notice
