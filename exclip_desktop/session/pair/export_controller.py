"""Exports figures, numbers, captions and recipes. Figures are drawn in their own process."""

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path

from PySide6.QtCore import QObject

from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.maths.word_values import WordsBy
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.text.accuracy_warnings import accuracy_warnings
from exclip_desktop.core.text.number_format import format_digits
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.core.values.answers import MapAnswer
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview, Selection, patch_heat
from exclip_desktop.render.figure_options import DrawnParts, FigureOptions, OtherHeat, Panel, PanesFigure
from exclip_desktop.render.recipes import Recipe, as_command, as_python
from exclip_desktop.session.compare.active_pane import ActivePane
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane
from exclip_desktop.session.notices import WINDOW_WORDS
from exclip_desktop.session.pair.scene import CanvasPicture, View
from exclip_desktop.session.parts.heat_modes import DirectionHeat
from exclip_desktop.session.processes import call_in_process
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.caption_markup import format_caption_html, format_caption_latex
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path
from exclip_desktop.storage.exports.number_files import save_matrix

COPIED_PX = 1600
DrawFigure = Callable[[str, CancelToken], bytes]
"""(ending of the file, cancel) → the file's bytes."""


class ExportController(QObject):
    """Writes and copies the current view; every method needs an explanation on screen."""

    def __init__(
        self,
        state: State,
        compare_controller: CompareController,
        active_pane: ActivePane,
        tasks: Tasks,
        show_error: Callable[[Exception], None],
        parent: QObject | None = None,
    ) -> None:
        """Export ``state``, or the compare view while it is open; ``show_error`` reports errors."""
        super().__init__(parent)
        self._state, self._compare_controller, self._active_pane = state, compare_controller, active_pane
        self._tasks, self._show_error = tasks, show_error

    def write_picture(self, path: Path, width_px: int) -> None:
        """Write the figure as PNG, SVG or PDF: the canvas, the compare view's panes, or the enlarged pane."""
        self._run(f"Writing {path.name}", write_figure(path, self._drawing(width_px)), self._on_written)

    def write_numbers(self, path: Path) -> None:
        """Write the numbers, in the format of the path's ending: a row of ``NUMBER_FORMATS``."""
        explanation, selection, facts = self._explanation, self._state.selection, self._state.facts
        loading = (facts.note,) if facts is not None and facts.note else ()
        notes = (*loading, *self._canvas_picture.picture.notes, *accuracy_warnings(explanation, WINDOW_WORDS))

        def work(cancel: CancelToken) -> tuple[str, ...]:
            cancel.check()
            return save_matrix(explanation, path, selection, notes)

        self._run(f"Writing {path.name}", work, lambda changes: self._on_written(path, changes))

    def copy_picture(self, then: Callable[[bytes], None]) -> None:
        """Draw the figure and pass its PNG bytes to ``then``."""
        draw = self._drawing(COPIED_PX)
        self._run("Drawing the picture", lambda cancel: draw(".png", cancel), then)

    def latex(self) -> str:
        """Return the caption with its colours for LaTeX."""
        return format_caption_latex(self._explanation, *self._caption_view)

    def html(self) -> str:
        """Return the caption with its colours for a web page."""
        return format_caption_html(self._explanation, *self._caption_view)

    def python(self) -> str:
        """Return Python code that repeats the view."""
        return as_python(self._recipe)

    def command(self) -> str:
        """Return a command that repeats the view."""
        return as_command(self._recipe)

    @property
    def _explanation(self) -> Explanation:
        explanation = self._state.explanation
        assert explanation is not None
        return explanation

    @property
    def _canvas_picture(self) -> CanvasPicture:
        canvas_picture = self._state.canvas_picture
        assert canvas_picture is not None
        return canvas_picture

    @property
    def _caption_view(self) -> tuple[Selection, str, float | None, WordsBy]:
        view = self._state.view
        return self._state.selection, view.colours, view.words_limit, view.words_by

    def _options(self, width_px: int) -> FigureOptions:
        return replace(view_options(self._state.view, width_px), selection=self._state.selection)

    @property
    def _recipe(self) -> Recipe:
        provenance = self._state.provenance
        choice, settings = asdict(provenance.choice), asdict(provenance.explain_settings)
        options = self._options(FigureOptions().width_px)
        return Recipe(choice, settings, self._canvas_picture.path, self._explanation.caption, options)

    @property
    def _other_heat(self) -> OtherHeat | None:
        """What the canvas shows instead of the matrix's values, without what is under the mouse."""
        mode, geometry = self._state.heat_mode, self._explanation.geometry
        heat = None if mode is None else mode.patch_heat(geometry, self._state.selection, Preview())
        if mode is None or heat is None:
            return None
        tokens = mode.direction.token_heat if isinstance(mode, DirectionHeat) else None
        return OtherHeat(mode.describe(self._state.selection), heat, tokens)

    @property
    def _parts(self) -> DrawnParts | None:
        marks = self._state.part_marks
        return None if marks is None else DrawnParts(marks.regions, marks.places, marks.tinted)

    def _drawing(self, width_px: int) -> DrawFigure:
        pixels, options = self._canvas_picture.picture.pixels, self._options(width_px)
        if not self._compare_controller.is_open:
            options = replace(options, other_heat=self._other_heat, parts=self._parts)
        what: PanesFigure | Explanation = self._explanation
        function = "exclip_desktop.render.figure:figure_bytes"
        if self._compare_controller.is_open:
            only, caption = self._active_pane.enlarged, self._explanation.caption
            what = make_panes_figure(self._compare_controller, caption, self._state.selection, options, only)
            function = "exclip_desktop.render.figure_panes:panes_bytes"

        return draw_in_process(function, (what, pixels, options))

    def _run(self, what: str, work: Callable[[CancelToken], object], then: Callable[..., None]) -> None:
        run_with_progress(self._state, self._tasks, Work(what), work, then, self._show_error)

    def _on_written(self, path: Path, changes: tuple[str, ...] = ()) -> None:
        self._state.change(notice=written_notice(path, changes))


