"""A search of scenes by the bundled model in the real window: the hits are those of the public function."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import exclip_desktop
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.window_settings import Settings
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pair_lists.list_files import write_pairs
from exclip_desktop.storage.samples import load_scenes, open_scene
from exclip_desktop.ui.window import Window

PATIENCE_MS = 120_000
SCENES = 24, 99, 38
STEPS = 2


def test_scenes_are_explained_from_the_panel_and_ranked_as_by_the_function(qtbot: QtBot, tmp_path: Path) -> None:
    scenes = load_scenes()
    pairs = tuple(scenes[number] for number in SCENES)
    for pair in pairs:
        open_scene(pair.picture).save(tmp_path / pair.picture, quality=95)
    write_pairs(PairList(tmp_path, tmp_path, pairs), tmp_path / "list.jsonl")
    store = SettingsFile(tmp_path / "settings.json")
    Settings(store).save_explain_settings(ExplainSettings(quadrature="gauss-legendre", steps=STEPS))
    session = Session(store, tmp_path / "factors")
    window = Window(session)
    window.show()
    session.start(str(tmp_path / "list.jsonl"))
    state, search = session.state, session.search
    try:
        qtbot.waitUntil(lambda: state.explanation is not None and not state.stale, timeout=PATIENCE_MS)
        window.panels.want("search", True)
        search.search_words("a red balloon")
        qtbot.waitUntil(lambda: not search.is_running, timeout=PATIENCE_MS)
        assert search.counts.total == len(SCENES)
        search.explain_rest()
        qtbot.waitUntil(lambda: len(search.hits) == len(SCENES) and not search.is_running, timeout=PATIENCE_MS)
        expected = exclip_desktop.search(
            exclip_desktop.load_model("demo", device=state.facts.device),
            tmp_path / "list.jsonl",
            "a red balloon",
            cache=FactorCache(tmp_path / "factors"),
            quadrature="gauss-legendre",
            steps=STEPS,
        )
        assert [hit.picture for hit in search.hits] == [hit.picture for hit in expected.hits]
        for hit, other in zip(search.hits, expected.hits, strict=True):
            assert hit.numbers == pytest.approx(other.numbers, abs=1e-9)
            assert hit.box == other.box
        first = next(hit for hit in search.hits if hit.picture == scenes[99].picture)
        assert first.words[0] in ("red", "balloon")
        search.open(first)
        qtbot.waitUntil(
            lambda: state.explanation is not None and state.explanation.caption.text == scenes[99].caption,
            timeout=PATIENCE_MS,
        )
        assert [region.box for region in state.selection.regions] == [first.box]
        assert set(state.selection.rows) <= set(state.explanation.caption.rows_of("a red balloon"))
        assert state.selection.rows
    finally:
        window.close()
