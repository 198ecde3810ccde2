"""The main window: assembles the widgets and connects them with the session."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QSplitter,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.session.last_place import make_window_title
from exclip_desktop.session.session import Session
from exclip_desktop.ui.actions import make_actions, make_menus
from exclip_desktop.ui.canvas.banner import Banner, HintLabel
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.canvas_view import CanvasView
from exclip_desktop.ui.canvas.colour_bar import ColourBar, OpacitySlider
from exclip_desktop.ui.canvas.heat_histogram import HeatHistogram
from exclip_desktop.ui.caption.alternatives import CaptionAlternativesList
from exclip_desktop.ui.caption.caption_field import CaptionField
from exclip_desktop.ui.caption.strip_area import StripArea
from exclip_desktop.ui.caption.token_strip import TokenStrip
from exclip_desktop.ui.commands.box_commands import BoxCommands
from exclip_desktop.ui.commands.compare_commands import CompareCommands
from exclip_desktop.ui.commands.edit_commands import EditCommands
from exclip_desktop.ui.commands.file_commands import FileCommands
from exclip_desktop.ui.commands.layout_commands import LayoutCommands
from exclip_desktop.ui.commands.model_commands import ModelCommands
from exclip_desktop.ui.commands.open_recent import ResumeBar
from exclip_desktop.ui.commands.pair_commands import PairCommands
from exclip_desktop.ui.commands.parts_commands import PartsCommands
from exclip_desktop.ui.commands.project_commands import FindingCommands, ListCommands
from exclip_desktop.ui.commands.rating_commands import RatingCommands
from exclip_desktop.ui.commands.search_commands import SearchCommands
from exclip_desktop.ui.commands.two_input_commands import TwoInputCommands
from exclip_desktop.ui.commands.view_commands import ViewCommands
from exclip_desktop.ui.commands.word_commands import WordCommands
from exclip_desktop.ui.compare.difference_pane import DifferencePane
from exclip_desktop.ui.compare.linked_views import LinkedViews, SharedRange, connect_selection
from exclip_desktop.ui.compare.pane_grid import PaneGrid
from exclip_desktop.ui.compare.second_model_pane import ModelNameLabel, ModelTitle, SecondModelPane, add_name, add_title
from exclip_desktop.ui.compare.stage import Stage
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.lists.box_list_dock import BoxListDock
from exclip_desktop.ui.lists.findings_tab import FindingsTab
from exclip_desktop.ui.lists.heat_images import HeatImages
from exclip_desktop.ui.lists.pair_list_dock import PairListDock
from exclip_desktop.ui.models.model_menu import ModelAdviceBar, ModelMenu
from exclip_desktop.ui.search.search_dock import SearchDock
from exclip_desktop.ui.two_inputs.two_captions_view import TwoCaptionsView
from exclip_desktop.ui.two_inputs.two_pictures_view import TwoPicturesView
from exclip_desktop.ui.widgets.file_manager import show_in_folder
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper, resize_within_screen
from exclip_desktop.ui.widgets.status_line import StatusLine
from exclip_desktop.ui.widgets.widget_tree import find_parts

OPENS_AT_PX: Final = (1280, 800)
LEAST_PX: Final = (960, 640)
WORDS_BAR_PX: Final = 280
PANELS_HIDDEN: Final = "The panels are hidden: Tab on the picture, Esc or Shift+F11 shows them."
# fmt: off
TOOLBAR: Final = (
    "open", "paste", "samples", "", "undo", "redo", "", "select_tool", "box_tool", "lasso", "subtract", "",
    "fit", "smooth", "grey", "magnitude", "", "export_picture", "export_numbers", "",
    "note", "model", "panes", "methods", "second_model", "settings",
)
# fmt: on


class Window(QMainWindow):
    """The program's window."""

    def __init__(self, session: Session, log_path: str = "") -> None:
        """Show ``session``; the Details tab names ``log_path``."""
        super().__init__()
        self.setWindowTitle("exclip desktop")
        self.setMinimumSize(*LEAST_PX)
        resize_within_screen(self, *OPENS_AT_PX)
        ScreenKeeper(self)
        self.setAcceptDrops(True)
        self._session = session
        state = session.state
        self.canvas, self.strip = Canvas(state), TokenStrip(state)
        self.caption, self.alternatives = CaptionField(state), CaptionAlternativesList(state)
        self.inspector = Inspector(state)
        self.inspector.set_log_file(log_path)
        self._log_path = log_path
        self.findings = FindingsTab(session.findings, session.thumbnails, state)
        self.inspector.addTab(self.findings, "Findings")
        self.second_model_pane = SecondModelPane(session.second_model)
        self.difference = DifferencePane(session.caption_difference, session.selection_controller)
        self._title, self._name = ModelTitle(state, closable=False), ModelNameLabel(state)
        self.grid = PaneGrid(
            session.compare_controller, session.active_pane, state, session.second_model, session.selection_controller
        )
        self.two_pictures = TwoPicturesView(session.two_inputs, session.selection_controller)
        self.two_captions = TwoCaptionsView(session.two_inputs, session.selection_controller)
        self.stage = Stage(self.canvas, self._alone(), self.grid, (self.two_pictures, self.two_captions), session)
        self.banner = Banner(state, over=self.canvas)
        self._banners = self.banner, *(Banner(state, over=part) for part in (self.grid, self.two_pictures))
        self.bars = (
            ColourBar(state, "picture", limit_of=self.stage.limit, unit_of=self.stage.unit),
            ColourBar(state, "words", limit_of=lambda: self.strip.limit),
        )
        self.histogram = HeatHistogram(state, lambda: self.bars[0].limit, self.stage.heat)
        self.bars[0].levels_changed.connect(self.histogram.refresh)
        self.opacity = OpacitySlider(state)
        self.status = StatusLine(state)
        self.resume_bar = ResumeBar(session)
        self.model_menu = ModelMenu(session.library, state, self)
        self.model_bar = ModelAdviceBar(session.model_advice, session.library, self.model_menu)
        self.commands = make_actions(self)
        across = self._lay_out()
        self._connect()
        self._link_panes()
        self._add_docks()
        self._add_commands()
        self._layout_commands = LayoutCommands(self, session.settings, self.commands, across, self.inspector)
        self.panels = self._layout_commands.panels
        self._add_panels()
        self._restore()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802  Qt's name
        """Accept files and pictures."""
        data = event.mimeData()
        if data.hasImage() or any(url.isLocalFile() for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802  Qt's name
        """Open what was dropped."""
        if self._files.take(event.mimeData(), "dropped picture"):
            event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  Qt's name
        """Save the geometry, leave the screen, cancel running work, and wait for its end.

        What nothing can interrupt, such as importing torch or decoding a large picture, ends out of sight.
        """
        settings = self._session.settings
        settings.geometry.put("window", self.saveGeometry())
        settings.geometry.put("findings_columns", self.findings.saveState())
        settings.geometry.put("pair_list", self.pair_list_dock.saveState())
        self._layout_commands.save()
        for other in [part for part in find_parts(self, QWidget) if part.isWindow() and part.isVisible()]:
            other.hide()
        self.hide()
        self._session.stop()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Show hidden panels again on Esc, or leave the full screen, where nothing else takes the key."""
        if event.key() != Qt.Key.Key_Escape or not self._layout_commands.leave():
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802  Qt's name
        """Hide or show all panels on Tab on a picture; move the focus elsewhere, and if Tab brought it there."""
        focused = self.focusWidget()
        if forward and isinstance(focused, CanvasView) and focused.handles_tab:
            self.commands["hide_panels"].trigger()
            return True
        return super().focusNextPrevChild(forward)

    def _lay_out(self) -> QSplitter:
        make_menus(self.menuBar(), self.commands)
        self._tools = self._toolbar()
        self.addToolBar(self._tools)
        picture = QWidget()
        row = QHBoxLayout(picture)
        row.setContentsMargins(0, 0, 4, 0)
        row.addWidget(self.stage, 1)
        right = QVBoxLayout()
        self.bars[0].add_left(self.histogram)
        self.histogram.hide_in_narrow(picture)
        right.addWidget(self.bars[0], 1)
        right.addWidget(self.two_pictures.bars["second"], 1)
        right.addWidget(self.opacity)
        row.addLayout(right)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(8, 4, 8, 4)
        column.addWidget(self.caption)
        self._words = add_name(self._name, StripArea(self.strip))
        column.addWidget(self._words)
        column.addWidget(self.second_model_pane.words)
        column.addWidget(self.difference.words)
        column.addLayout(self._hint_row())
        column.addWidget(self.alternatives)
        below.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        left = QWidget()
        stack = QVBoxLayout(left)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(0)
        stack.addWidget(picture, 1)
        stack.addWidget(below)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(left)
        across.addWidget(self.inspector)
        across.setStretchFactor(0, 1)
        across.setCollapsible(0, False)
        centre = QWidget()
        rows = QVBoxLayout(centre)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.resume_bar)
        rows.addWidget(self.model_bar)
        rows.addWidget(across, 1)
        self.setCentralWidget(centre)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().setSizeGripEnabled(False)
        return across

    def _alone(self) -> QWidget:
        """Return the main canvas, with the second model's canvas and the difference next to it."""
        alone = QWidget()
        row = QHBoxLayout(alone)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(add_title(self._title, self.canvas), 1)
        row.addWidget(self.second_model_pane.picture, 1)
        row.addWidget(self.difference.picture, 1)
        return alone

    def _toolbar(self) -> QToolBar:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        for name in TOOLBAR:
            if name:
                bar.addAction(self.commands[name])
            else:
                bar.addSeparator()
        for button in find_parts(bar, QToolButton):
            button.setAccessibleName(button.text())
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return bar

    def _hint_row(self) -> QHBoxLayout:
        self.bars[1].setMaximumWidth(WORDS_BAR_PX)
        row = QHBoxLayout()
        row.addWidget(HintLabel(self._session.state, self._session.undo), 1)
        row.addWidget(self.bars[1], 1)
        return row

    def _connect(self) -> None:
        session = self._session
        selection_controller, explain_controller, caption_alternatives = (
            session.selection_controller,
            session.explain_controller,
            session.caption_alternatives,
        )
        connect_selection(self.canvas, self.strip, selection_controller)
        self.inspector.pair_chosen.connect(selection_controller.choose_pair)
        self.inspector.rows_hovered.connect(selection_controller.hover_rows)
        self.inspector.patch_hovered.connect(selection_controller.hover_patch)
        self.inspector.rows_committed.connect(selection_controller.commit_rows)
        self.inspector.layers_viewed.connect(session.layer_profile_controller.view_side)
        self.inspector.profile_requested.connect(session.layer_profile_controller.request_profile)
        self.inspector.layer_chosen.connect(session.layer_profile_controller.choose)
        self.caption.caption_typed.connect(session.caption_keeper.type_caption)
        session.pair_navigation.leaving.connect(self.caption.commit)
        self.caption.left.connect(lambda: self.stage.canvas.view.setFocus())
        self.findings.left.connect(lambda: self.stage.canvas.view.setFocus())
        self.alternatives.caption_added.connect(caption_alternatives.add)
        self.alternatives.caption_removed.connect(caption_alternatives.remove_at)
        self.alternatives.caption_chosen.connect(session.caption_keeper.type_caption)
        for banner in self._banners:
            banner.closed.connect(explain_controller.dismiss)
        for banner in (*self._banners, self.two_pictures.banner):
            banner.cpu_requested.connect(explain_controller.use_cpu)
            banner.file_requested.connect(show_in_folder)
        self.status.cancel_requested.connect(session.cancel)
        self.status.download_cancel_requested.connect(session.library.cancel)
        self.status.undo_requested.connect(self.commands["undo"].trigger)
        session.undo.indexChanged.connect(self.status.hide_undo)
        session.picture_labels.saved.connect(self.status.show_message)
        for reporter in (session.findings, session.rating_controller, session.pair_ratings, session.list_edits):
            reporter.reported.connect(self.status.show_message)
        self.bars[0].limit_locked.connect(lambda limit: session.show(picture_limit=limit))
        self.bars[1].limit_locked.connect(lambda limit: session.show(words_limit=limit))
        self.opacity.opacity_moved.connect(lambda opacity: session.show(opacity=opacity))
        self.commands["log_folder"].setEnabled(bool(self._log_path))
        self.commands["log_folder"].triggered.connect(lambda: show_in_folder(Path(self._log_path)))
        self.commands["focus_caption"].triggered.connect(self.caption.setFocus)
        for changed in (
            session.state.canvas_picture_changed,
            session.pair_navigation.current_changed,
            session.pair_navigation.list_changed,
            session.projects.changed,
        ):
            changed.connect(self._show_title)

    def _link_panes(self) -> None:
        """Link ranges, zoom and titles of the panes that are compared."""
        session = self._session
        states = session.state, session.second_model.state, session.caption_difference.scene
        canvases = self.canvas, self.second_model_pane.canvas, self.difference.canvas
        strips = self.strip, self.second_model_pane.strip, self.difference.strip
        shared = SharedRange(states, canvases, strips, self)
        linked = LinkedViews(self)
        for canvas in canvases:
            linked.add(canvas.view)
            canvas.range_reset_requested.connect(lambda: session.show(picture_limit=None, words_limit=None))
        self.grid.range_reset_requested.connect(self.commands["one_range"].trigger)
        for bar in self.bars:
            shared.shared.connect(bar.refresh)
        for opened in (session.two_inputs.opened, session.two_inputs.closed):
            opened.connect(self._show_bars)
        self._show_bars()
        for signal in (self.grid.ranges_changed, session.compare_controller.opened, session.compare_controller.closed):
            signal.connect(self.bars[0].refresh)
            signal.connect(self.histogram.refresh)
        for more in (session.second_model, session.caption_difference):
            more.opened.connect(self._show_names)
            more.closed.connect(self._show_names)
        self._show_names()

    def _show_bars(self) -> None:
        """Show the colour bar of the picture that is at the right, and the words unless two captions have their own."""
        kind = self._session.two_inputs.kind
        self.bars[0].setVisible(kind is None)
        self.two_pictures.bars["second"].setVisible(kind == "pictures")
        for part in (self.opacity, self._words, self.bars[1]):
            part.setVisible(kind != "captions")

    def _show_names(self) -> None:
        """Show whose picture and words these are, while there are others."""
        for label in (self._title, self._name):
            label.setVisible(self._session.second_model.is_open or self._session.caption_difference.is_open)

    def _add_docks(self) -> None:
        session = self._session
        heats = HeatImages(session.heat_thumbnails, session.state, self)
        self.pair_list_dock = PairListDock(
            session.pair_navigation, session.list_explainer, session.thumbnails, heats, self
        )
        self.box_list_dock = BoxListDock(session.state, session.region_controller, session.known_labels, self)
        self.search_dock = SearchDock(session.search, session.pair_navigation, session.thumbnails, session.state, self)
        for left in (self.search_dock.left, self.pair_list_dock.left):
            left.connect(lambda: self.stage.canvas.view.setFocus())
        for dock in (self.pair_list_dock, self.search_dock, self.box_list_dock):
            self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        self.tabifyDockWidget(self.pair_list_dock, self.search_dock)

    def _add_commands(self) -> None:
        """Create the handlers of the menus."""
        session, commands, dock = self._session, self.commands, self.pair_list_dock
        self._files = FileCommands(self, session, commands)
        folder = self._files.folder
        edit = EditCommands(self, session, commands, self.inspector)
        edit.reported.connect(self.status.show_message)
        rating = RatingCommands(self, session, commands, self.findings, dock)
        rating.keys_changed.connect(edit.forget_manual)
        strips = self.strip, self.second_model_pane.strip, self.difference.strip, self.grid
        canvases = self.second_model_pane.canvas, self.difference.canvas
        self._parts = (
            edit,
            WordCommands(self, commands["note"], edit.show_manual, strips, self.inspector),
            BoxCommands(self, session, commands, self.stage, canvases),
            ViewCommands(self, session, commands, self.stage, self.strip),
            ModelCommands(self, session, commands, self.model_menu),
            FindingCommands(self, session, commands, self.findings, folder),
            rating,
            ListCommands(self, session, commands, folder),
            PairCommands(self, session, commands, dock, self.findings, rating, folder),
            CompareCommands(self, session, commands, self.grid, self.inspector),
            PartsCommands(self, session, commands, self.canvas, self.inspector, self.status.show_message),
            SearchCommands(self, session, commands, self.search_dock, dock, self.status.show_message, folder),
            TwoInputCommands(self, session, commands, self.two_pictures, self._files, self.inspector),
        )

    def _add_panels(self) -> None:
        """Put each dock and bar into the View menu; one without content is hidden."""
        navigation, panels = self._session.pair_navigation, self.panels
        panels.add("tools", self._tools)
        panels.add("boxes", self.box_list_dock, usual=False)
        panels.add("search", self.search_dock, usual=False)
        panels.add("pairs", self.pair_list_dock, available=bool(navigation.pairs))
        navigation.list_changed.connect(lambda: panels.set_available("pairs", bool(navigation.pairs)))
        panels.hidden_changed.connect(lambda hidden: self.status.show_message(PANELS_HIDDEN if hidden else ""))

    def _restore(self) -> None:
        geometry = self._session.settings.geometry
        shape, columns = geometry.get("window"), geometry.get("findings_columns")
        if not shape.isEmpty():
            self.restoreGeometry(shape)
        if not columns.isEmpty():
            self.findings.restoreState(columns)
        self.pair_list_dock.restoreState(geometry.get("pair_list"))
        self._layout_commands.restore()

    def _show_title(self) -> None:
        self.setWindowTitle(make_window_title(self._session.state, self._session.last_place))