def write_figure(path: Path, draw: DrawFigure) -> Callable[[CancelToken], Path]:
    """Return the work that writes a figure as PNG, SVG or PDF, and returns its path."""

    def work(cancel: CancelToken) -> Path:
        check_path(path, PICTURE_FORMATS)
        data = draw(path.suffix.lower(), cancel)
        write_atomically(path, lambda file: file.write(data))
        return path

    return work


def draw_in_process(function: str, contents: tuple[object, ...]) -> DrawFigure:
    """Return the drawing of ``contents`` by a function of ``render``, named ``module:function``."""

    def draw(ending: str, cancel: CancelToken) -> bytes:
        data: bytes = call_in_process(function, (*contents, ending), cancel)
        return data

    return draw


def view_options(view: View, width_px: int) -> FigureOptions:
    """Return the options of a figure that looks as the canvas does."""
    drawn = {field.name for field in fields(FigureOptions)}  # others, such as the tool, are the window's alone
    options = {name: value for name, value in asdict(view).items() if name in drawn}
    return FigureOptions(width_px=width_px, **options)


def written_notice(path: Path, changes: tuple[str, ...] = ()) -> Notice:
    """Return the notice of a written file; ``changes``: sentences on what is not as it was in the window."""
    message = " ".join((f"Written: {path}" + "." * bool(changes), *changes))
    return Notice(message, kind="note", file=path)


def make_panes_figure(
    compare_controller: CompareController,
    caption: Caption,
    selection: Selection,
    options: FigureOptions,
    only: Pane | None = None,
) -> PanesFigure:
    """Return the panes, or ``only`` one, with their labels, heats, ranges and the selection."""
    panes = compare_controller.panes if only is None else (only,)
    one_range = compare_controller.one_range or only is not None
    heats = {pane: heat for pane in panes if (heat := _heat(pane)) is not None}
    widest = range_limit(*heats.values(), locked=options.picture_limit)
    limits = {pane: widest if one_range else range_limit(heat) for pane, heat in heats.items()}
    models = 1 + any(pane.key.of_second_model for pane in panes)
    panels = []
    for pane in panes:
        answer, heat, limit = pane.scene.answer, heats.get(pane), limits.get(pane, 1.0)
        geometry = None if answer is None else answer.geometry
        notes = _notes(pane, compare_controller.model_of(pane), limit if pane in heats else None)
        panels.append(Panel(pane.facts.name, notes, heat, geometry, limit))
    heading = f"“{caption.text}” · {describe_words(caption, selection.rows)} × {describe_regions(selection.regions)}"
    return PanesFigure(tuple(panels), models, heading, selection.regions, one_range)


def _heat(pane: Pane) -> Floats | None:
    answer = pane.scene.answer
    return None if answer is None else patch_heat(answer.interactions, pane.scene.selection, Preview())


def _notes(pane: Pane, model: str, limit: float | None) -> tuple[str, str]:
    """Return the model, and the ends of the range or the reason why there is no heat."""
    answer, status = pane.scene.answer, pane.status
    if answer is None or limit is None:
        return model, f"{status.message} {status.hint}".strip() or status.kind
    target = f", for “{answer.target}”" if isinstance(answer, MapAnswer) else ""
    return f"{model}{target}", f"{format_digits(-limit)} … {format_digits(limit)}"
