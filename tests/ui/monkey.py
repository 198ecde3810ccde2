"""Random actions: everything that a person can do with the mouse, the keys and the menus, in any order."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QContextMenuEvent, QDropEvent, QGuiApplication, QImage, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)

from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.action_table import ACTIONS
from exclip_desktop.ui.widgets.widget_tree import find_parts
from tests.ui.erratic_desk import WORDS, ErraticDesk
from tests.ui.stopwatch import Stopwatch

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CONTROL, ALT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("Shift", "Control", "Alt"))
MODIFIERS = (NONE, NONE, NONE, SHIFT, CONTROL, ALT)
PLAIN_KEYS = (
    *("Left", "Right", "Up", "Down", "Home", "End", "PageUp", "PageDown", "Return", "Escape", "Delete", "Space", "Tab"),
    *("Backtab", "F2", "F10", "Menu", "Backspace", "Plus"),
)
KEYS = tuple(getattr(Qt.Key, f"Key_{name}") for name in PLAIN_KEYS)
ENDS = ("quit",)  # a start of its own follows
TEXTS = ("dog", "a red cat", "xyz", "rating:match", "tag:new", "score:>0.1", "is:unrated", '"', "residual:<", "12")
KINDS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit, QTabBar)
VISITS = 3
VISIT_MS = 2


class Monkey:
    """Performs one random action at a time, and acts in every dialog and menu that comes up, until it closes it.

    Attributes:
        stopwatch: measures the window meanwhile.
        count: the number of actions.

    """

    def __init__(self, desk: ErraticDesk, stopwatch: Stopwatch) -> None:
        self.desk, self.rng, self.stopwatch = desk, desk.rng, stopwatch
        self.count, self.action, self._visits = 0, "", 0
        self._visiting = True
        self.tricks: tuple[tuple[float, Callable[[], None]], ...] = (
            *((10, self.drag), (8, self.click), (6, self.hover), (12, self.press_shortcut), (10, self.press_key)),
            *((14, self.trigger), (3, self.choose_in_menu), (14, self.poke), (5, self.open_menu), (2, self.turn_wheel)),
            *((5, self.type), (4, self.type_text), (5, self.open), (2, self.drop), (2, self.paste), (6, self.walk)),
            *(
                (2, self.hold),
                (3, self.release),
                (1, self.cancel),
                (1, self.resize),
                (1, self.switch_theme),
                (2, self.close_windows),
            ),
            *((1, self.compare), (0.5, self.pair_models), (1, self.listen), (0.15, self.start_again)),
        )
        weights = np.array([weight for weight, _ in self.tricks])
        self.shares = weights / weights.sum()

    def act(self) -> None:
        """Do one thing, and let the window answer."""
        trick = self.tricks[int(self.rng.choice(len(self.tricks), p=self.shares))][1]
        self.count, self.action = self.count + 1, trick.__name__
        self.stopwatch.mark()
        self._perform(trick)
        self.stopwatch.mark()
        QApplication.processEvents()
        self.stopwatch.mark()
        self._close_all()

    def look(self) -> None:
        """Check that rows and regions exist, and that an answer on screen belongs to the picture on screen."""
        state = self.desk.session.state
        assert state.current_region is None or state.current_region < len(state.selection.regions)
        if state.explanation is None:
            assert not state.stale
            return
        height, width = state.canvas_picture.picture.pixels.shape[:2]
        assert state.explanation.geometry.source_size == (width, height)
        assert all(row < len(state.explanation.tokens) for row in state.selection.rows)

    def settle(self) -> None:
        """Close dialogs, let all gates open, and process events."""
        self._close_all()
        self.desk.engine.release()
        QApplication.processEvents()

    def name(self, text: str) -> None:
        """Name the current action, for reports."""
        self.action = text
        self.stopwatch.action = f"{self.count}: {text}"

    def choose(self, things: Any) -> Any:
        things = list(things)
        return things[int(self.rng.integers(len(things)))]

    def _perform(self, trick: Callable[[], None]) -> None:
        self.name(trick.__name__)
        self._visits = 0
        QTimer.singleShot(VISIT_MS, self._visit)
        trick()

    # dialogs and menus

    def _visit(self) -> None:
        """Act in the dialog or menu that waits, a few times, then close it; called from within its own event loop."""
        popup = QApplication.activePopupWidget()
        widget = popup or QApplication.activeModalWidget()
        if widget is None:
            return
        self._visits += 1
        QTimer.singleShot(VISIT_MS, self._visit)  # also in dialogs that this opens
        if self._visits > VISITS:
            widget.close()
        elif isinstance(widget, QMenu):
            self.choose_from(widget)
        else:
            self._poke_in(widget)

    def _close_all(self) -> None:
        for _ in range(20):
            widget = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if widget is None:
                return
            widget.close()
            QApplication.processEvents()
        raise AssertionError(f"{widget} cannot be closed")

    def choose_from(self, menu: QMenu) -> None:
        """Trigger one action of a menu, or leave it."""
        menu.aboutToShow.emit()
        actions = [action for action in menu.actions() if action.isEnabled() and not action.isSeparator()]
        if not actions or self.rng.random() < 0.2:
            QTest.keyClick(menu, self.choose((Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Right)))
            return
        action: QAction = self.choose(actions)
        if action is self.desk.window.commands["quit"]:
            return
        self.name(f"{self.action} › {action.text()}")
        menu.close()
        if action.menu() is not None:
            self.choose_from(action.menu())
        else:
            action.trigger()

    # the mouse and the keys

    def place(self, widget: QWidget) -> QPoint:
        x, y = self.rng.random(2)
        return QPoint(int(x * widget.width()), int(y * widget.height()))

    def canvas_or_words(self) -> QWidget:
        """A place where heat or words are shown."""
        window = self.desk.window
        views = list(window.grid.views)
        if views and self.rng.random() < 0.6:
            view = self.choose(views)
            return view.strip if self.rng.random() < 0.4 else view.canvas.view.viewport()
        return self.choose((window.canvas.view.viewport(), window.strip, window.inspector))

    def drag(self) -> None:
        widget, modifier = self.canvas_or_words(), self.choose(MODIFIERS)
        QTest.mousePress(widget, LEFT, modifier, self.place(widget))
        for _ in range(3):
            QTest.mouseMove(widget, self.place(widget))
        if self.rng.random() < 0.1:
            QTest.keyClick(self.desk.window, Qt.Key.Key_Escape)
        QTest.mouseRelease(widget, LEFT, modifier, self.place(widget))

    def click(self) -> None:
        widget = self.canvas_or_words()
        press = QTest.mouseClick if self.rng.random() < 0.8 else QTest.mouseDClick
        press(widget, LEFT, self.choose(MODIFIERS), self.place(widget))

    def hover(self) -> None:
        widget = self.canvas_or_words()
        QTest.mouseMove(widget, self.place(widget))

    def _focused(self) -> QWidget:
        window = self.desk.window
        if self.rng.random() < 0.5:
            return window.stage.canvas.view
        return QApplication.focusWidget() or window

    def press_key(self) -> None:
        key, target = self.choose(KEYS), self._focused()
        self.name(f"press {key.name} on {type(target).__name__}")
        QTest.keyClick(target, key, self.choose(MODIFIERS))

    def press_shortcut(self) -> None:
        spec = self.choose([spec for spec in ACTIONS if spec.shortcuts and spec.name not in ENDS])
        target = self._focused()
        self.name(f"press {spec.shortcuts[0]} ({spec.name}) on {type(target).__name__}")
        pressed = QKeySequence(self.choose(spec.shortcuts))[0]
        QTest.keyClick(target, pressed.key(), pressed.keyboardModifiers())

    def trigger(self) -> None:
        spec = self.choose([spec for spec in ACTIONS if spec.name not in ENDS])
        self.name(f"trigger {spec.name}")
        self.desk.window.commands[spec.name].trigger()

    def choose_in_menu(self) -> None:
        menus = [action.menu() for action in self.desk.window.commands.values() if action.menu() is not None]
        self.choose_from(self.choose(menus))

    def turn_wheel(self) -> None:
        widget = self.canvas_or_words() if self.rng.random() < 0.5 else self._any_widget()
        self._turn(widget)

    def _turn(self, widget: QWidget) -> None:
        at, turn = self.place(widget), QPoint(0, self.choose((-120, 120)))
        buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        modifier = self.choose((NONE, CONTROL))
        event = QWheelEvent(
            QPointF(at), QPointF(widget.mapToGlobal(at)), QPoint(), turn, buttons, modifier, phase, False
        )
        QApplication.sendEvent(widget, event)

    def open_menu(self) -> None:
        """Ask for a context menu on a picture, words, a list or anything else."""
        window = self.desk.window
        dock = window.pair_list_dock
        views = (dock.view.viewport(), window.findings.view.viewport(), window.box_list_dock, dock.table)
        widget = self.choose((self.canvas_or_words(), self.choose(views), self._any_widget()))
        self.name(f"context menu of {type(widget).__name__} {widget.objectName()}")
        at = self.place(widget)
        reason = self.choose((QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard))
        if reason == QContextMenuEvent.Reason.Mouse:
            QTest.mouseClick(widget, Qt.MouseButton.RightButton, NONE, at)
        QApplication.sendEvent(widget, QContextMenuEvent(reason, at, widget.mapToGlobal(at)))

    def _any_widget(self) -> QWidget:
        tops = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
        other = [widget for widget in tops if widget is not self.desk.window]
        top = self.choose(other) if other and self.rng.random() < 0.4 else self.desk.window
        return self.choose(self._parts_of(top) or [top])

    def _parts_of(self, top: QWidget) -> list[QWidget]:
        return [
            part
            for part in find_parts(top, QWidget)
            if isinstance(part, KINDS) and part.isEnabled() and part.isVisibleTo(top)
        ]

    def poke(self) -> None:
        """Use a button, list, field, slider or tab of any window that is open."""
        self._use(self._any_widget())

    def _poke_in(self, top: QWidget) -> None:
        self._use(self.choose(self._parts_of(top) or [top]))

    def _use(self, part: QWidget) -> None:
        label = part.text() if isinstance(part, QAbstractButton | QLineEdit) else part.objectName()
        self.name(f"{self.action} › {type(part).__name__} {label!r} of {type(part.window()).__name__}")
        target = part.viewport() if isinstance(part, QAbstractItemView | QPlainTextEdit) else part
        how = self.rng.random()
        if isinstance(part, QLineEdit | QPlainTextEdit) and how < 0.6:
            self._write(part, self.choose(TEXTS))
        elif how < 0.6:
            at = target.rect().center() if isinstance(part, QAbstractButton) else self.place(target)
            QTest.mouseClick(target, LEFT, self.choose(MODIFIERS), at)
        elif how < 0.7:
            QTest.mouseDClick(target, LEFT, NONE, self.place(target))
        elif how < 0.8:
            self._turn(target)
        else:
            part.setFocus()
            QTest.keyClick(part, self.choose(KEYS), self.choose(MODIFIERS))

    def _write(self, field: QWidget, text: str) -> None:
        for letter in text:
            QTest.keyClicks(field, letter)
            self.stopwatch.mark()

    # what the program opens and computes

    def type(self) -> None:
        words = self.rng.choice(WORDS, int(self.rng.integers(0, 6)))
        field = self.desk.window.caption
        if self.rng.random() < 0.5:
            self.desk.session.caption_keeper.type_caption(" ".join(words))
            return
        for line in find_parts(field, QLineEdit)[:1] or find_parts(field, QPlainTextEdit)[:1]:
            line.setFocus()
            QTest.keySequence(line, QKeySequence("Ctrl+A"))
            self._write(line, " ".join(words))

    def type_text(self) -> None:
        """Type into a filter."""
        window = self.desk.window
        line = self.choose((window.pair_list_dock.filter.line, window.findings.filter.line))
        if self.rng.random() < 0.4:
            line.clear()
        self._write(line, self.choose(TEXTS))
        if self.rng.random() < 0.5:
            QTest.keyClick(line, self.choose(KEYS))

    def open(self) -> None:
        path = self.choose(self.desk.paths)
        self.name(f"open {path}")
        self.desk.session.open(path)

    def _data(self) -> QMimeData:
        data, kind = QMimeData(), self.rng.random()
        if kind < 0.5:
            chosen = [self.choose(self.desk.paths) for _ in range(int(self.rng.integers(1, 3)))]
            data.setUrls([QUrl.fromLocalFile(path) for path in chosen])
            self.name(f"{self.action} {chosen}")
        elif kind < 0.8:
            image = QImage(int(self.rng.integers(1, 300)), 40, QImage.Format.Format_RGB32)
            image.fill(0x446688)
            data.setImageData(image)
        elif kind < 0.9:
            data.setText("a dog")
        return data

    def drop(self) -> None:
        data, action = self._data(), Qt.DropAction.CopyAction
        self.desk.window.dropEvent(QDropEvent(QPointF(9, 9), action, data, LEFT, NONE))

    def paste(self) -> None:
        QGuiApplication.clipboard().setMimeData(self._data())
        self.desk.window.commands["paste"].trigger()

    def walk(self) -> None:
        navigation, view = self.desk.session.pair_navigation, self.desk.window.pair_list_dock.view
        if not navigation.pairs:
            self.desk.session.open(self.desk.files["lists"][0])
        elif self.rng.random() < 0.5:
            navigation.step(self.choose((-1, 1)))
        else:
            target = view.viewport()
            QTest.mouseClick(target, LEFT, self.choose(MODIFIERS), self.place(target))

    def hold(self) -> None:
        """Let the next answers be late."""
        self.choose(self.desk.engine.gates[:3] * 3 + self.desk.engine.gates).clear()

    def release(self) -> None:
        self.desk.engine.release()

    def cancel(self) -> None:
        self.desk.session.cancel()

    def resize(self) -> None:
        self.desk.window.resize(self.choose((960, 1280, 1900)), self.choose((640, 800, 1050)))

    def close_windows(self) -> None:
        """Close the windows beside the main one, which stay open otherwise."""
        for top in QApplication.topLevelWidgets():
            if top.isVisible() and top is not self.desk.window:
                top.close()

    def switch_theme(self) -> None:
        self.desk.session.settings.appearance.choose_theme(self.choose(("system", "light", "dark")))

    def compare(self) -> None:
        chosen = self.rng.choice(sorted(all_methods()), int(self.rng.integers(1, 5)), replace=False)
        self.desk.session.compare_methods(tuple(str(one) for one in chosen))

    def pair_models(self) -> None:
        second = self.desk.session.second_model
        if second.is_open:
            second.close()
        else:
            second.open(ModelChoice("other"))

    def listen(self) -> None:
        """Wait a moment for answers and timers."""
        QTest.qWait(int(self.rng.integers(1, 60)))

    def start_again(self) -> None:
        """Close the program in the middle of whatever it does, and start it again."""
        self.desk.close()
        self.desk.open(*([self.choose(self.desk.paths)] if self.rng.random() < 0.5 else []))
        self.stopwatch.skip()  # there was no window to wait for
