"""Writes and copies the figure and the numbers of two inputs. Figures are drawn in their own process."""

from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.text.accuracy_warnings import two_input_warnings
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.two_inputs import CaptionSide, TwoInputExplanation
from exclip_desktop.render.figure_options import FigureOptions
from exclip_desktop.session.notices import WINDOW_WORDS
from exclip_desktop.session.pair.export_controller import COPIED_PX
from exclip_desktop.session.processes import call_in_process
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path
from exclip_desktop.storage.exports.two_input_files import TwoInputContents, save_two_inputs

DRAW: Final = "exclip_desktop.render.figure_two_inputs:two_inputs_bytes"


class TwoInputsExport:
    """Exports two inputs; every method needs their explanation on screen."""

    def __init__(self, two_inputs: TwoInputsController, state: State, tasks: Tasks) -> None:
        """Export ``two_inputs``; ``state`` shows the work."""
        self._two_inputs, self._state, self._tasks = two_inputs, state, tasks

    def write_picture(self, path: Path, width_px: int) -> None:
        """Write the figure as PNG, SVG or PDF."""
        draw = self._drawing(width_px)

        def work(cancel: CancelToken) -> Path:
            check_path(path, PICTURE_FORMATS)
            data = draw(path.suffix.lower(), cancel)
            write_atomically(path, lambda file: file.write(data))
            return path

        self._run(f"Writing {path.name}", work, self._on_written)

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

    def _drawing(self, width_px: int) -> Callable[[str, CancelToken], bytes]:
        explanation, selections, two_inputs = self._explanation, self._selections, self._two_inputs
        drawn = {field.name for field in fields(FigureOptions)}
        view = {name: value for name, value in asdict(self._state.view).items() if name in drawn}
        options = FigureOptions(width_px=width_px, **view)
        pictures = tuple(
            None
            if isinstance(side, CaptionSide) or scene.canvas_picture is None
            else scene.canvas_picture.picture.pixels
            for side, scene in ((explanation.first, two_inputs.first), (explanation.second, two_inputs.second))
        )

        def draw(ending: str, cancel: CancelToken) -> bytes:
            data: bytes = call_in_process(DRAW, (explanation, pictures, selections, options, ending), cancel)
            return data

        return draw

    def _run(self, what: str, work: Callable[[CancelToken], object], then: Callable[..., None]) -> None:
        run_with_progress(self._state, self._tasks, Work(what), work, then, self._two_inputs.show_error)

    def _on_written(self, path: Path, changes: tuple[str, ...] = ()) -> None:
        message = " ".join((f"Written: {path}" + "." * bool(changes), *changes))
        self._state.change(notice=Notice(message, kind="note", file=path))
