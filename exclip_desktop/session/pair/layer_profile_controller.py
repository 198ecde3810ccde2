"""The layer profile of the pair on screen: requested, filled in row by row, marked when it is stale."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject

from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings
from exclip_desktop.core.values.layer_profile import Profile, profile_row
from exclip_desktop.core.values.settings import Layer, Side, list_layers
from exclip_desktop.session.notices import make_failure_notice
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.state import ProfileProgress, State, Work
from exclip_desktop.session.worker.requests import (
    EstimateAnswer,
    EstimateRequest,
    Failure,
    ProfileAnswer,
    ProfileRequest,
)
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.pictures import Picture

WORKING = "Profiling the layers"
PARTS = 1000  # steps of the progress bar


@dataclass(frozen=True, slots=True)
class _Subject:
    """Everything on screen that determines a profile: all but the layer of its own side."""

    picture: Picture
    caption: str
    settings: ResolvedSettings

    def is_same(self, other: "_Subject | None") -> bool:
        """Return whether both are the same pair and method."""
        if other is None or self.picture is not other.picture:
            return False
        return (self.caption, self.settings) == (other.caption, other.settings)


class LayerProfileController(QObject):
    """Requests a profile from the worker, and collects its rows.

    A new explanation has priority and interrupts a profile; if it is of the same pair and method, for example another
    layer of the same side, the profile is resumed afterwards. Computed rows are kept, and cost nothing then.
    """

    def __init__(
        self, state: State, worker: Worker, explain_controller: ExplainController, parent: QObject | None = None
    ) -> None:
        """Follow ``state``, and send requests to ``worker``; ``explain_controller`` handles the choice of a layer."""
        super().__init__(parent)
        self._state, self._worker, self._explain_controller = state, worker, explain_controller
        self._subject: _Subject | None = None  # of the profile on screen
        self._request: ProfileRequest | None = None  # whose rows are awaited
        self._waiting = False  # interrupted by an explanation
        self._reached = 0
        self._last_id = 0
        worker.profile_answered.connect(self._on_profiled)
        worker.estimated.connect(self._on_estimated)
        worker.failed.connect(self._on_failed)
        worker.progress_reported.connect(self._on_progress_reported)
        state.stale_changed.connect(self._follow)
        state.answer_changed.connect(self._follow)

    def view_side(self, side: Side) -> None:
        """Show the known rows of ``side``, and estimate the cost of the others; a complete profile stays."""
        state, profile = self._state, self._state.profile.profile
        if not self._can_profile:
            return
        if profile is None or profile.side != side or len(profile.rows) <= 1:
            self._subject = self._subject_now(side)
            state.change(profile=ProfileProgress(self._start_profile(side)))
        elif profile.complete and not state.profile.stale:
            return
        self._worker.submit(EstimateRequest(self._make_request(side)))

    def request_profile(self, side: Side) -> None:
        """Profile ``side`` of the pair on screen, or resume its profile."""
        if not self._can_profile:
            return
        canvas_picture, subject = self._state.profile, self._subject_now(side)
        profile = canvas_picture.profile
        if profile is None or profile.side != side or not subject.is_same(self._subject):
            profile = self._start_profile(side)
        self._subject, self._reached, self._request = subject, 0, self._make_request(side)
        self._state.change(profile=replace(canvas_picture, profile=profile, running=True, stale=False))
        self._state.put_work(self, Work(WORKING, 0, PARTS))
        self._worker.submit(self._request)

    def cancel(self) -> None:
        """Stop; the computed rows stay."""
        self._waiting = False
        self._end()

    def choose(self, side: Side, layer: Layer) -> None:
        """Explain at another layer of ``side``."""
        chosen = self._state.explain_settings.at_layer(side, layer)
        self._explain_controller.choose_settings(chosen, self._state.choice.device)

    @property
    def _can_profile(self) -> bool:
        """Whether the pair on screen can be profiled, and is not being profiled."""
        return self._state.explanation is not None and not self._state.stale and self._request is None

    def _make_request(self, side: Side) -> ProfileRequest:
        provenance, canvas_picture, explanation = self._state.provenance, self._state.canvas_picture, self._explanation
        assert canvas_picture is not None
        self._last_id += 1
        settings = provenance.explain_settings.at_layer(side, None)
        return ProfileRequest(
            self._last_id, provenance.choice, settings, canvas_picture.picture, explanation.caption.text, side
        )

    def _subject_now(self, side: Side) -> _Subject:
        explanation, canvas_picture = self._explanation, self._state.canvas_picture
        assert canvas_picture is not None
        settings = explanation.settings
        blank = replace(settings, image_layer=0) if side == "image" else replace(settings, text_layer=0)
        return _Subject(canvas_picture.picture, explanation.caption.text, blank)

    @property
    def _explanation(self) -> Explanation:
        explanation = self._state.explanation
        assert explanation is not None
        return explanation

    def _start_profile(self, side: Side) -> Profile:
        """Return a profile whose only row is the explanation on screen."""
        facts = self._state.facts
        row = profile_row(self._explanation, side)
        if facts is None:
            return Profile(side, (row.layer,)).with_row(row)
        image = side == "image"
        layers = list_layers(
            *((facts.image_layers, facts.image_pools) if image else (facts.text_layers, facts.text_pools))
        )
        return Profile(side, layers).with_row(row)

    def _follow(self) -> None:
        """Pause for an explanation; then resume, or mark the profile as stale. Another picture's is forgotten."""
        state, profile = self._state, self._state.profile.profile
        if state.explanation is None:
            self._last_id += 1
            self.cancel()
            self._subject = None
            state.change(profile=ProfileProgress())
            return
        if state.stale:
            self._waiting = self._waiting or self._request is not None
            self._last_id += 1  # an estimate on its way belongs to the previous pair
            self._end()
            return
        waited, self._waiting = self._waiting, False
        if profile is None:
            return
        same = self._subject_now(profile.side).is_same(self._subject)
        state.change(profile=replace(state.profile, stale=not same, estimate=state.profile.estimate if same else None))
        if waited and same and not profile.complete:
            self.request_profile(profile.side)

    def _end(self) -> None:
        self._request = None
        self._state.put_work(self, None)
        self._state.change(profile=replace(self._state.profile, running=False))

    def _on_profiled(self, answer: ProfileAnswer) -> None:
        if self._request is None or answer.id != self._request.id:
            return
        profile = self._state.profile.profile
        if answer.row is None:
            self._end()
        elif profile is not None:
            self._state.change(profile=replace(self._state.profile, profile=profile.with_row(answer.row)))
            self._show_reached(0.0)

    def _on_estimated(self, answer: EstimateAnswer) -> None:
        if answer.id == self._last_id:
            self._state.change(profile=replace(self._state.profile, estimate=answer.estimate))

    def _on_failed(self, failure: Failure) -> None:
        if self._request is not None and failure.request is self._request:
            self._end()
            self._state.change(notice=make_failure_notice(failure, self._state.facts))

    def _on_progress_reported(self, report: Report) -> None:
        if self._request is not None and report.total:
            self._show_reached(report.done / report.total)

    def _show_reached(self, of_layer: float) -> None:
        self._reached = max(self._reached, round(PARTS * _completed_share(self._state.profile, of_layer)))
        self._state.put_work(self, Work(WORKING, self._reached, PARTS))


def _completed_share(canvas_picture: ProfileProgress, of_layer: float) -> float:
    """Return the completed fraction of a profile, 0 to 1; layers are weighted by their estimated seconds, if known."""
    profile = canvas_picture.profile
    assert profile is not None
    estimated = dict(canvas_picture.estimate.seconds) if canvas_picture.estimate is not None else {}
    weights = {layer: max(estimated.get(layer, 1.0), 1e-3) for layer in profile.layers}
    open_ones = [layer for layer in profile.layers if profile.row(layer) is None]
    whole = sum(weights.values())
    left = sum(weights[layer] for layer in open_ones)
    current = weights[open_ones[-1]] * of_layer if open_ones else 0.0
    return (whole - left + current) / whole
