"""The settings file: only plain values, checked one by one; damaged files, shared files, and those of version 0.3.0."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QSettings

from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.window_settings import Settings
from exclip_desktop.session.worker.requests import ModelChoice


def saved(tmp_path: Path, values: Any) -> Settings:
    """Return the settings of a file with ``values``."""
    path = tmp_path / "settings.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return Settings(SettingsFile(path))


def test_values_come_back_and_a_tuple_is_a_list(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    settings = Settings(SettingsFile(path))
    settings.save_view(View(opacity=0.25, colours="safe"))
    settings.save_methods(("rollout", "grad-cam"))
    settings.geometry.put("window", QByteArray(b"\x00\xff\x01"))
    settings.appearance.save_hidden_panels(("matrix",))
    again = Settings(SettingsFile(path))
    assert again.view() == View(opacity=0.25, colours="safe")
    assert set(again.methods()) == {"rollout", "grad-cam"}
    assert again.geometry.get("window").data() == b"\x00\xff\x01"
    assert again.appearance.hidden_panels() == ("matrix",)
    assert again.problem() == ""
    assert json.loads(path.read_text())["shape/window"] == "AP8B"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"theme": "pink"}, "theme"),
        ({"view": {"colours": "safer", "grey": False}}, "view.colours"),
        ({"view": {"opacity": 1e308, "grey": False}}, "view.opacity"),
        ({"view": {"opacity": "NaN"}}, "view.opacity"),
        ('{"view": {"opacity": NaN, "picture_limit": Infinity}}', "view.opacity, view.picture_limit"),
        ({"view": []}, "view"),
        ({"how": {"steps": 10**400}}, "how.steps"),
        (
            {"how": {"steps": "pool", "quadrature": "simpson", "tolerance": 2}},
            "how.quadrature, how.steps, how.tolerance",
        ),
        ({"how": {"image_layer": "stem"}}, "how.image_layer"),
        ({"recent": [1, 2], "device": 7}, "device, recent"),
        ({"added_models": [{"name": 3}]}, "added_models"),
        ({"default_model": {"name": {"a": 1}}}, "default_model.name"),
        ({"rating_keys": {"a": 1}, "hidden_panels": "matrix"}, "hidden_panels, rating_keys"),
        ({"shape/window": "not base64!"}, "shape/window"),
        ({"shape/window": "AAA"}, "shape/window"),
        ({"studies_folder": "x" * 40_000}, "studies_folder"),
        ({"start": "never", "prompts_label": 1}, "prompts_label, start"),
    ],
    ids=str,
)
def test_a_refused_value_has_its_default_and_one_note_names_it(values: Any, names: str, tmp_path: Path) -> None:
    settings = saved(tmp_path, values)
    assert settings.problem() == (
        f"Saved settings that could not be read have their defaults: {names}. The file is {tmp_path / 'settings.json'}."
    )
    assert (settings.explain_settings(), settings.default_model()) == (ExplainSettings(), ModelChoice())
    assert settings.view() in (View(), View(grey=False))
    assert settings.recent_pictures.paths() == []
    assert settings.appearance.theme() == "system"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "null", "[" * 3000, '{"a": ' * 100 + "1" + "}" * 100, "\x00" * 50]
)
def test_a_damaged_file_is_kept_beside_and_named(text: str, tmp_path: Path) -> None:
    settings = saved(tmp_path, text)
    assert "could not be read and have their defaults" in settings.problem()
    assert (tmp_path / "settings-damaged.json").read_text() == text
    assert settings.view() == View()
    settings.save_device("cpu")
    assert Settings(SettingsFile(tmp_path / "settings.json")).device() == "cpu"


def test_a_value_of_a_newer_version_stays(tmp_path: Path) -> None:
    saved(tmp_path, {"newer": [1, 2]}).save_device("cpu")
    assert json.loads((tmp_path / "settings.json").read_text()) == {"newer": [1, 2], "device": "cpu"}


def test_two_programs_keep_each_others_changes(tmp_path: Path) -> None:
    one, other = (SettingsFile(tmp_path / "settings.json") for _ in range(2))
    one.write("theme", "dark")
    other.write("device", "cpu")
    one.write("start", "resume")
    assert json.loads((tmp_path / "settings.json").read_text()) == {"theme": "dark", "device": "cpu", "start": "resume"}


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(SettingsFile(tmp_path / "file" / "settings.json"))
    settings.save_device("cpu")
    assert settings.device() == "cpu"


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (str(self.path), "w")


def test_settings_of_version_0_3_0_are_read_without_qt(tmp_path: Path) -> None:
    older = tmp_path / "settings.conf"
    store = QSettings(str(older), QSettings.Format.IniFormat)
    view = {"colours": "safe", "opacity": 0.5, "grey": False}
    paths = ['/pictures/ä "quoted", \\ and ; =.png', "/b.png", "/日本.png"]
    store.setValue("view", json.dumps(view))
    store.setValue("recent", json.dumps(paths))
    store.setValue("recent_sources", json.dumps(paths, ensure_ascii=False))
    store.setValue("theme", json.dumps("dark"))
    store.setValue("device", json.dumps(None))
    store.setValue("prompts_label", json.dumps(True))
    store.setValue("shape/window", QByteArray(bytes(range(256)) * 2))
    store.sync()
    settings = Settings(SettingsFile(tmp_path / "settings.json", older))
    assert settings.problem() == ""
    assert settings.view() == View(colours="safe", opacity=0.5, grey=False)
    assert settings.recent_pictures.paths() == settings.recent_sources.paths() == paths
    assert settings.appearance.theme() == "dark"
    assert settings.annotating.prompts_label() is True
    assert settings.geometry.get("window").data() == bytes(range(256)) * 2
    settings.save_device("cpu")
    settings = Settings(SettingsFile(tmp_path / "settings.json", older))
    assert settings.appearance.theme() == "dark"


def test_no_pickle_in_settings_runs(tmp_path: Path) -> None:
    older, mark = tmp_path / "settings.conf", tmp_path / "ran"
    pickled = pickle.dumps(Evil(mark), 0).decode("latin-1").encode("unicode_escape").decode()
    variant = f"@Variant(\\0\\0\\0\\x7f\\0\\0\\0\\x1cPySide::PyObjectWrapper\\0\\0\\0\\0\\x30{pickled})"
    older.write_text(f'[General]\ntheme={variant}\nview={variant}\ndevice="{variant}"\n\n[shape]\nwindow={variant}\n')
    settings = Settings(SettingsFile(tmp_path / "settings.json", older))
    assert settings.view() == View()
    assert settings.appearance.theme() == "system"
    assert settings.geometry.get("window").isEmpty()
    assert not mark.exists()


def test_a_drag_writes_once_and_the_end_of_the_program_does_not_wait(tmp_path: Path, qapp: Any) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(SettingsFile(path))
    for step in range(1, 60):
        settings.save_view(View(opacity=step / 100))
    assert settings.view() == View(opacity=0.59)
    assert not path.exists()
    settings.flush()
    assert Settings(SettingsFile(path)).view() == View(opacity=0.59)
    settings.save_view(View(opacity=0.1))
    settings.save_device("cpu")
    assert Settings(SettingsFile(path)).view() == View(opacity=0.1)
