"""What the banner says of a loaded model and of an answer, and when it has been said often enough."""

from typing import Final

from exclip_desktop.core.doubts import doubts_of, unseen_told
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.core.steps import OWN_STEPS
from exclip_desktop.session.requests import How, ModelFacts
from exclip_desktop.session.state import Notice, Outcome, State

REMEDIES: Final = {
    "steps or adaptive": "Raise the steps in Edit › Settings, or choose the adaptive quadrature there.",
    "more steps": f"Raise the steps in Edit › Settings; {OWN_STEPS['adaptive']} are usual.",
    "beyond adaptive": "Choose later layers in Edit › Settings, or Gauss Legendre with 256 steps.",
}


class Notices:
    """Keeps what was said, so that an answer replaces only what it settles. Used in the GUI thread."""

    def __init__(self, state: State) -> None:
        """Change ``state.notice``."""
        self._state = state
        self._loading = ""  # said of the loaded model
        self._warned: Notice | None = None  # said of an answer
        self._doubted = False  # whether that was of integrals too
        self._heard: Outcome | None = None  # the answer of whose integrals it was closed last

    def dismiss(self) -> None:
        """Take the banner away; what it said of the integrals is not said again of the same model and settings."""
        if self._doubted and self._state.notice == self._warned:
            self._heard = self._state.outcome
        self._state.change(notice=None)

    def tell_of_loading(self, told: str) -> None:
        """Say what must be known of the loaded model, in place of what was said of the one before; empty: nothing."""
        notice, before, self._loading = self._state.notice, self._loading, told
        if told:
            self._state.change(notice=Notice(told, kind="note"))
        elif notice is not None and notice.message == before:
            self._state.change(notice=None)

    def after(self, said: tuple[str, ...]) -> Notice | None:
        """Return ``said``, or, where that is nothing, the notice that is there, unless the answer settles it."""
        before = self._state.notice
        if not said:
            return None if before == self._warned or (before is not None and before.kind == "trouble") else before
        if before is not None and before.message == self._loading:
            said = (self._loading, *said)
        self._warned = Notice(" ".join(said), kind="note")
        return self._warned

    def warnings_of(self, after: Explanation, outcome: Outcome) -> tuple[str, ...]:
        """Return what must be known of an answer; of its integrals, unless that has been closed before."""
        heard, unseen = self._heard, unseen_told(after.caption)
        known = heard is not None and (heard.choice, heard.how) == (outcome.choice, outcome.how)
        doubts = "" if known else doubts_told(after)
        self._doubted = bool(doubts)
        return tuple(part for part in (unseen, doubts) if part)


def doubts_told(explanation: Explanation) -> str:
    """Return which integrals are not exact, and where in the window to mend that; empty where all are."""
    return " ".join(f"{doubt.message}. {REMEDIES[doubt.remedy]}" for doubt in doubts_of(explanation))


def loading_told(facts: ModelFacts, asked: How, fitted: How) -> str:
    """Return what was said at loading, and which of the layers asked for the model does not have."""
    layers = (("image", asked.image_layer, fitted.image_layer), ("text", asked.text_layer, fitted.text_layer))
    missing = [f"no {side} layer {layer}" for side, layer, own in layers if layer != own]
    told = f"This model has {' and '.join(missing)}. Its own choice is used.".replace("-", "−") if missing else ""
    return " ".join(part for part in (facts.note, told) if part)
