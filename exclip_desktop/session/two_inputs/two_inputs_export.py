"""Writes and copies the figure and the numbers of two inputs. Figures are drawn in their own process."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.text.accuracy_warnings import two_input_warnings
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.two_inputs import CaptionSide, TwoInputExplanation
from exclip_desktop.session.notices import WINDOW_WORDS
from exclip_desktop.session.pair.export_controller import (
    COPIED_PX,
    DrawFigure,
    draw_in_process,
    view_options,
    write_figure,
    written_notice,
)
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from exclip_desktop.storage.exports.two_input_files import TwoInputContents, save_two_inputs

DRAW: Final = "exclip_desktop.render.figure_two_inputs:two_inputs_bytes"


class TwoInputsExport:
    """Exports two inputs; every method needs their explanation on screen."""

    def __init__(self, two_inputs: TwoInputsController, state: State, tasks: Tasks) -> None:
        """Export ``two_inputs``; ``state`` shows the work."""
        self._two_inputs, self._state, self._tasks = two_inputs, state, tasks

    def write_picture(self, path: Path, width_px: int) -> None:
        """Write the figure as PNG, SVG or PDF."""
        self._run(f"Writing {path.name}", write_figure(path, self._drawing(width_px)), self._on_written)

    def write_numbers(self, path: Path) -> None:
        """Write the numbers, in the format of the path's ending: a row of ``TWO_INPUT_FORMATS``."""
        explanation, (first, second) = self._explanation, self._selections
        notes = tuple(two_input_warnings(explanation, WINDOW_WORDS))
        contents = TwoInputContents(explanation, first, second, notes)

        def work(cancel: CancelToken) -> tuple[str, ...]:
            cancel.check()
            return save_two_inputs(contents, path)

        self._run(f"Writing {path.name}", work, lambda changes: self._on_written(path, changes))

    def copy_picture(self, then: Callable[[bytes], None]) -> None:
        """Draw the figure and pass its PNG bytes to ``then``."""
        draw = self._drawing(COPIED_PX)
        self._run("Drawing the picture", lambda cancel: draw(".png", cancel), then)

    @property
    def _explanation(self) -> TwoInputExplanation:
        explanation = self._two_inputs.explanation
        assert explanation is not None
        return explanation

    @property
    def _selections(self) -> tuple[Selection, Selection]:
        return self._two_inputs.first.selection, self._two_inputs.second.selection

    def _drawing(self, width_px: int) -> DrawFigure:
        explanation, selections, two_inputs = self._explanation, self._selections, self._two_inputs
        pictures = tuple(
            None
            if isinstance(side, CaptionSide) or scene.canvas_picture is None
            else scene.canvas_picture.picture.pixels
            for side, scene in ((explanation.first, two_inputs.first), (explanation.second, two_inputs.second))
        )

        options = view_options(self._state.view, width_px)
        return draw_in_process(DRAW, (explanation, pictures, selections, options))

    def _run(self, what: str, work: Callable[[CancelToken], object], then: Callable[..., None]) -> None:
        run_with_progress(self._state, self._tasks, Work(what), work, then, self._two_inputs.show_error)

    def _on_written(self, path: Path, changes: tuple[str, ...] = ()) -> None:
        self._state.change(notice=written_notice(path, changes))
