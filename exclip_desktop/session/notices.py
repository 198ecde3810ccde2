"""Chooses the banner's notice for a loaded model, an answer or a failure, and words remedies by menus and dialogs."""

from typing import Final

from exclip_desktop.core.errors import Remedy, Words
from exclip_desktop.core.text.accuracy_warnings import InexactIntegral, find_inexact_integrals, unread_reason
from exclip_desktop.core.text.number_format import format_percent, write_minus
from exclip_desktop.core.values.cost_estimates import CostEstimate
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.settings import ExplainSettings, Layer
from exclip_desktop.session.state import Notice, Provenance, State
from exclip_desktop.session.worker.requests import Failure, ModelFacts

WINDOW_WORDS: Final[Words] = {
    Remedy.NAME_TAG_ARCHITECTURE: "Choose the architecture with its tag in File ▸ Models.",
    Remedy.NAME_TRAINED_ARCHITECTURE: "Add the file again in File ▸ Models, and choose the architecture they were "
    "trained with.",
    Remedy.NAME_OR_OMIT_ARCHITECTURE: "Add the file again in File ▸ Models: choose the architecture they were trained "
    "with, or none to have it recognised.",
    Remedy.OMIT_WEIGHTS: "Choose the model without weights in File ▸ Models.",
    Remedy.CHOOSE_WEIGHTS: "Choose a row with a tag in File ▸ Models, or add a checkpoint file there.",
    Remedy.CHOOSE_KNOWN_MODEL: "Choose a model, or add a folder, in File ▸ Models.",
    Remedy.CHOOSE_OTHER_MODEL: "Choose another, such as ViT-B-32, in File ▸ Models.",
    Remedy.CHOOSE_TEXT_FAMILY: "In File ▸ Models, choose a model whose text encoder is one of {families}.",
    Remedy.CHOOSE_CONFIG_FOLDER: "Add a folder with their {file} in File ▸ Models.",
    Remedy.CHOOSE_MODEL_FOLDER: "Add a folder with a config and weights in File ▸ Models.",
    Remedy.CHOOSE_PACKED_FOLDER: "Choose a folder that the command exclip-desktop models pack has written.",
    Remedy.MERGE_ADAPTER: "Merge it into its model first (merge_and_unload() of peft, then save_pretrained()), or "
    "bring its model into Hugging Face's cache, and add the adapter's folder again in File ▸ Models.",
    Remedy.CHOOSE_TAG: "Choose one of its tags in File ▸ Models: {choices}.",
    Remedy.CHOOSE_CHECKPOINT: "It has no tags; add a checkpoint file in File ▸ Models.",
    Remedy.CHOOSE_PREPROCESSING: "Add it again in File ▸ Models and choose there: {choices}, or a JSON file with mean "
    "and std.",
    Remedy.OMIT_PREPROCESSING: "Add it again in File ▸ Models without a preprocessing.",
    Remedy.ALLOW_DOWNLOAD: "Download it in File ▸ Models, or add a checkpoint file or a folder from another computer.",
    Remedy.CHOOSE_DEVICE: "Choose an available one in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_LAYER: "Choose the {side} layer in Edit ▸ Settings, from {layers}.",
    Remedy.CHOOSE_QUADRATURE: "Choose one in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_STEPS: "Choose {least} to {most} steps in Edit ▸ Settings.",
    Remedy.CHOOSE_TOLERANCE: "Choose a tolerance above 0 and below 1, such as {usual}, in Edit ▸ Settings.",
    Remedy.CHOOSE_TEXT_REFERENCE: "Choose the text reference in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_FRAMING: "Choose the framing in the View menu: {choices}.",
    Remedy.CHOOSE_PRECISION: "Choose one in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_SIDE: "Choose one: {choices}.",
    Remedy.CHOOSE_METHOD: "Choose another method: {choices}.",
    Remedy.ADD_STEPS_OR_ADAPT: "Raise the steps in Edit ▸ Settings, or choose the adaptive quadrature there.",
    Remedy.ADD_ADAPTIVE_STEPS: "Raise the steps in Edit ▸ Settings; {steps} are usual.",
    Remedy.SHORTEN_PATH: "Choose later layers in Edit ▸ Settings, or Gauss Legendre with 256 steps.",
    Remedy.SAVE_MEMORY: "Close other programs, or choose a later layer or the CPU in Edit ▸ Settings.",
    Remedy.CHECK_WEIGHTS: "Check its weights, or choose another layer or the CPU in Edit ▸ Settings.",
    Remedy.SHRINK_PICTURE: "Shrink it first.",
    Remedy.CHOOSE_MEGAPIXELS: "Choose a number of megapixels.",
    Remedy.CHOOSE_WHOLE_WORDS: 'Choose whole words of "{caption}".',
    Remedy.CHOOSE_FOUR_NUMBERS: "Draw a box on the picture.",
    Remedy.CHOOSE_BOX: "Draw a larger box on the picture.",
    Remedy.CHOOSE_BOX_IN_PICTURE: "Draw a box within the picture's {width} × {height} pixels.",
    Remedy.CHOOSE_BOX_IN_VIEW: "Draw a box on the part that the model sees, {box}.",
    Remedy.SELECT_WORDS_AND_BOX: "Select words of the caption, and draw a box on the picture.",
    Remedy.CHOOSE_OCCLUSION_FILL: "Choose one in the dialog: {choices}.",
    Remedy.CHOOSE_STUDY_METHODS: "Choose methods in Compare ▸ Evaluate methods: {choices}.",
    Remedy.CHOOSE_METRICS: "Choose metrics in Compare ▸ Evaluate methods: {choices}.",
    Remedy.CHOOSE_STUDY_FILL: "Choose one in Compare ▸ Evaluate methods: {choices}.",
    Remedy.CHOOSE_STUDY_SCORE: "Choose one in Compare ▸ Evaluate methods: {choices}.",
    Remedy.CHOOSE_THRESHOLD: "Choose one in Compare ▸ Evaluate methods: {choices}.",
    Remedy.ADD_STUDY_STEPS: "Choose more steps and masks in Compare ▸ Evaluate methods.",
    Remedy.CHOOSE_SHARE_AND_TOLERANCE: "Choose a share between 0 and 1, and no negative pointing distance, in "
    "Compare ▸ Evaluate methods.",
    Remedy.CHOOSE_PAIR_COUNT: "Choose 1 or more in Compare ▸ Evaluate methods.",
    Remedy.CHOOSE_SHARD: "Choose a part from 1 to N.",
    Remedy.COMPUTE_ALL_PAIRS: "Run the batch with the scores of all pairs.",
    Remedy.CHOOSE_OTHER_FOLDER: "Choose another folder.",
    Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS: "Choose another folder, or the same settings.",
    Remedy.CHOOSE_OTHER_FOLDER_OR_LIST: "Choose another folder, or the same list and settings.",
    Remedy.CHOOSE_FINDINGS_FILE: "Choose a .csv or .jsonl file that Export findings, or the command report, has "
    "written.",
}


