"""The real window, its models dialog and the commands, offline: no socket is opened."""

from pathlib import Path

import pytest
from huggingface_hub import constants
from pytestqt.qtbot import QtBot

from exclip_desktop.cli.main import main
from exclip_desktop.session.library import model_advice
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.models.models_dialog import ModelsDialog
from exclip_desktop.ui.window import Window
from tests.conftest import TINY, save_random_model, tiny_config
from tests.ui.fakes import make_blank_picture
from tests.ui.window.test_widgets import child
from tests.unit.models.test_download import no_network, tag
from tests.unit.models.test_download import web as web
from tests.unit.models.web import Web


def test_the_window_starts_and_explains_without_a_socket(qtbot: QtBot, tmp_path: Path) -> None:
    session = Session(SettingsFile(tmp_path / "settings.json"), None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    state = session.state
    with no_network():
        session.start()
        qtbot.waitUntil(lambda: state.explanation is not None, timeout=60_000)
        session.explain_controller.type_caption("a red dog")
        qtbot.waitUntil(lambda: state.explanation.caption.text == "a red dog", timeout=60_000)
        session.library.refresh()
        qtbot.waitUntil(lambda: bool(session.library.models), timeout=60_000)
        session.library.set_default(ModelChoice("ViT-L-14", pretrained="openai"))
        session.explain_controller.choose_model(
            ModelChoice("ViT-L-14", pretrained="openai")
        )  # not here: refused, not fetched
        qtbot.waitUntil(lambda: state.notice is not None, timeout=60_000)
        window.close()
    assert "the network is off" in state.notice.message


@pytest.mark.parametrize(
    "command",
    [
        ["explain", "--sample", "1", "--span", "cat", "--box", "10,10,90,90", "--measure", "mean"],
        ["profile", "--sample", "1", "--quadrature", "gauss-legendre", "--steps", "1"],
        ["map", "--sample", "1"],
        ["models", "list", "--all"],
        ["doctor"],
    ],
)
def test_commands_open_no_socket(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with no_network():
        assert main(command) == 0
    assert capsys.readouterr().out


def test_the_dialog_shows_the_real_list_and_opens_no_socket(qtbot: QtBot, tmp_path: Path) -> None:
    session = Session(SettingsFile(tmp_path / "settings.json"), None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    with no_network():
        window.commands["models"].trigger()
        dialog = window.findChild(ModelsDialog)
        rows = child(dialog, "Models").model()
        qtbot.waitUntil(lambda: rows.rowCount() > 190, timeout=60_000)
        for row in range(rows.rowCount()):
            child(dialog, "Models").selectRow(row)
        child(dialog, "Search").setText("siglip")
        dialog.reject()
    assert session.library.models[0].name == "demo"
    assert child(window.status, "Network").text() == "Offline"


def test_one_click_fetches_a_published_model_and_explains_an_own_picture_by_it(
    qtbot: QtBot, tmp_path: Path, architecture: str, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_random_model(tmp_path / "published", tiny_config())
    web.publish("nobody/tiny", "open_clip_model.safetensors", (folder / "open_clip_model.safetensors").read_bytes())
    tag(monkeypatch, hf_hub="nobody/tiny/")
    monkeypatch.setattr(model_advice, "RECOMMENDED", ((TINY, "tagged"),))
    store = SettingsFile(tmp_path / "settings.json")
    session = Session(store, None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    state = session.state
    session.start(make_blank_picture(tmp_path / "mine.png"), "a red dog")
    qtbot.waitUntil(lambda: state.explanation is not None and window.model_bar.isVisible(), timeout=60_000)
    assert web.requests == []
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:1/{repo_id}/{revision}/{filename}")
    window.model_bar.answered.emit("first")
    qtbot.waitUntil(lambda: state.notice is not None, timeout=60_000)
    assert "nobody/tiny cannot be fetched" in state.notice.message
    assert "Check the network" in state.notice.hint
    assert window.model_bar.isVisible()
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", web.url + "/{repo_id}/resolve/{revision}/{filename}")
    web.cuts = [1000]
    window.model_bar.answered.emit("first")
    qtbot.waitUntil(lambda: state.provenance.choice.title == f"{TINY} (tagged)", timeout=60_000)
    assert (state.explanation.caption.text, state.facts.name) == ("a red dog", f"{TINY} (tagged)")
    assert [request.range for request in web.fetched] == ["", "bytes=1000-"]  # continued where it had broken off
    assert session.settings.default_model() == ModelChoice(TINY, pretrained="tagged")
    assert state.notice is None
    window.close()
