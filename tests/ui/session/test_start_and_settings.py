"""What a session starts with, and what it saves for the next start."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from exclip_desktop.core.errors import CaptionError, ModelError, PictureError, UserError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.pair.picture_opening import choose_object_rows
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.samples import SampleObject, load_samples
from tests.ui.session.session_desk import Desk

MISSING = ModelError("There is no such model.", "Choose another.")


def test_only_settings_that_explained_by_the_default_model_are_saved(desk: Desk) -> None:
    desk.session.explain_controller.choose_settings(ExplainSettings(1), "cpu")
    desk.settle()
    assert desk.session.settings.explain_settings() == ExplainSettings(1)
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    desk.settle()
    desk.session.explain_controller.choose_settings(ExplainSettings(9), "mps")
    desk.settle()
    assert desk.session.settings.explain_settings() == ExplainSettings(1)
    assert desk.session.settings.device() == "mps"


def test_saved_settings_that_no_longer_fit_do_not_leave_the_start_empty(make_desk: Callable[[], Desk]) -> None:
    desk = make_desk()
    desk.session.settings.save_explain_settings(ExplainSettings(text_reference="published"))
    desk.session.settings.save_device("cpu")
    again = make_desk()
    assert (again.state.explain_settings, again.state.choice) == (
        ExplainSettings(text_reference="published"),
        ModelChoice(device="cpu"),
    )
    again.engine.raises.append(UserError("The published reference is CLIP's."))
    again.session.start()
    again.qtbot.waitUntil(lambda: again.state.explanation is not None)
    assert (again.state.explain_settings, again.state.choice) == (ExplainSettings(), ModelChoice(device="cpu"))
    assert again.state.notice.message == "The published reference is CLIP's. The usual settings are used."
    assert again.words()  # the initial selection of the sample
    assert again.session.settings.explain_settings() == ExplainSettings()


def test_a_saved_layer_that_no_longer_exists_is_left_out_with_a_note(make_desk: Callable[[], Desk]) -> None:
    make_desk().session.settings.save_explain_settings(ExplainSettings(12, 3, "gauss-legendre", 20))
    again = make_desk()
    again.session.start()
    again.qtbot.waitUntil(lambda: again.state.explanation is not None)
    assert (
        again.state.explain_settings
        == again.state.provenance.explain_settings
        == ExplainSettings(None, 3, "gauss-legendre", 20)
    )
    assert again.state.notice.message == "This model has no image layer 12. The model's default layer is used."
    assert again.session.settings.explain_settings() == ExplainSettings(None, 3, "gauss-legendre", 20)
    assert again.words()  # the initial selection of the sample


def test_a_missing_default_model_is_replaced_by_the_bundled_one(make_desk: Callable[[], Desk]) -> None:
    gone = ModelChoice("/gone/folder")
    make_desk().session.library.set_default(gone)
    desk = make_desk()
    assert desk.state.choice == gone
    desk.engine.load_raises.append(ModelError("There is no folder /gone/folder."))
    desk.session.start()
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not None)
    assert desk.engine.loaded == [ModelChoice()]
    assert desk.state.notice.message == "There is no folder /gone/folder. The bundled model is used."
    assert desk.state.notice.kind == "note"
    assert desk.words()
    assert desk.session.library.default == gone  # it may exist again later


def test_a_failing_first_start_is_retried_only_once(make_desk: Callable[[], Desk]) -> None:
    make_desk().session.settings.save_explain_settings(ExplainSettings(1))
    desk = make_desk()
    desk.engine.raises += [MISSING, MISSING]
    desk.session.start()
    desk.qtbot.waitUntil(lambda: desk.state.notice is not None and desk.state.notice.kind == "error")
    assert desk.state.explanation is None
    assert len(desk.engine.explain_requests) == 2
    desk.session.explain_controller.type_caption(desk.state.caption)
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not None)


@pytest.mark.parametrize("error", [CaptionError("The caption is empty."), PictureError("The picture is too narrow.")])
def test_saved_settings_stay_if_picture_or_caption_caused_the_failure(
    make_desk: Callable[[], Desk], error: UserError
) -> None:
    make_desk().session.settings.save_explain_settings(ExplainSettings(1))
    desk = make_desk()
    desk.fail(error, desk.session.start)
    desk.qtbot.waitUntil(lambda: desk.state.work is None)
    assert (desk.state.explain_settings, desk.state.notice.message) == (ExplainSettings(1), error.message)
    assert len(desk.engine.explain_requests) == 1
    desk.session.explain_controller.type_caption("a red balloon")
    desk.settle()
    assert desk.state.provenance.explain_settings == desk.session.settings.explain_settings() == ExplainSettings(1)


def test_what_was_chosen_stays_when_the_first_explanation_is_cancelled(make_desk: Callable[[], Desk]) -> None:
    make_desk().session.settings.save_explain_settings(ExplainSettings(1))
    desk = make_desk()
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    desk.hold(desk.session.start)
    desk.session.explain_controller.cancel()
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: desk.state.work is None)
    assert desk.state.explanation is None
    assert (desk.state.choice, desk.state.explain_settings) == (ModelChoice("other"), ExplainSettings(1))
    assert desk.session.settings.explain_settings() == ExplainSettings(1)


CAT, DOG = SampleObject("cat", (80, 0, 280, 200)), SampleObject("dog", (300, 200, 560, 480))
IN_CAT, IN_DOG = (1, 2), (9, 9)  # patches


@pytest.mark.parametrize(
    ("heats", "chosen"),
    [
        ({"cat": {IN_CAT: 0.2}, "dog": {IN_DOG: 0.3}}, "cat"),
        ({"cat": {IN_CAT: 0.2, (0, 0): -0.1, (5, 5): -0.15}, "dog": {IN_DOG: 0.3}}, "dog"),  # it lowers the score
        ({"cat": {IN_CAT: 0.2, IN_DOG: 0.3}, "dog": {IN_DOG: 0.3}}, "dog"),  # its strongest patch is elsewhere
        (
            {"cat": {IN_CAT: -0.3, (0, 0): 0.2, (5, 5): 0.2}, "dog": {IN_DOG: 0.3}},
            "dog",
        ),  # its strongest patch is negative
        ({"cat": {IN_CAT: -0.2}, "dog": {IN_CAT: 0.3}}, "cat"),  # neither: the first
    ],
)
def test_a_sample_opens_with_an_object_whose_heat_is_easily_read(
    make_explanation: Callable[..., Explanation], heats: dict[str, dict[tuple[int, int], float]], chosen: str
) -> None:
    made = make_explanation(words=("a", "cat", "and", "a", "dog"))
    values = np.zeros_like(made.matrix)
    for word, heat in heats.items():
        for (row, column), value in heat.items():
            values[made.caption.rows_of(word), 1 + 12 * row + column] = value
    made = replace(made, interactions=replace(made.interactions, values=values))
    lion = SampleObject("lion", CAT.box)
    assert choose_object_rows(made, (lion, CAT, DOG)) == made.caption.rows_of(chosen)
    assert choose_object_rows(made, (lion,)) == choose_object_rows(made, ()) == ()


@pytest.mark.parametrize("number", range(len(load_samples())))
def test_every_sample_opens_with_words_of_one_of_its_objects(desk: Desk, number: int) -> None:
    sample = load_samples()[number]
    desk.explain(lambda: desk.session.open_sample(number))
    assert " ".join(desk.words()).replace(",", "") in {thing.words for thing in sample.objects}


def test_samples_are_no_recent_pictures(desk: Desk) -> None:
    desk.explain(lambda: desk.session.open_sample(0))
    assert [Path(path).name for path in desk.session.settings.recent_pictures.paths()] == ["a.png", "first.png"]


def test_the_cache_is_measured_and_cleared_in_the_background(desk: Desk) -> None:
    sizes: list[tuple[int, int]] = []
    desk.session.pairs.put(("a", "b"), desk.state.explanation)
    desk.session.stored_results.measure(lambda memory, disk: sizes.append((memory, disk)))
    assert sizes == []
    desk.qtbot.waitUntil(lambda: bool(sizes))
    assert sizes == [(desk.state.explanation.matrix.nbytes, 0)]
    desk.session.stored_results.clear()
    desk.settle()
    assert desk.session.pairs.size() == 0


@pytest.mark.parametrize("kept", [ExplainSettings("pool", "pool"), ExplainSettings(-1, 0), ExplainSettings(steps=33)])
def test_settings_come_back_at_the_next_start(kept: ExplainSettings, make_desk: Callable[[], Desk]) -> None:
    make_desk().session.settings.save_explain_settings(kept)
    assert make_desk().session.settings.explain_settings() == kept


@pytest.mark.parametrize("broken", ['{"image_layer": "stem"}', '{"steps": "pool"}', '{"quadrature": 3}', "[]", "x"])
def test_settings_that_are_none_are_left_out(broken: str, make_desk: Callable[[], Desk], tmp_path: Path) -> None:
    make_desk()
    (tmp_path / "settings.json").write_text(f'{{"how": {broken}}}')
    assert make_desk().session.settings.explain_settings() == ExplainSettings()


def test_geometries_of_a_closing_window_are_written_together(tmp_path: Path, qapp: QApplication) -> None:
    store = SettingsFile(tmp_path / "settings.json")
    for name in ("window", "docks", "across"):
        store.write_geometry(name, name.encode())
    assert not store.path.exists()
    store.flush()
    assert [SettingsFile(store.path).read_geometry(name) for name in ("window", "docks", "across")] == [
        b"window",
        b"docks",
        b"across",
    ]
