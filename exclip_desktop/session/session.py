"""Assembles the state, the worker and the controllers of one window."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.threads import share_cores
from exclip_desktop.session.compare.active_pane import ActivePane
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.second_model import SecondModel
from exclip_desktop.session.garbage_collector import GarbageCollector
from exclip_desktop.session.last_place import LastPlace
from exclip_desktop.session.library.library import Library
from exclip_desktop.session.library.model_advice import ModelAdvice
from exclip_desktop.session.library.model_listing import Librarian
from exclip_desktop.session.lists.caption_keeper import CaptionKeeper
from exclip_desktop.session.lists.heat_thumbnails import HeatThumbnails
from exclip_desktop.session.lists.known_labels import KnownLabels
from exclip_desktop.session.lists.list_edits import ListEdits
from exclip_desktop.session.lists.list_explainer import ListExplainer
from exclip_desktop.session.lists.pair_edits import PictureLabels
from exclip_desktop.session.lists.pair_navigation import PairNavigation, is_list_path
from exclip_desktop.session.lists.pairs_ahead import PairsAhead
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.pair.caption_alternatives import CaptionAlternatives, CaptionDifference
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.export_controller import ExportController
from exclip_desktop.session.pair.framing_controller import FramingController
from exclip_desktop.session.pair.layer_profile_controller import LayerProfileController
from exclip_desktop.session.pair.occlusion_controller import OcclusionController
from exclip_desktop.session.pair.picture_shelf import PictureShelf
from exclip_desktop.session.pair.region_controller import RegionController
from exclip_desktop.session.pair.scene import Drawing
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.parts.one_picture import OnePicture
from exclip_desktop.session.project.finding_restorer import FindingRestorer
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.session.project.findings_export import FindingsExport
from exclip_desktop.session.project.open_project import Projects, is_project_path
from exclip_desktop.session.project.pair_ratings import PairRatings
from exclip_desktop.session.project.project_settings import ProjectSettings
from exclip_desktop.session.project.rating_controller import RatingController
from exclip_desktop.session.saved_places import LeftPair
from exclip_desktop.session.search.hit_findings import HitFindings
from exclip_desktop.session.search.search_controller import SearchController
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.state import Notice, Provenance, State
from exclip_desktop.session.stored_results import Caches, StoredResults
from exclip_desktop.session.study.study_controller import StudyController
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from exclip_desktop.session.two_inputs.two_inputs_export import TwoInputsExport
from exclip_desktop.session.window_settings import Settings
from exclip_desktop.session.worker.answer_cache import AnswerPartCache, ExplanationCache
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.session.worker.worker_thread import Engine, Worker
from exclip_desktop.storage.batches.batch_folder import is_batch_folder
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.heat_store import HeatStore
from exclip_desktop.storage.samples import is_sample, load_samples


class Session(QObject):
    """State, worker and controllers of one window.

    Attributes:
        state: the observable values that the window shows.
        undo: the undo stack.
        explain_controller, framing_controller, selection_controller, region_controller, occlusion_controller,
            layer_profile_controller, export_controller: handle intents about the pair on screen.
        caption_alternatives: other captions with their scores; ``caption_difference``: the difference from the
            previous caption.
        second_model: a second model's explanation; ``compare_controller``: the panes of the compare view;
            ``active_pane``: the pane in use.
        one_picture: similar patches, parts and directions of the picture; ``two_inputs``: two pictures, or captions;
            ``two_inputs_export``: exports them.
        study_controller: evaluates methods over many pairs.
        pair_navigation: the open pair list and the current pair; ``list_edits``: removes and exports pairs;
            ``pairs_ahead``: prepares the next pairs; ``list_explainer``: explains all of them;
            ``search``: searches its pictures, ``hit_findings`` notes them;
            ``thumbnails``, ``heat_thumbnails``: small pictures of it.
        projects: the open project; ``project_settings``: its settings; ``findings``: its findings;
            ``findings_export``: exports and imports them; ``finding_restorer``: shows a finding's view again;
            ``rating_controller``: rates and tags the view on screen; ``pair_ratings``: several listed pairs;
            ``picture_labels``: labelled regions of the picture; ``known_labels``: labels to choose from;
            ``caption_keeper``: keeps typed captions of pairs without one.
        library: the available models, downloads, and the default model; ``model_advice``: advises another model than
            the bundled one.
        settings: settings that are saved between starts; ``last_place``: where the person was.
        shelf: decoded pictures.
        stored_results: size, limit and folders of what was computed.
        leave: ends the process at once; None where other things run in it, as in tests.
        cache: cached factors and explanations; ``pairs``: explanations in memory; ``parts``: answers of other methods.
    """

    def __init__(
        self,
        store: SettingsFile,
        cache_folder: Path | None,
        make_engine: Callable[[], Engine] | None = None,
        make_librarian: Callable[[], Librarian] | None = None,
        findings: Path | None = None,
        studies: Path | None = None,
    ) -> None:
        """Save settings in ``store``, factors in ``cache_folder``, and findings in the project file ``findings``.

        Studies are saved in the folder ``studies`` until the person chooses another folder, which is saved in the
        settings. Tests pass their own engine and librarian.
        """
        super().__init__()
        self.state = State(self)
        self.undo = QUndoStack(self)
        self.leave: Callable[[], object] | None = None
        self.settings = Settings(store)
        self.cache, self.pairs, self.parts = FactorCache(cache_folder), ExplanationCache(), AnswerPartCache()
        self._heat_store = HeatStore(None if cache_folder is None else cache_folder.with_name("heat.sqlite"))
        self._tasks, self.shelf = Tasks(self), PictureShelf()
        self._worker = Worker(make_engine or self._make_engine, self)
        self._garbage_collector = GarbageCollector(self)
        self._worker.job_ended.connect(self._garbage_collector.go_on)
        self._make_pair_controllers()
        self._make_list_controllers(self.settings.studies_folder() or studies)
        self._make_project_controllers(findings)
        self._make_edit_controllers()
        self.library = Library(self.state, self.settings, make_librarian or _make_librarian, self)
        self.library.failed.connect(self.explain_controller.show_error)
        self.model_advice = ModelAdvice(
            self.state, self.library, self.settings.dismissed, self.explain_controller.choose_model, self
        )
        usual = replace(self.settings.default_model(), device=self.settings.device())
        self.state.change(
            view=self.settings.view(),
            explain_settings=self.settings.explain_settings(),
            choice=usual,
            provenance=Provenance(choice=usual),
        )
        self.explain_controller.picture_reader.opened.connect(self._on_picture_opened)
        self.pair_navigation.list_changed.connect(self._on_list_changed)
        self.state.view_changed.connect(lambda: self.settings.save_view(self.state.view))
        self.state.provenance_changed.connect(self._on_provenance_changed)

    def _make_pair_controllers(self) -> None:
        self.explain_controller = ExplainController(
            self.state, self._worker, self._tasks, self.undo, self, last_resort=ModelChoice(), shelf=self.shelf
        )
        self.framing_controller = FramingController(self.state, self._worker, self.explain_controller, self)
        self.selection_controller = SelectionController(self.state, self.undo, self)
        self.region_controller = RegionController(self.state, self.selection_controller, self)
        self.caption_alternatives = CaptionAlternatives(self.state, self._worker, self)
        self.occlusion_controller = OcclusionController(self.state, self._worker, self)
        self.second_model = SecondModel(self.state, self.selection_controller, self._worker, self)
        self.compare_controller = CompareController(
            self.state, self.second_model, self._worker, self.settings.methods(), self
        )
        self.active_pane = ActivePane(self.state, self.compare_controller, self)
        self.one_picture = OnePicture(
            self.state, self._worker, self.selection_controller, self.compare_controller, self.settings.parts, self
        )
        self.two_inputs = TwoInputsController(self.state, self._worker, self._tasks, self.undo, self.shelf, self)
        self.two_inputs_export = TwoInputsExport(self.two_inputs, self.state, self._tasks)
        self.caption_difference = CaptionDifference(self.state, self)
        self.layer_profile_controller = LayerProfileController(self.state, self._worker, self.explain_controller, self)
        self.export_controller = ExportController(
            self.state, self.compare_controller, self.active_pane, self._tasks, self.explain_controller.show_error, self
        )

    def _make_list_controllers(self, studies: Path | None) -> None:
        self.pair_navigation = PairNavigation(
            self.state, self._worker, self.explain_controller, self.caption_alternatives, self._tasks, self
        )
        self.pairs_ahead = PairsAhead(
            self.state, self._worker, self.pair_navigation, self.explain_controller, self.shelf, self
        )
        self.list_explainer = ListExplainer(self.state, self._worker, self.pair_navigation, self)
        self.study_controller = StudyController(
            self.state, self._worker, self.pair_navigation, self.explain_controller.show_error, studies, self
        )
        self.study_controller.folder_chosen.connect(self.settings.save_studies_folder)
        self.search = SearchController(self.state, self._worker, self.pair_navigation, self.list_explainer, self)
        self.thumbnails = Thumbnails(self)
        self.heat_thumbnails = HeatThumbnails(self.pair_navigation, self._heat_store, self)

    def _make_project_controllers(self, findings: Path | None) -> None:
        self.projects = Projects(
            self.state, self.explain_controller, self.pair_navigation, self._tasks, self.undo, findings, self
        )
        self.project_settings = ProjectSettings(
            self.state, self._worker, self.explain_controller, self.pair_navigation, self.projects, self
        )
        self.findings = ProjectFindings(
            self.state, self.explain_controller, self.pair_navigation, self._tasks, self.undo, self.projects, self
        )
        self.pair_navigation.use_remarks(lambda: self.findings.remark_index.remarks)
        self.findings.remark_index.changed.connect(self.pair_navigation.follow_remarks)
        self.findings_export = FindingsExport(self.state, self.explain_controller, self._tasks, self.findings, self)
        self.finding_restorer = FindingRestorer(
            self.state,
            self.explain_controller,
            self.projects,
            self.compare_controller,
            self.active_pane,
            self.pair_navigation,
            self,
        )
        self.pair_ratings = PairRatings(
            self.state, self.explain_controller, self.pair_navigation, self.findings, self._tasks, self
        )
        self.rating_controller = RatingController(
            self.state,
            self.active_pane,
            self.pair_navigation,
            self.findings,
            self.settings.annotating,
            self,
        )
        about = self.state, self.explain_controller, self.pair_navigation, self.findings, self.search
        self.hit_findings = HitFindings(*about, self._tasks, self)
        self.stored_results = StoredResults(
            self.state,
            Caches(self.cache, self.pairs, self.parts, self._heat_store),
            self._tasks,
            self.projects,
            self.list_explainer,
            self.explain_controller.show_error,
            self,
        )
        self.stored_results.clearing.connect(self.explain_controller.ready.clear)
        self.last_place = LastPlace(self.state, self.settings, self.pair_navigation, self.projects, self._tasks, self)
        self.last_place.offered.connect(self._on_place_offered)
        self.pair_navigation.use_left_pairs(self.last_place.find_in)

    def _make_edit_controllers(self) -> None:
        self.list_edits = ListEdits(
            self.state, self.explain_controller, self.pair_navigation, self.projects, self._tasks, self.undo, self
        )
        self.caption_keeper = CaptionKeeper(
            self.state, self.explain_controller, self.pair_navigation, self.projects, self.undo, self
        )
        self.known_labels = KnownLabels(self.state, self.pair_navigation, self.projects, self.settings, self)
        self.picture_labels = PictureLabels(
            self.state,
            self.region_controller,
            self.pair_navigation,
            self.projects,
            self.explain_controller,
            self.undo,
            self,
        )
        self.picture_labels.saved.connect(lambda _: self.known_labels.changed.emit())
        self.pair_navigation.leaving.connect(self._on_pair_left)

    def start(self, picture: str | None = None, caption: str | None = None) -> None:
        """Start the worker, and open a picture, a list or a project.

        Without any: the last place or the first sample, as the settings say. A project whose pairs and last picture
        are missing shows no picture.
        """
        self._garbage_collector.start()
        self._worker.start()
        if problem := self.settings.problem():
            self.show_note(problem)
        self.projects.open_default()
        if caption is not None:
            self.state.change(caption=caption)  # before the picture is read: it may be no picture
        if picture is not None:
            self.open(picture)
            if is_project_path(picture) and self.projects.chosen_project is None:  # it cannot be opened
                self.open_sample(0)
        elif self.settings.places.start_choice() == "resume":
            self.last_place.offer(lambda: self.open_sample(0))
        else:
            self.open_sample(0)
            if self.settings.places.start_choice() == "offer":
                self.last_place.offer()

    def go_on(self, place: LeftPair) -> None:
        """Open a place that was left; a list or project opens at the pair that was left in it."""
        if place.source:
            self.open(place.source)
        else:
            self.explain_controller.open_file(place.picture, place.caption)

    def _on_pair_left(self) -> None:
        """Keep boxes with a name as labels, where boxes are asked for one: annotation tools lose nothing, either."""
        if self.picture_labels.unkept and self.known_labels.prompts:  # the second reads the list and the project
            self.picture_labels.keep_unkept()

    def _on_place_offered(self, place: LeftPair) -> None:
        if self.settings.places.start_choice() == "resume":
            self.go_on(place)

    def open(self, path: str, notes: tuple[str, ...] = ()) -> None:
        """Open a project, a list, or a picture with notes about it."""
        if is_project_path(path):
            self.projects.open(path)
        elif is_list_path(path):
            self.pair_navigation.open(path)
        else:
            self.explain_controller.open_file(path, notes=notes)

    def cancel(self) -> None:
        """Cancel running work; what is on screen stays."""
        self.explain_controller.cancel()
        self.pairs_ahead.cancel()
        self.finding_restorer.cancel()
        self.rating_controller.cancel()
        self.layer_profile_controller.cancel()
        self.list_explainer.pause()
        self.search.cancel()
        self.study_controller.pause()
        self.compare_controller.cancel()
        self.one_picture.cancel()
        self.two_inputs.cancel()

    def stop(self) -> None:
        """Cancel all work, save, and wait for the threads; no signals follow.

        While torch is imported, which takes seconds and cannot be interrupted, ``leave`` ends the process instead.
        """
        self.undo.blockSignals(True)  # it emits signals while it is destroyed
        self.last_place.save()  # of a pair that was shown just now
        self.settings.flush()
        self._tasks.stop()
        self.pairs_ahead.stop()
        self.study_controller.stop()
        self.library.stop()
        self.thumbnails.stop()
        self.heat_thumbnails.stop()
        self.search.stop()
        self.projects.close()
        if self.leave is not None and self._worker.is_importing:
            self.leave()
        self._worker.stop()
        self._garbage_collector.stop()

    def open_sample(self, number: int) -> None:
        """Open a sample picture with its caption, and select one of the objects that the caption names."""
        try:
            sample = load_samples()[number]
        except UserError as error:
            self.explain_controller.show_error(error)
            return
        self.explain_controller.open_file(str(sample.path), sample.caption, sample.objects)

    def show(self, **changes: object) -> None:
        """Change how heat is drawn; the arguments are fields of ``View``."""
        self.state.change(view=replace(self.state.view, **changes))  # type: ignore[arg-type]  # fields by name

    def draw_by(self, magnitude: bool) -> None:
        """Draw heat by magnitude, or at one opacity."""
        drawing: Drawing = "magnitude" if magnitude else "scale"
        self.show(drawing=drawing)

    def show_note(self, message: str, hint: str = "") -> None:
        """Show a note in the banner."""
        self.state.change(notice=Notice(message, hint, kind="note"))

    def compare_methods(self, methods: tuple[str, ...]) -> None:
        """Compare by ``methods``, keys of ``core.method_registry.all_methods()``, now and at the next start."""
        self.compare_controller.choose(methods)
        self.settings.save_methods(self.compare_controller.methods)

    def _on_list_changed(self) -> None:
        """Read stored factors from the folder of a batch while it is the list."""
        source = self.pair_navigation.list.source
        self.cache.use_batch(source if self.pair_navigation.pairs and is_batch_folder(source) else None)

    def _on_picture_opened(self, path: str) -> None:
        if not is_sample(path) and not self.pair_navigation.is_listed(path):
            self.settings.recent_pictures.add(path)

    def _on_provenance_changed(self) -> None:
        """Save device and settings that gave an explanation; a chosen project has settings of its own."""
        provenance = self.state.provenance
        self.settings.save_device(provenance.choice.device)
        is_default = replace(provenance.choice, device=None) == self.settings.default_model()
        if self.projects.chosen_project is None and is_default:
            self.settings.save_explain_settings(provenance.explain_settings)

    def _make_engine(self) -> Engine:
        share_cores()
        self.cache.remove_leftovers()
        # Imported by name in the worker's thread: the engine imports torch.
        engine: Engine = import_module("exclip_desktop.session.worker.engine").ModelEngine(
            self.cache, self.pairs, self.parts
        )
        return engine


def _make_librarian() -> Librarian:
    share_cores()
    # Like the engine: open_clip, which it imports, imports torch.
    librarian: Librarian = import_module("exclip_desktop.session.library.librarian").ModelLibrarian()
    return librarian
