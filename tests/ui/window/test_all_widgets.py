"""Every view and dialog at 960×640: no text is cut, all that takes the focus has a name, and icons have tooltips."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QDialog,
    QGroupBox,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from tests.ui.window.dialog_desk import DialogDesk

ROOT = Path(__file__).parents[3]
NAMED_BY_TEXT = (QPushButton, QCheckBox, QRadioButton, QGroupBox, QToolButton)


@pytest.fixture
def dialog_desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> DialogDesk:
    return DialogDesk(qtbot, tmp_path, make_explanation)


def visible_children(widget: QWidget) -> list[QWidget]:
    return [child for child in widget.findChildren(QWidget) if child.isVisible() and child.window() is widget]


def describe(widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")() or widget.accessibleName() or widget.objectName()
    return f"{type(widget).__name__} {text!r}"


def cut_reason(widget: QWidget) -> str:
    """Return why a widget's text is cut, or ""."""
    hint, size = widget.sizeHint(), widget.size()
    if isinstance(widget, QLabel) and widget.text() and type(widget) is QLabel:
        if widget.wordWrap():
            needed = widget.heightForWidth(size.width())
            return f"height {size.height()} < {needed}" if size.height() < needed else ""
        return f"width {size.width()} < {hint.width()}" if size.width() < hint.width() else ""
    if isinstance(widget, QAbstractButton) and widget.text():
        short = size.width() < hint.width() - 1 and widget.minimumSizeHint().width() > size.width()
        return f"width {size.width()} < {hint.width()}" if short else ""
    return ""


def is_scrolled(widget: QWidget) -> bool:
    """Return whether the widget is in an area that scrolls."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def is_covered(widget: QWidget) -> bool:
    """Return whether a part of the widget lies outside its parents."""
    return not is_scrolled(widget) and widget.visibleRegion().boundingRect() != widget.rect()


def test_no_text_is_cut(dialog_desk: DialogDesk) -> None:
    cut: list[str] = []

    def visit(name: str, shown: QWidget) -> None:
        for widget in visible_children(shown):
            reason = cut_reason(widget)
            if reason:
                cut.append(f"{name}: {describe(widget)}: {reason}")
            elif isinstance(widget, QLabel | QAbstractButton) and is_covered(widget):
                cut.append(f"{name}: {describe(widget)}: outside its parent")
            if isinstance(widget, QScrollArea) and widget.horizontalScrollBar().maximum() > 0:
                cut.append(f"{name}: {describe(widget)}: scrolls sideways")

    dialog_desk.visit_all(visit)
    assert "\n".join(cut) == ""


def test_every_dialog_is_within_the_screen_and_the_window(dialog_desk: DialogDesk) -> None:
    outside: list[str] = []

    def visit(name: str, shown: QWidget) -> None:
        if not shown.screen().availableGeometry().contains(shown.frameGeometry()):
            outside.append(f"{name}: {shown.frameGeometry()}")
        if isinstance(shown, QDialog) and shown.minimumSizeHint().height() > 560:
            outside.append(f"{name}: needs {shown.minimumSizeHint()}")
        if isinstance(shown, QDialog) and (shown.minimumWidth() > 960 or shown.minimumHeight() > 560):
            outside.append(f"{name}: least size {shown.minimumSize()}")

    dialog_desk.visit_all(visit)
    assert outside == []


def name_of(widget: QWidget) -> str:
    """Return how a screen reader names a widget."""
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, NAMED_BY_TEXT) and (widget.title() if isinstance(widget, QGroupBox) else widget.text()):
        return "text"
    labels = [label for label in widget.window().findChildren(QLabel) if label.buddy() is widget]
    return labels[0].text() if labels else ""


def takes_focus(widget: QWidget) -> bool:
    if isinstance(widget, QScrollBar | QTabBar) or widget.focusProxy() is not None:
        return False
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def test_all_that_takes_the_focus_has_a_name_and_icons_have_tooltips(dialog_desk: DialogDesk) -> None:
    nameless: list[str] = []

    def visit(name: str, shown: QWidget) -> None:
        for widget in visible_children(shown):
            inside = (
                isinstance(widget.parentWidget(), QComboBox | QAbstractItemView | QTabBar)
                or "qt_" in widget.objectName()
            )
            if takes_focus(widget) and not inside and not name_of(widget):
                nameless.append(f"{name}: {describe(widget)} in {describe(widget.parentWidget())}")
            is_icon = isinstance(widget, QAbstractButton) and not widget.text()
            if is_icon and not inside and not widget.toolTip() and widget.parentWidget().objectName() != "qt_":
                nameless.append(f"{name}: no tooltip: {describe(widget)} in {describe(widget.parentWidget())}")

    dialog_desk.visit_all(visit)
    assert "\n".join(sorted(set(nameless))) == ""


def test_the_same_at_200_percent() -> None:
    """Run this file in a process in which a logical pixel has two by two device pixels."""
    options = ["--noconftest", "-p", "tests.ui.conftest"]  # the conftest of all tests imports torch, which takes longer
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "-k", "not 200", __file__]
    run = subprocess.run(
        command, env={**os.environ, "QT_SCALE_FACTOR": "2"}, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stdout[-3000:]