class Notices:
    """Remembers what the banner has shown, so that an answer replaces only what it settles. Used in the GUI thread."""

    def __init__(self, state: State) -> None:
        """Change ``state.notice``."""
        self._state = state
        self._loading = ""  # of the loaded model
        self._warned: Notice | None = None  # about an answer
        self._short: Notice | None = None  # about the memory that running work is estimated to take
        self._dismissed: Provenance | None = None  # the answer whose note on integrals was closed last

    def dismiss(self) -> None:
        """Close the banner; a note on inexact integrals is not repeated for the same model and settings."""
        notice = self._state.notice
        if notice is not None and notice == self._warned and notice.hint:
            self._dismissed = self._state.provenance
        self._state.change(notice=None)

    def show_loading_note(self, note: str) -> None:
        """Show a note on the loaded model in place of the previous model's; an empty ``note`` removes that one."""
        notice, before, self._loading = self._state.notice, self._loading, note
        if note:
            self._state.change(notice=Notice(note, kind="note"))
        elif notice is not None and notice.message == before:
            self._state.change(notice=None)

    def show_memory_shortage(self, what: str, cost: CostEstimate | None) -> None:
        """Show a notice, once, if ``what`` is estimated to take more memory than is free."""
        if cost is None or cost.fits:
            return
        notice = _make_shortage_notice(what, cost, self._state.facts)
        if notice != self._short:
            self._short = notice
            self._state.change(notice=notice)

    def clear_memory_shortage(self) -> None:
        """Remove that notice: its work has ended."""
        if self._short is not None and self._state.notice == self._short:
            self._state.change(notice=None)
        self._short = None

    def make_picture_notice(self, notes: tuple[str, ...]) -> Notice | None:
        """Return the notice for a picture that is not explained."""
        return self._make_notice(notes, "")

    def make_answer_notice(self, notes: tuple[str, ...], after: Explanation, provenance: Provenance) -> Notice | None:
        """Return the notice for an answer, without a note on its integrals if that has been closed before."""
        dismissed = self._dismissed
        known = dismissed is not None and (dismissed.choice, dismissed.explain_settings) == (
            provenance.choice,
            provenance.explain_settings,
        )
        warnings = () if known else (describe_inexactness(after),)
        notes = tuple(part for part in (*notes, _describe_unread_words(after), *warnings) if part)
        return self._make_notice(notes, "" if known else describe_remedy(after))

    def _make_notice(self, notes: tuple[str, ...], hint: str) -> Notice | None:
        """Return a notice of ``notes``; without notes, the current one, unless it is settled now."""
        before = self._state.notice
        if not notes:
            return None if before == self._warned or (before is not None and before.kind == "error") else before
        if before is not None and before.message == self._loading:
            notes = (self._loading, *notes)
        self._warned = Notice(" ".join(notes), hint, kind="note")
        return self._warned


