"""What the window says of a loaded model and of an answer, and when it has been said often enough."""

from exclip_desktop.core.text.accuracy_warnings import InexactIntegral, find_inexact_integrals, unread_reason
from exclip_desktop.core.values.cost_estimates import CostEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.settings import ExplainSettings, Layer
from exclip_desktop.session.state import Notice, Provenance, State
from exclip_desktop.session.window_words import WINDOW_WORDS
from exclip_desktop.session.worker.requests import Failure, ModelFacts


class Notices:
    """Keeps what was said, so that an answer replaces only what it settles. Used in the GUI thread."""

    def __init__(self, state: State) -> None:
        """Change ``state.notice``."""
        self._state = state
        self._loading = ""  # said of the loaded model
        self._warned: Notice | None = None  # said of an answer
        self._short: Notice | None = None  # said of the memory that running work is going to take
        self._heard: Provenance | None = None  # the answer of whose integrals it was closed last

    def dismiss(self) -> None:
        """Take the banner away; what it said of the integrals is not said again of the same model and settings."""
        notice = self._state.notice
        if notice is not None and notice == self._warned and notice.hint:
            self._heard = self._state.provenance
        self._state.change(notice=None)

    def show_loading_note(self, told: str) -> None:
        """Say what must be known of the loaded model, in place of what was said of the one before; empty: nothing."""
        notice, before, self._loading = self._state.notice, self._loading, told
        if told:
            self._state.change(notice=Notice(told, kind="note"))
        elif notice is not None and notice.message == before:
            self._state.change(notice=None)

    def show_memory_shortage(self, what: str, cost: CostEstimate | None) -> None:
        """Say it once where ``what`` runs is going to take more memory than is free."""
        if cost is None or cost.fits:
            return
        notice = _shortage_of(what, cost, self._state.facts)
        if notice != self._short:
            self._short = notice
            self._state.change(notice=notice)

    def clear_memory_shortage(self) -> None:
        """Take back what was said of it: that work has ended."""
        if self._short is not None and self._state.notice == self._short:
            self._state.change(notice=None)
        self._short = None

    def of_picture(self, notes: tuple[str, ...]) -> Notice | None:
        """Return the notice for a picture that is not explained."""
        return self._after(notes, "")

    def of_answer(self, notes: tuple[str, ...], after: Explanation, provenance: Provenance) -> Notice | None:
        """Return the notice for an answer; of its integrals it tells unless that has been closed before."""
        heard = self._heard
        known = heard is not None and (heard.choice, heard.explain_settings) == (
            provenance.choice,
            provenance.explain_settings,
        )
        doubts = () if known else (describe_inexactness(after),)
        said = tuple(part for part in (*notes, _describe_unread_words(after), *doubts) if part)
        return self._after(said, "" if known else describe_remedy(after))

    def _after(self, said: tuple[str, ...], hint: str) -> Notice | None:
        """Return what was said; where that is nothing, the notice that is there, unless it is settled now."""
        before = self._state.notice
        if not said:
            return None if before == self._warned or (before is not None and before.kind == "error") else before
        if before is not None and before.message == self._loading:
            said = (self._loading, *said)
        self._warned = Notice(" ".join(said), hint, kind="note")
        return self._warned


def of_failure(failure: Failure, facts: ModelFacts | None) -> Notice:
    """Return the notice for a failure; where an accelerator had too little memory, it offers the CPU."""
    offers_cpu = failure.of_memory and _is_accelerated(facts)
    return Notice(failure.message, failure.hint, failure.details, offers_cpu=offers_cpu)


def _shortage_of(what: str, cost: CostEstimate, facts: ModelFacts | None) -> Notice:
    accelerated = _is_accelerated(facts)
    other = ", or use the CPU" if accelerated else " and close other programs"
    return Notice(
        cost.shortage_of(what), f"Cancel it, choose a later layer in Edit › Settings{other}.", offers_cpu=accelerated
    )


def _is_accelerated(facts: ModelFacts | None) -> bool:
    return facts is not None and facts.device != "cpu"


def describe_inexactness(explanation: Explanation) -> str:
    """Return one sentence on what the integrals missed; empty where they are exact."""
    parts = [f"the {doubt.name}'s integral {_fault(doubt)}" for doubt in find_inexact_integrals(explanation)]
    return f"Not exact: {', and '.join(parts)}." if parts else ""


def describe_remedy(explanation: Explanation) -> str:
    """Return where in the window to mend that; empty where there is nothing to mend."""
    return " ".join(dict.fromkeys(doubt.remedy_in(WINDOW_WORDS) for doubt in find_inexact_integrals(explanation)))


def describe_loading(facts: ModelFacts, asked: ExplainSettings, fitted: ExplainSettings) -> str:
    """Return what was said at loading, and which of the layers asked for the model does not have."""
    layers = (("image", asked.image_layer, fitted.image_layer), ("text", asked.text_layer, fitted.text_layer))
    missing = [f"no {side} layer {format_layer(layer)}" for side, layer, own in layers if layer != own]
    told = f"This model has {' and '.join(missing)}. Its own choice is used." if missing else ""
    return " ".join(part for part in (facts.note, told) if part)


def format_layer(layer: Layer | None) -> str:
    """Return a layer as a person reads it: ``3``, ``−1`` or ``“pool”``."""
    return f"“{layer}”" if isinstance(layer, str) else f"{layer}".replace("-", "−")


def _fault(doubt: InexactIntegral) -> str:
    side = doubt.side
    missed = f"misses {side.residual:.1%} after {side.nodes} nodes"
    return missed if side.residual > doubt.tolerance else f"has not settled after {side.nodes} nodes"


def _describe_unread_words(explanation: Explanation) -> str:
    why = unread_reason(explanation.caption)
    return f"The caption {why}. The greyed words were not seen." if why else ""
