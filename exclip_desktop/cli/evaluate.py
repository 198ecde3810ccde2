"""The command ``evaluate``: measures how good the methods' heat is, over many pairs."""

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import exclip_desktop
from exclip_desktop.cli.options import (
    add_csv_formulas,
    add_max_megapixels,
    add_model,
    add_no_cache,
    chosen_cache,
    load_chosen_model,
)
from exclip_desktop.cli.terminal import ProgressBar, print_note, print_text, resumable
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.metric_table import METRICS, THRESHOLDS
from exclip_desktop.core.values.pair_list import summarize_notes
from exclip_desktop.core.values.settings import FRAMINGS
from exclip_desktop.core.values.study import SCORES, SPREAD_FILLS, StudySettings, study_methods
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.study_tables import format_csv, format_text, save_tables
from exclip_desktop.storage.formula_cells import ESCAPES_NOTE, Formulas
from exclip_desktop.storage.pair_lists.list_files import read_pairs

if TYPE_CHECKING:
    from exclip_desktop.core.values.study import Study

DEFAULTS = StudySettings()


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Measure how well methods locate what words name, and how the score changes while the patches with the highest "
        "heat are removed. Without a list, two hundred bundled scenes are used. After Ctrl+C the same command resumes "
        f"the work. Methods: {', '.join(study_methods())}. Metrics: {', '.join(METRICS)}."
    )
    parser.set_defaults(run=_evaluate)
    parser.add_argument("pairs", nargs="?", metavar="PAIRS", help="a list, as for batch; of a project, its labels")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the folder of outcomes, table and figure; an unfinished study in it is resumed",
    )
    parser.add_argument("--methods", type=_keys, default=None, metavar="KEYS", help="separated by commas (default all)")
    parser.add_argument(
        "--metrics", type=_keys, default=DEFAULTS.metrics, metavar="KEYS", help="separated by commas (default all)"
    )
    parser.add_argument("--count", type=int, metavar="N", help="only the first N pairs (default all)")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="METHOD.NAME=VALUE",
        help="an option of a method, e.g. rise.masks=500",
    )
    add_max_megapixels(parser)
    add_no_cache(parser)
    _add_settings(parser.add_argument_group("metrics' settings"))
    add_model(parser)


def _add_settings(group: Any) -> None:
    add_csv_formulas(group)
    group.add_argument(
        "--deletion-steps",
        dest="steps",
        type=int,
        default=DEFAULTS.steps,
        metavar="N",
        help="steps of deletion and insertion (default %(default)s)",
    )
    _add_former(group, "--steps", "--deletion-steps", "steps", int)
    group.add_argument(
        "--fill", choices=SPREAD_FILLS, default=DEFAULTS.fill, help="replaces removed patches (default %(default)s)"
    )
    group.add_argument("--score", choices=SCORES, default=DEFAULTS.score, help="cosine, or softmax among all captions")
    group.add_argument(
        "--masks", type=int, default=DEFAULTS.masks, metavar="N", help="masks of p-faithfulness (default %(default)s)"
    )
    group.add_argument(
        "--share",
        type=float,
        default=DEFAULTS.share,
        metavar="P",
        help="share of patches that a mask keeps (default %(default)s)",
    )
    group.add_argument(
        "--threshold",
        choices=THRESHOLDS,
        default=DEFAULTS.threshold,
        help="the rule that marks pixels (default %(default)s)",
    )
    group.add_argument("--smooth", action="store_true", help="interpolate heat between the centres of patches")
    group.add_argument(
        "--pointing-distance",
        dest="tolerance",
        type=float,
        default=DEFAULTS.tolerance_px,
        metavar="PX",
        help="distance in pixels within which pointing counts as a hit (default %(default)g)",
    )
    _add_former(group, "--tolerance", "--pointing-distance", "tolerance", float)
    group.add_argument(
        "--framing", choices=FRAMINGS, default=DEFAULTS.framing, help="how pictures are fitted to the model's input"
    )


class _FormerName(argparse.Action):
    """Takes an option by its former name, and prints its present one."""

    def __call__(
        self, parser: argparse.ArgumentParser, options: argparse.Namespace, value: Any, flag: str | None = None
    ) -> None:
        """Set the value."""
        print_note(f"{flag} is now called {self.const}: explain has an option {flag} with another meaning.")
        setattr(options, self.dest, value)


def _add_former(group: Any, flag: str, present: str, dest: str, kind: type) -> None:
    """Add a former name of an option, which the help does not show."""
    group.add_argument(flag, dest=dest, type=kind, action=_FormerName, const=present, help=argparse.SUPPRESS)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _evaluate(options: argparse.Namespace) -> None:
    settings = {
        **{name: getattr(options, name) for name in ("metrics", "steps", "fill", "score", "masks", "share")},
        **{name: getattr(options, name) for name in ("threshold", "smooth", "framing")},
        "tolerance_px": options.tolerance,
    }
    StudySettings(**settings)  # raises before the model is loaded
    methods = _methods(options)
    pairs = None if options.pairs is None else read_pairs(options.pairs)
    for note in () if pairs is None else summarize_notes(pairs.notes):
        print_note(note)
    model = load_chosen_model(options)
    with resumable(options.out) as stop, ProgressBar("Measuring ") as bar:
        study = exclip_desktop.study(
            model,
            pairs,
            methods,
            count=options.count,
            out=options.out,
            max_megapixels=options.max_megapixels,
            cache=chosen_cache(options),
            progress=stop.after_each(bar.show),
            **settings,
        )
    _write(study, options.out, options.csv_formulas)


def _methods(options: argparse.Namespace) -> dict[str, dict[str, str]]:
    """Return the options of the chosen methods as text: method → option → value."""
    methods: dict[str, dict[str, str]] = {method: {} for method in options.methods or study_methods()}
    for text in options.option:
        left, equals, value = text.partition("=")
        method, dot, name = left.strip().partition(".")
        if not equals or not dot or method not in methods:
            raise SettingsError(
                f'"{text}" is not an option of a chosen method.',
                "Write method.name=value, e.g. rise.masks=500 (--option).",
            )
        methods[method][name.replace("-", "_")] = value.strip()
    return methods


def _write(study: "Study", folder: Path, formulas: Formulas) -> None:
    written = save_tables(study, folder, formulas)
    figures = import_module("exclip_desktop.render.figure_study")  # matplotlib is imported when a figure is made
    saving = import_module("exclip_desktop.render.figure").save_figure
    figure = figures.draw_study(study)
    for ending in (".svg", ".png"):
        path = folder / f"curves{ending}"
        write_atomically(path, lambda file, ending=ending: saving(figure, file, ending))  # type: ignore[misc]
        written.append(path)
    print_text(format_text(study))
    if format_csv(study, formulas) != format_csv(study, "keep"):
        print_note(ESCAPES_NOTE)
    print_note(f"Written: {', '.join(str(path) for path in written)}")