def make_failure_notice(failure: Failure, facts: ModelFacts | None) -> Notice:
    """Return the notice for a failure; if an accelerator had too little memory, it offers the CPU."""
    offers_cpu = failure.of_memory and _is_accelerated(facts)
    return Notice(failure.message, failure.hint, failure.details, offers_cpu=offers_cpu)


def _make_shortage_notice(what: str, cost: CostEstimate, facts: ModelFacts | None) -> Notice:
    accelerated = _is_accelerated(facts)
    other = ", or use the CPU" if accelerated else " and close other programs"
    return Notice(
        cost.shortage_of(what), f"Cancel it, choose a later layer in Edit ▸ Settings{other}.", offers_cpu=accelerated
    )


def _is_accelerated(facts: ModelFacts | None) -> bool:
    return facts is not None and facts.device != "cpu"


def describe_inexactness(explanation: Explanation) -> str:
    """Return one sentence on the error of the integrals; empty if they are exact."""
    parts = [
        f"the {integral.name}'s integral {_describe_residual(integral)}"
        for integral in find_inexact_integrals(explanation)
    ]
    return f"Accuracy not reached: {', and '.join(parts)}." if parts else ""


def describe_remedy(explanation: Explanation) -> str:
    """Return where in the window to raise their accuracy; empty if they are exact."""
    return " ".join(dict.fromkeys(integral.remedy_in(WINDOW_WORDS) for integral in find_inexact_integrals(explanation)))


def describe_loading(facts: ModelFacts, requested: ExplainSettings, fitted: ExplainSettings) -> str:
    """Return the model's note, and which of the requested layers it does not have."""
    layers = (("image", requested.image_layer, fitted.image_layer), ("text", requested.text_layer, fitted.text_layer))
    missing = [f"no {side} layer {format_layer(layer)}" for side, layer, own in layers if layer != own]
    default = "default layers are" if len(missing) > 1 else "default layer is"
    note = f"This model has {' and '.join(missing)}. The model's {default} used." if missing else ""
    return " ".join(part for part in (facts.note, note) if part)


def format_layer(layer: Layer | None) -> str:
    """Return a layer as text: ``3``, ``−1`` or ``“pool”``."""
    return f"“{layer}”" if isinstance(layer, str) else write_minus(f"{layer}")


def _describe_residual(integral: InexactIntegral) -> str:
    side = integral.side
    missed = f"misses {format_percent(side.residual, 1)} after {side.nodes} nodes"
    return missed if side.residual > integral.tolerance else f"did not converge after {side.nodes} nodes"


def _describe_unread_words(explanation: Explanation) -> str:
    why = unread_reason(explanation.caption)
    return f"The caption {why}. The greyed words were not seen." if why else ""
