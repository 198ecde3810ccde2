"""The compare view's panes as its figure shows them."""

from exclip_desktop.core.maths.colour import symmetric_limit
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.text.wording import regions_told, words_told
from exclip_desktop.core.values.answers import MapAnswer
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.selection import Preview, Selection, patch_heat
from exclip_desktop.render.figure_options import FigureOptions
from exclip_desktop.render.panels import Panel, PanesFigure
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane


def panes_figure(
    compare_controller: CompareController,
    caption: Caption,
    selection: Selection,
    options: FigureOptions,
    only: Pane | None = None,
) -> PanesFigure:
    """Return the panes, or ``only`` one, with their labels, heats and ranges, under what is selected."""
    shown = compare_controller.panes if only is None else (only,)
    one_range = compare_controller.one_range or only is not None
    heats = {pane: found for pane in shown if (found := _heat(pane)) is not None}
    widest = options.picture_limit or symmetric_limit(*heats.values())
    limits = {pane: widest if one_range else symmetric_limit(heat) for pane, heat in heats.items()}
    models = 1 + any(pane.key.of_second_model for pane in shown)
    panels = []
    for pane in shown:
        answer, heat, limit = pane.scene.answer, heats.get(pane), limits.get(pane, 1.0)
        geometry = None if answer is None else answer.geometry
        notes = _notes(pane, compare_controller.model_of(pane), limit if pane in heats else None)
        panels.append(Panel(pane.facts.name, notes, heat, geometry, limit))
    heading = f"“{caption.text}” · {words_told(caption, selection.rows)} × {regions_told(selection.regions)}"
    return PanesFigure(tuple(panels), models, heading, selection.regions, one_range)


def _heat(pane: Pane) -> Floats | None:
    answer = pane.scene.answer
    return None if answer is None else patch_heat(answer.interactions, pane.scene.selection, Preview())


def _notes(pane: Pane, model: str, limit: float | None) -> tuple[str, str]:
    """Return model and words, and the ends of the range, or why there is none."""
    answer, status = pane.scene.answer, pane.status
    if answer is None or limit is None:
        return model, f"{status.message} {status.hint}".strip() or status.kind
    target = f", for “{answer.target}”" if isinstance(answer, MapAnswer) else ""
    return f"{model}{target}", f"{-limit:+.3g} … {limit:+.3g}".replace("-", "−")
