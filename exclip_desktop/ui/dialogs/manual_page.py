"""Shows one page of the manual: Markdown as Qt reads it, with tables, code and pictures in the window's style."""

from typing import Any, Final

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFragment,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from exclip_desktop.core.paths import resource_path
from exclip_desktop.storage.manual import anchor_of
from exclip_desktop.ui.theme import blend_colours, is_dark

MARGIN_PX: Final = 20
CELL_PADDING_PX: Final = 5
LINE_HEIGHT_PERCENT: Final = 125.0
LEAST_PICTURE_PX: Final = 480
SIZE_STEPS: Final = {1: 2, 2: 1}  # Qt's steps above the font's own size: 1.5 and 1.2 times as large
MATCH_SHARE: Final = 0.35
LIGHT_ENOUGH: Final = 0.55


class ManualPage(QTextBrowser):
    """A text browser for pages of the manual.

    Signals:
        page_link_clicked(str, str): a link to a page was clicked: the page's key, and the anchor or "".
    """

    page_link_clicked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Page of the manual")
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # so that a page's width never changes
        self.anchorClicked.connect(self._on_anchor_clicked)
        self.document().setDocumentMargin(MARGIN_PX)
        self._markdown, self._words = "", ""

    def show_markdown(self, markdown: str, words: str = "") -> None:
        """Show a page from its beginning, and mark ``words`` in it."""
        self._markdown, self._words = markdown, words
        self.document().setMarkdown(markdown, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        self._style()
        self._mark(words)
        self.verticalScrollBar().setValue(0)

    def scroll_to(self, anchor: str, words: str = "") -> None:
        """Scroll to a heading, and on to the first line below it that has one of ``words``, if it is not in view."""
        block = self._heading(anchor)
        if block is None:
            return
        top = self._top_of(block)
        position = min((at for at in self._places(words) if at >= block.position()), default=-1)
        if position >= 0:
            match = self._top_of(self.document().findBlock(position))
            if match > top + self.viewport().height() - 2 * MARGIN_PX:
                top = match - self.viewport().height() // 3
        self.verticalScrollBar().setValue(round(top) - MARGIN_PX // 2)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802  Qt's name
        """Return a picture of the manual, no wider than the page."""
        url = QUrl(name)
        if kind != QTextDocument.ResourceType.ImageResource.value or not url.isRelative():
            return super().loadResource(kind, url)
        image = QImage(str(resource_path("manual", url.path())))
        ratio = self.devicePixelRatioF()
        room_px = max(self.viewport().width() - 2 * MARGIN_PX - 10, LEAST_PICTURE_PX) * ratio
        if image.width() > room_px:
            image = image.scaledToWidth(round(room_px), Qt.TransformationMode.SmoothTransformation)
        image.setDevicePixelRatio(ratio)
        return image

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Draw the page in the new theme's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._markdown:
            place = self.verticalScrollBar().value()
            self.show_markdown(self._markdown, self._words)
            self.verticalScrollBar().setValue(place)

    def _on_anchor_clicked(self, url: QUrl) -> None:
        if url.isRelative() and url.path().endswith(".md"):
            self.page_link_clicked.emit(url.path().removesuffix(".md"), url.fragment())
        elif url.isRelative():
            self.scroll_to(url.fragment())
        else:
            QDesktopServices.openUrl(url)

    def _heading(self, anchor: str) -> QTextBlock | None:
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and anchor_of(block.text()) == anchor:
                return block
            block = block.next()
        return None

    def _top_of(self, block: QTextBlock) -> float:
        return self.document().documentLayout().blockBoundingRect(block).top()

    def _places(self, words: str) -> list[int]:
        """Return where the words stand, as positions in the document."""
        return [cursor.selectionStart() for cursor in self._matches(words)]

    def _matches(self, words: str) -> list[QTextCursor]:
        cursors = []
        for word in words.split():
            cursor = self.document().find(word)
            while not cursor.isNull():
                cursors.append(cursor)
                cursor = self.document().find(word, cursor)
        return cursors

    def _mark(self, words: str) -> None:
        """Mark the places where the words stand."""
        palette, selections = self.palette(), []
        colour = blend_colours(palette.highlight().color(), palette.base().color(), MATCH_SHARE)
        for cursor in self._matches(words):
            selection = QTextEdit.ExtraSelection()
            selection.cursor = cursor
            selection.format.setBackground(colour)
            selections.append(selection)
        self.setExtraSelections(selections)

    def _style(self) -> None:
        """Give headings, code and tables the window's style; Qt's Markdown reader sets structure only."""
        palette = self.palette()
        code = blend_colours(palette.text().color(), palette.base().color(), 0.07)
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        block = self.document().begin()
        while block.isValid():
            self._style_block(block, code)
            block = block.next()
        line = blend_colours(palette.text().color(), palette.base().color(), 0.25)
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                _style_table(frame, line, code)
        cursor.endEditBlock()

    def _style_block(self, block: QTextBlock, code: QColor) -> None:
        cursor, changed = QTextCursor(block), QTextBlockFormat()
        level = block.blockFormat().headingLevel()
        if level:
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            letters = QTextCharFormat()
            letters.setProperty(QTextFormat.Property.FontSizeAdjustment, SIZE_STEPS.get(level, 0))
            cursor.mergeCharFormat(letters)
            changed.setTopMargin(22 if level > 1 else 4)
            changed.setBottomMargin(8)
        elif block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence):
            changed.setBackground(code)
            changed.setTopMargin(0)
            changed.setBottomMargin(0)
        elif not _has_picture(block):
            changed.setLineHeight(LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(changed)
        self._colour_links(block)

    def _colour_links(self, block: QTextBlock) -> None:
        """Give links a colour that reads on the page; some dark themes leave Qt's dark blue."""
        palette = self.palette()
        colour = palette.link().color()
        if is_dark(palette) and colour.lightnessF() < LIGHT_ENOUGH:
            colour = blend_colours(colour.lighter(), palette.text().color(), 0.4)
        letters = QTextCharFormat()
        letters.setForeground(colour)
        for fragment in _fragments(block):
            if fragment.charFormat().isAnchor():
                cursor = QTextCursor(block)
                cursor.setPosition(fragment.position())
                cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(letters)


def _fragments(block: QTextBlock) -> list[QTextFragment]:
    fragments, iterator = [], block.begin()
    while not iterator.atEnd():
        fragments.append(iterator.fragment())
        iterator += 1
    return fragments


def _has_picture(block: QTextBlock) -> bool:
    return any(fragment.charFormat().isImageFormat() for fragment in _fragments(block))


def _style_table(table: QTextTable, line: QColor, head: QColor) -> None:
    shape = table.format()
    shape.setBorder(1)
    shape.setBorderCollapse(True)
    shape.setBorderBrush(line)
    shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    shape.setCellPadding(CELL_PADDING_PX)
    shape.setCellSpacing(0)
    shape.setTopMargin(8)
    shape.setBottomMargin(12)
    table.setFormat(shape)
    for column in range(table.columns()):
        cell = table.cellAt(0, column)
        letters = cell.format()
        letters.setBackground(head)
        cell.setFormat(letters)
