"""Heat over the thumbnails of explained pairs: of this session, and read from disk after a restart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail, make_heat_thumbnail, read_heat_thumbnail
from exclip_desktop.session.lists.heat_thumbnails import _Job
from exclip_desktop.storage.heat_store import HeatStore
from exclip_desktop.ui.lists.pair_model import PICTURE
from exclip_desktop.ui.lists.thumbnail_rows import HEAT_ROLE
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.list_desk import ListDesk, settle


@pytest.fixture
def walk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> ListDesk:
    return ListDesk(tmp_path, make_explanation, cache_folder=tmp_path / "factors").start(qtbot)


def heat_of(walk: ListDesk, row: int) -> object:
    return walk.dock.grid.model().index(row, PICTURE).data(HEAT_ROLE)


def test_the_heat_is_that_of_all_words_on_the_part_that_the_model_sees(
    make_explanation: Callable[..., Explanation],
) -> None:
    explanation = make_explanation()
    heat = make_heat_thumbnail(explanation)
    np.testing.assert_allclose(heat.values, explanation.interactions.patch_heat(None), rtol=1e-6)
    assert heat.part == (0.125, 0.0, 0.875, 1.0)
    again = read_heat_thumbnail(heat.to_bytes())
    assert again is not None
    np.testing.assert_array_equal(again.values, heat.values)
    assert again.part == heat.part


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: b"", lambda data: data[:20] + b"\xff" * 4])
def test_damaged_heat_counts_as_missing(
    make_explanation: Callable[..., Explanation], change: Callable[[bytes], bytes]
) -> None:
    assert read_heat_thumbnail(change(make_heat_thumbnail(make_explanation()).to_bytes())) is None


def test_a_store_keeps_heat_and_survives_a_file_that_is_none(tmp_path: Path) -> None:
    heat = HeatThumbnail(np.ones((2, 3), np.float32), (0.0, 0.0, 1.0, 1.0))
    HeatStore(tmp_path / "a" / "heat.sqlite").put("key", heat)
    again = HeatStore(tmp_path / "a" / "heat.sqlite")
    assert again.get("key").values.shape == (2, 3)
    assert again.get("other") is None
    again.clear()
    assert again.get("key") is None
    (tmp_path / "none.sqlite").write_bytes(b"no database at all, but long enough to be read as one" * 9)
    damaged = HeatStore(tmp_path / "none.sqlite")
    damaged.put("key", heat)
    assert damaged.get("key") is None


def test_explained_pairs_have_heat_and_others_none(walk: ListDesk, qtbot: QtBot) -> None:
    assert heat_of(walk, 0) is not None
    assert heat_of(walk, 1) is None
    walk.navigation.step(1)
    settle(qtbot, walk, "a red balloon")
    image, part, is_grey = heat_of(walk, 1)
    assert is_grey
    assert (image.width(), image.height()) == (12, 12)
    assert part.width() == pytest.approx(0.75)


def test_the_heat_switch_hides_it(walk: ListDesk) -> None:
    walk.session.show(heat=False)
    assert heat_of(walk, 0) is None
    walk.session.show(heat=True)
    assert heat_of(walk, 0) is not None


def test_other_colours_draw_it_again(walk: ListDesk) -> None:
    before = heat_of(walk, 0)[0]
    walk.session.show(colours="safe")
    assert heat_of(walk, 0)[0] != before


def test_heat_is_there_after_a_restart(
    walk: ListDesk, qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]
) -> None:
    walk.navigation.step(1)
    settle(qtbot, walk, "a red balloon")
    walk.window.close()
    arguments = {"cache_folder": tmp_path / "factors", "writes": False}
    again = ListDesk(tmp_path, make_explanation, **arguments).start(qtbot, "a red balloon")
    assert again.navigation.figures(0) is None
    assert heat_of(again, 0) is None
    qtbot.waitUntil(lambda: heat_of(again, 0) is not None)
    again.window.close()
    make_blank_picture(tmp_path / "one.png", shade=7)  # another picture of the same name
    third = ListDesk(tmp_path, make_explanation, **arguments).start(qtbot, "a red balloon")
    heats = third.session.heat_thumbnails
    assert heat_of(third, 0) is None
    qtbot.waitUntil(lambda: not heats._jobs.is_running)
    assert heat_of(third, 0) is None


def test_clearing_the_cache_removes_it(walk: ListDesk, qtbot: QtBot, tmp_path: Path) -> None:
    qtbot.waitUntil((tmp_path / "heat.sqlite").exists)
    walk.session.stored_results.clear()
    qtbot.waitUntil(lambda: not (tmp_path / "heat.sqlite").exists())


def test_a_changed_archive_has_other_heat(tmp_path: Path) -> None:
    archive = tmp_path / "shard.tar"
    job = _Job(1, 0, (str(archive / "0.png"), "a dog"), "by")
    archive.write_bytes(b"1")
    before = job.key
    archive.write_bytes(b"22")
    assert job.key != before
