"""The caption's words as coloured chips that show their values and can be selected."""

from math import ceil
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from exclip_desktop.core.text.caption_chips import make_chips, make_note
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.text.word_signs import WHY_BLUE
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.ui.caption.strip_heat import StripHeat, plain_fills
from exclip_desktop.ui.caption.strip_layout import COMPACT, USUAL, Place, StripLayout
from exclip_desktop.ui.caption.strip_paint import AROUND, StripMarks, StripSheet
from exclip_desktop.ui.caption.strip_picking import Picker, Rows, describe_rows
from exclip_desktop.ui.caption.word_menu import WordMenu
from exclip_desktop.ui.widgets.widget_tree import find_parts

Key = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
STEPS: Final = {Key.Key_Left: -1, Key.Key_Right: 1}
LINES: Final = {Key.Key_Up: -1, Key.Key_Down: 1}
ENDS: Final = {Key.Key_Home: 1, Key.Key_End: -1}
BY_KEY: Final = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
EMPTY: Final = "The words of the caption appear here."
NO_VALUES: Final = "no word values"


class TokenStrip(QWidget):
    """The words of the caption, coloured by their values; words that the model did not read are greyed.

    Signals:
        rows_changed(rows): rows to select, tuple[int, ...]; follows a drag, and precedes ``rows_committed``.
        rows_committed(before, after): a gesture or key has ended with other rows than it started with.
        rows_widened(before, after): the same, for the second click of a double click.
        rows_hovered(rows): rows under the pointer, () for none; not while a button is pressed.
        note_requested(): a finding should be noted, by a word's menu.
        sign_explained(question, answer): a question about a word's sign was chosen in its menu.
        cursor_moved(int, int): top and bottom, in the strip's pixels, of the area to scroll into view.
    """

    rows_changed = Signal(object)
    rows_committed = Signal(object, object)
    rows_widened = Signal(object, object)
    rows_hovered = Signal(object)
    note_requested = Signal()
    sign_explained = Signal(str, str)
    cursor_moved = Signal(int, int)

    def __init__(self, state: Scene, parent: QWidget | None = None, *, compact: bool = False) -> None:
        """Show ``state``; ``compact``: with little free space, and one line at least."""
        super().__init__(parent)
        self._state, self._spacing = state, COMPACT if compact else USUAL
        self._heat = StripHeat(state)
        self._picker = Picker()
        self._sheet = StripSheet((), self.font(), self._spacing)
        self._last_height = 0
        self._ring = False
        self._hovered: Rows = ()
        self._under: Place | None = None
        self._taken: Rows = ()  # the last selection made here
        self._described_rows: Rows | None = None  # the selection in the accessible description
        self.setAccessibleName("Words of the caption")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        state.answer_changed.connect(self._on_answer_changed)
        state.view_changed.connect(self._on_answer_changed)
        state.selection_changed.connect(self._on_selection_changed)
        state.preview_changed.connect(self.update)
        for signal in (state.stale_changed, state.heat_mode_changed):
            signal.connect(self.update)
        self._on_answer_changed()
        self._follow_selection()

    @property
    def limit(self) -> float:
        """The end of the colour range, in units of the score."""
        return self._heat.limit

    @property
    def own_limit(self) -> float:
        """The end of the colour range of this strip's values alone."""
        return self._heat.own_limit

    def set_least_limit(self, limit: float) -> None:
        """Extend the colour range to ``limit`` at least, so that strips share a range; 0 uses its own."""
        if limit != self._heat.least_limit:
            self._heat.least_limit = limit
            self.update()

    def sizeHint(self) -> QSize:
        """Return a comfortable size: two lines."""
        return QSize(480, self._height_of(2))

    def minimumSizeHint(self) -> QSize:
        """Return the minimum size: a word or two on one line."""
        return QSize(160 if self._spacing is USUAL else 80, self._height_of(1))

    def heightForWidth(self, width: int) -> int:
        """Return the height that shows every chip in a strip ``width`` wide; without chips, that of the last ones."""
        needed = self._last_height if not self._picker.chips else ceil(self._sheet.placed(width).height)
        return max(needed, self.minimumSizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Measure the words again when the font changes."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        """Show tooltips, claim the strip's keys before shortcuts, and notice how the focus came."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(event)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_own_key(event):
            event.accept()
            return True
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusIn and event.reason() in BY_KEY:
            self._ring = True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the chips that need it."""
        painter = QPainter(self)
        if self._state.answer is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, EMPTY)
        else:
            fills = self._heat.fills if self._heat.has_values else plain_fills(self._picker.chips, self.palette())
            area = QRectF(event.rect())
            self._sheet.painter(self.width()).paint(
                painter, self.palette(), fills, self._marks(), area, stale=self._state.stale
            )
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to select a word, or with Alt a token; Shift extends the last run, Ctrl adds to the selection."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._hide_ring()
        self._end_preview()
        place = self._place_at(event)
        extend, toggle, tokens = (bool(event.modifiers() & modifier) for modifier in (SHIFT, CTRL, ALT))
        if (place is None and (extend or toggle)) or (place is not None and not self._picker.rows_at(place)):
            return
        before = self._state.selection.rows
        self._under = place
        self._emit_rows(before, self._picker.begin(before, place, tokens=tokens, extend=extend, toggle=toggle))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag, or preview the word under the pointer."""
        gesture = self._picker.gesture
        if gesture is None:
            if event.buttons() == Qt.MouseButton.NoButton:
                self._hover(self._place_at(event), tokens=bool(event.modifiers() & ALT))
            return
        at = event.position()
        place = self._place_at(event) if gesture.start is None else self._placed.nearest(at.x(), at.y())
        if place is not None and place != self._under:
            self._under = place
            self._emit_rows(gesture.rows, self._picker.drag(place))
            self._reveal(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the gesture."""
        done = self._picker.end() if event.button() == Qt.MouseButton.LeftButton else None
        if done is not None:
            self._under = self._place_at(event)
            self._commit(done.before, done.rows)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the phrase around a word; with a modifier, the second click is an ordinary click."""
        place, answer = self._place_at(event), self._state.answer
        word = None if place is None else self._picker.chips[place[0]].word
        is_unmodified = event.button() == Qt.MouseButton.LeftButton and not event.modifiers() & (ALT | CTRL | SHIFT)
        if not is_unmodified or word is None or answer is None:
            self.mousePressEvent(event)
            return
        before, rows = self._state.selection.rows, self._picker.phrase(answer.caption.words, word)
        self._emit_rows(before, rows)
        if rows != before:
            self.rows_widened.emit(before, rows)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the menu of the word under the mouse, or by the keyboard of the word at the cursor."""
        at = event.pos()
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self._picker.cursor if by_key else self._placed.place_at(at.x(), at.y())
        if place is None or not self._picker.rows_at(place):
            event.ignore()
            return
        where = QRectF(*self._placed.rect_of(place)).bottomLeft().toPoint() if by_key else at
        self._end_preview()
        self._word_menu(place[0]).popup(self.mapToGlobal(where))

    def leaveEvent(self, event: QEvent) -> None:
        """End the preview."""
        self._end_preview()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, extend, toggle or select all."""
        if self._picker.gesture is not None or not _is_own_key(event):
            super().keyPressEvent(event)
            return
        self._ring = True
        self._take(self._rows_by_key(event))
        if self._picker.cursor is not None:
            self._reveal(self._picker.cursor)

    def _rows_by_key(self, event: QKeyEvent) -> Rows:
        """Return the selection after a key, and move the cursor."""
        key, before, picker = Key(event.key()), self._state.selection.rows, self._picker
        if key == Key.Key_A:
            return picker.everything()
        if key == Key.Key_Space:
            return picker.toggle(before)
        extend, keep, tokens = (bool(event.modifiers() & modifier) for modifier in (SHIFT, CTRL, ALT))
        place = self._target(key, tokens=tokens)
        return before if place is None else picker.move(before, place, tokens=tokens, extend=extend, keep=keep)

    def _target(self, key: Qt.Key, *, tokens: bool) -> Place | None:
        """Return the place that a key moves the cursor to."""
        cursor = self._picker.cursor
        if key in ENDS:
            return self._picker.neighbour(None, ENDS[key], tokens=tokens)
        if key in STEPS or cursor is None:
            return self._picker.neighbour(cursor, (STEPS | LINES)[key], tokens=tokens)
        x, y, width, height = self._placed.rect_of(cursor)
        return self._picker.nearest_read(
            self._placed.nearest(x + width / 2, y + height / 2 + LINES[key] * self._sheet.pitch)
        )

    def _word_menu(self, number: int) -> WordMenu:
        """Return the menu of a chip."""
        chip, place, before = self._picker.chips[number], (number, 0), self._state.selection.rows
        rows, answer = chip.rows, self._state.answer
        menu = WordMenu(chip.text, self)
        is_selected = set(before).issuperset(rows)
        others = set(before).difference(rows) if is_selected else set(before).union(rows)
        words = () if answer is None or chip.word is None else answer.caption.words
        menu.add_selecting(
            chip.text,
            lambda: self._take(self._picker.move(before, place, tokens=False, extend=False, keep=False)),
            lambda: self._take(tuple(sorted(others))),
            (lambda: self._take(self._picker.phrase(words, chip.word or 0))) if words else None,
            is_selected=is_selected,
        )
        reason = self._heat.explain(number)
        reasons = {WHY_BLUE: lambda: self.sign_explained.emit(WHY_BLUE, reason)} if reason else {}
        values = self._heat.values[number] if self._heat.has_values else []
        text = f"{chip.text}\t{format_signed(sum(values))}"
        copy = (lambda: QGuiApplication.clipboard().setText(text)) if values else None
        menu.add_rest(copy, reasons, self.note_requested.emit)
        return menu

    def _take(self, rows: Rows) -> None:
        """Select ``rows`` at once."""
        before = self._state.selection.rows
        self._emit_rows(before, rows)
        self._commit(before, rows)

    def _emit_rows(self, before: Rows, rows: Rows) -> None:
        if rows != before:
            self._taken = rows
            self.rows_changed.emit(rows)
        if self._ring:
            self.update()

    def _hide_ring(self) -> None:
        if self._ring:
            self._ring = False
            self.update()

    def _commit(self, before: Rows, rows: Rows) -> None:
        if rows != before:
            self.rows_committed.emit(before, rows)

    def _height_of(self, lines: int) -> int:
        return ceil(2 * self._spacing.margin + lines * self._sheet.pitch - self._spacing.line_gap)

    def _reveal(self, place: Place) -> None:
        _, top, _, height = self._placed.rect_of(place)
        margin = self._spacing.margin
        self.cursor_moved.emit(int(top - margin), ceil(top + height + margin))

    def _hover(self, place: Place | None, *, tokens: bool) -> None:
        rows = self._picker.rows_at(place, tokens=tokens)
        if place != self._under:
            self._under = place
            self._hovered, before = rows, self._hovered
            if rows != before:
                self.rows_hovered.emit(rows)

    def _end_preview(self) -> None:
        """End the preview, so that the picture shows the whole selection."""
        self._hover(None, tokens=False)

    def _marks(self) -> StripMarks:
        picker, state = self._picker, self._state
        ring = (picker.cursor or picker.neighbour(None, 1)) if self._ring and self.hasFocus() else None
        return StripMarks(frozenset(state.selection.rows), frozenset(state.preview.rows), ring)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        place = self._placed.place_at(event.pos().x(), event.pos().y())
        if place is None:
            QToolTip.hideText()
        else:
            rect = QRectF(*self._placed.rect_of(place)).toAlignedRect()
            QToolTip.showText(event.globalPos(), self._heat.tooltip(place[0]), self, rect)

    def _on_answer_changed(self) -> None:
        answer = self._state.answer
        chips = () if answer is None else make_chips(answer.caption, specials=self._state.view.specials)
        if answer is not None and not answer.interactions.values_words:
            chips = (make_note(NO_VALUES), *chips)
        self._heat.show(chips)
        if chips != self._picker.chips:
            for menu in find_parts(self, WordMenu):
                menu.close()  # its word may be gone
            self._last_height = self.heightForWidth(self.width())  # so that the canvas does not jump between two pairs
            self._picker.show(chips)
            self._end_preview()
            self._measure()
            self._follow_selection()
        self.update()

    def _on_selection_changed(self) -> None:
        """Repaint the changed chips: during a drag across words, one or two."""
        rows, before = self._state.selection.rows, self._described_rows or ()
        if rows != self._described_rows:
            self._follow_selection()
        if not self._heat.is_fresh:
            self.update()
            return
        changed, layout = set(rows) ^ set(before), self._placed
        for number, chip in enumerate(self._picker.chips):
            if not changed.isdisjoint(chip.rows):
                for n in range(len(chip.cells)):
                    rect = QRectF(*layout.rect_of((number, n)))
                    self.update(rect.adjusted(-AROUND, -AROUND, AROUND, AROUND).toAlignedRect())

    def _follow_selection(self) -> None:
        """Start runs at the selected words, unless they were selected here, and describe the selection."""
        rows = self._described_rows = self._state.selection.rows
        if rows != self._taken or self._picker.cursor is None:
            self._taken = rows
            self._picker.follow(rows)
        text = describe_rows(self._picker.chips, rows)
        self.setAccessibleDescription(f"Selected: {text}" if text else "No words selected")

    def _measure(self) -> None:
        """Measure the words in the current font."""
        self._sheet = StripSheet(self._picker.chips, self.font(), self._spacing)
        self.updateGeometry()
        self.update()

    @property
    def _placed(self) -> StripLayout:
        return self._sheet.placed(self.width())

    def _place_at(self, event: QMouseEvent) -> Place | None:
        return self._placed.place_at(event.position().x(), event.position().y())


def _is_own_key(event: QKeyEvent) -> bool:
    """Return whether the strip handles a key: arrows, Home, End, Space, Ctrl+A."""
    key, ctrl = event.key(), bool(event.modifiers() & CTRL)
    return key in STEPS or key in LINES or key in ENDS or key == Key.Key_Space or (key == Key.Key_A and ctrl)
