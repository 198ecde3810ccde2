"""Messages: the banner over the canvas (what happened, what to do next, details) and the hint below the words."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QUndoStack,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from exclip_desktop.session.state import Notice, State
from exclip_desktop.ui.theme import ThemedIcons, error_colour, pixmap
from exclip_desktop.ui.widgets.file_manager import BUTTON_TEXT
from exclip_desktop.ui.widgets.labels import ClampedLabel
from exclip_desktop.ui.widgets.notice_bar import STRIPE_PX, is_escape, paint_notice_ground

ICON_PX: Final = 24
DETAILS_PX: Final = 110
WRITTEN_MS: Final = 12_000
MESSAGE_LINES: Final = 3  # a longer one would cover the picture in a small window
HINT_LINES: Final = 3
SELECT: Final = "Select words, or drag a box on the picture."
TYPE: Final = "Type what the picture shows."


class Banner(QFrame):
    """Shows ``state.notice``; hidden while there is none.

    With ``over`` it covers the top of that widget at its full width; without, the caller lays it out.

    Signals:
        closed(): the close button or Esc was pressed.
        cpu_requested(): the button "Use the CPU" was pressed.
        file_requested(path): the button "Show in folder" was pressed.
    """

    closed = Signal()
    cpu_requested = Signal()
    file_requested = Signal(object)

    def __init__(self, state: State, over: QWidget | None = None) -> None:
        super().__init__(over)
        self._state = state
        self._over = over
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoFillBackground(False)
        self._build()
        if over is not None:
            over.installEventFilter(self)
        self._timer = QTimer(self, singleShot=True, interval=WRITTEN_MS)
        self._timer.timeout.connect(self._on_timeout)
        state.notice_changed.connect(self._on_notice_changed)
        self._on_notice_changed()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Stay as wide as the widget beneath."""
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        """Claim Esc before the window's shortcut takes it; follow changes of text and palette."""
        if event.type() == QEvent.Type.ShortcutOverride and is_escape(event):
            event.accept()
            return True
        handled = super().event(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icon()
        elif event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return handled

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Close on Esc while the focus is in the banner."""
        if is_escape(event):
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Follow the height that wrapped text needs at this width."""
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Paint a tinted ground, a stripe in the accent's colour, and the focus."""
        paint_notice_ground(self, self._accent())

    def _build(self) -> None:
        self._icon = QLabel()
        self._message, self._hint = ClampedLabel(MESSAGE_LINES), ClampedLabel(HINT_LINES)
        self._message.setObjectName("bannerMessage")
        self._hint.setObjectName("bannerHint")
        for text in (self._message, self._hint):
            text.cut_changed.connect(self._show_more)
        font = self._message.font()
        font.setBold(True)
        self._message.setFont(font)
        self._details = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self._details.setObjectName("bannerDetails")
        self._details.setAccessibleName("Details")
        self._details.setFixedHeight(DETAILS_PX)
        self._copy = QPushButton("Copy")
        self._copy.setToolTip("Copy the details")
        self._copy.setAccessibleName("Copy the details")
        self._copy.clicked.connect(self._on_copy_clicked)
        grid = QGridLayout(self)
        grid.setContentsMargins(STRIPE_PX + 10, 8, 8, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._icon, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._message, 0, 1)
        grid.addWidget(self._hint, 1, 1)
        grid.addLayout(self._buttons(), 0, 2, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._details, 2, 1)
        grid.addWidget(self._copy, 2, 2, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)

    def _buttons(self) -> QHBoxLayout:
        self._cpu = QPushButton("Use the CPU")
        self._cpu.setToolTip("Explain this on the CPU: slower, but uses main memory")
        self._cpu.clicked.connect(self.cpu_requested)
        self._folder = QPushButton(BUTTON_TEXT)
        self._folder.setToolTip("Open the folder of the file in the file manager")
        self._folder.clicked.connect(self._on_folder_clicked)
        self._more = QPushButton("Details")
        self._more.setCheckable(True)
        self._more.setToolTip("Show the details of this message")
        self._more.setAccessibleName("Details")
        self._more.toggled.connect(self._on_more_toggled)
        self._close = QToolButton(autoRaise=True)
        self._close.setToolTip("Close")
        self._close.setAccessibleName("Close the message")
        self._close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._close.clicked.connect(self.closed)
        ThemedIcons(self).add(self._close, "close")
        row = QHBoxLayout()
        row.addWidget(self._cpu)
        row.addWidget(self._folder)
        row.addWidget(self._more)
        row.addWidget(self._close)
        return row

    def _on_notice_changed(self) -> None:
        notice = self._state.notice
        self._timer.stop()
        if notice is None:
            self.hide()
            return
        self._message.show_text(notice.message)
        self._hint.show_text(notice.hint)
        self._hint.setVisible(bool(notice.hint))
        self._cpu.setVisible(notice.offers_cpu)
        self._folder.setVisible(notice.file is not None)
        if notice.file is not None:
            self._timer.start()
        self._more.setChecked(False)
        self._show_more()
        self._on_more_toggled(False)
        self._show_icon()
        self._show_to_screen_readers(notice)
        self.show()
        self.raise_()
        self._arrange()

    def _show_more(self) -> None:
        """Offer details if there are any, or if the text is clipped; then they contain all of it."""
        notice = self._state.notice
        if notice is None:
            return
        cut = self._message.is_cut or self._hint.is_cut
        self._details.setPlainText(_join_parts(notice) if cut else notice.details)
        self._more.setVisible(cut or bool(notice.details))

    def _show_to_screen_readers(self, notice: Notice) -> None:
        # Qt gives a Python widget no way to take the alert role, so the name contains it and an alert event is sent.
        self.setAccessibleName(f"{'Alert' if notice.kind == 'error' else 'Note'}: {notice.message}")
        self.setAccessibleDescription(notice.hint)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _on_more_toggled(self, expanded: bool) -> None:
        self._details.setVisible(expanded)
        self._copy.setVisible(expanded)
        self._place()

    def _on_folder_clicked(self) -> None:
        notice = self._state.notice
        if notice is not None and notice.file is not None:
            self.file_requested.emit(notice.file)

    def _on_timeout(self) -> None:
        """Close a note of a written file, unless a person is about to use it."""
        focused = QApplication.focusWidget()
        if self.underMouse() or (focused is not None and self.isAncestorOf(focused)):
            self._timer.start()
        elif self.isVisible():
            self.closed.emit()

    def _on_copy_clicked(self) -> None:
        notice = self._state.notice
        if notice is not None:
            QGuiApplication.clipboard().setText(_join_parts(notice))

    def _arrange(self) -> None:
        """Take the height for the current message: Qt keeps the rows' heights from when the banner was hidden."""
        layout = self.layout()
        assert layout is not None
        layout.invalidate()
        self._place()

    def _place(self) -> None:
        if self._over is None:
            return
        width = self._over.width()
        size = QSize(width, min(self._over.height(), self.heightForWidth(width)))
        if self.size() != size:
            self.resize(size)

    def _accent(self) -> QColor:
        notice = self._state.notice
        if notice is not None and notice.kind == "error":
            return error_colour(self.palette())
        return self.palette().highlight().color()

    def _show_icon(self) -> None:
        notice = self._state.notice
        if notice is not None:
            self._icon.setPixmap(pixmap(notice.kind, ICON_PX, self._accent(), self.devicePixelRatioF()))


class HintLabel(QLabel):
    """One line that asks for a missing caption, and tells a beginner how to select; its room is always reserved."""

    def __init__(self, state: State, undo: QUndoStack, parent: QWidget | None = None) -> None:
        """Follow ``state``; a step on ``undo`` shows that the person knows how to select."""
        super().__init__(parent)
        self._state, self._undo, self._knows = state, undo, False
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        for signal in (state.canvas_picture_changed, state.caption_changed, state.answer_changed):
            signal.connect(self._show)
        undo.indexChanged.connect(self._on_index_changed)
        self._show()

    def _on_index_changed(self) -> None:
        self._knows = self._knows or (self._undo.count() > 0 and self._state.explanation is not None)
        self._show()

    def _show(self) -> None:
        state = self._state
        if state.canvas_picture is not None and not state.caption.strip():
            self.setText(TYPE)
        else:
            self.setText("" if self._knows or state.explanation is None else SELECT)


def _join_parts(notice: Notice) -> str:
    return "\n".join(part for part in (notice.message, notice.hint, notice.details) if part)
