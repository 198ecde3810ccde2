"""The command ``evaluate``: what the methods' heat is worth, over many pairs."""

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import exclip_desktop
from exclip_desktop.cli.options import add_model, model_of
from exclip_desktop.cli.terminal import Bar, kept_when_stopped, say
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.metric_table import METRICS, THRESHOLDS
from exclip_desktop.core.values.settings import FRAMINGS
from exclip_desktop.core.values.study import SCORES, SPREAD_FILLS, StudySettings, study_methods
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.study_tables import as_text, save_tables
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS

if TYPE_CHECKING:
    from exclip_desktop.core.values.study import Study

USUAL = StudySettings()


def add_evaluate(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "evaluate",
        help="measure what the methods' heat is worth, over many pairs",
        description="Measure how well methods find what words name, and how the score changes while what they point at "
        "is taken away. Without a list, on two hundred bundled scenes. Ctrl+C keeps what is done; the same command "
        f"goes on. Methods: {', '.join(study_methods())}. Metrics: {', '.join(METRICS)}.",
    )
    parser.set_defaults(run=_evaluate)
    parser.add_argument("pairs", nargs="?", metavar="PAIRS", help="a list, as of batch; of a project, its labels")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="keeps outcomes; table and figure")
    parser.add_argument("--methods", type=_keys, default=None, metavar="KEYS", help="by commas (default all)")
    parser.add_argument("--metrics", type=_keys, default=USUAL.metrics, metavar="KEYS", help="by commas (default all)")
    parser.add_argument("--count", type=int, metavar="N", help="only the first N pairs (default all)")
    parser.add_argument(
        "--option", action="append", default=[], metavar="METHOD.NAME=VALUE", help="a method's, e.g. rise.masks=500"
    )
    parser.add_argument(
        "--max-megapixels", type=float, default=DEFAULT_MEGAPIXELS, metavar="N", help="largest picture read"
    )
    _add_settings(parser.add_argument_group("metrics' settings"))
    add_model(parser)


def _add_settings(group: Any) -> None:
    group.add_argument("--steps", type=int, default=USUAL.steps, metavar="N", help="of removal (default %(default)s)")
    group.add_argument("--fill", choices=SPREAD_FILLS, default=USUAL.fill, help="in the patches' place")
    group.add_argument("--score", choices=SCORES, default=USUAL.score, help="cosine, or softmax among all captions")
    group.add_argument("--masks", type=int, default=USUAL.masks, metavar="N", help="of p-faithfulness")
    group.add_argument("--share", type=float, default=USUAL.share, metavar="P", help="of patches that a mask keeps")
    group.add_argument("--threshold", choices=THRESHOLDS, default=USUAL.threshold, help="which pixels are marked")
    group.add_argument("--smooth", action="store_true", help="interpolate heat between the patches' centres")
    group.add_argument(
        "--tolerance", type=float, default=USUAL.tolerance_px, metavar="PX", help="within which pointing hits"
    )
    group.add_argument("--framing", choices=FRAMINGS, default=USUAL.framing, help="how pictures are given to the model")


def _keys(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _evaluate(options: argparse.Namespace) -> None:
    settings = {
        **{name: getattr(options, name) for name in ("metrics", "steps", "fill", "score", "masks", "share")},
        **{name: getattr(options, name) for name in ("threshold", "smooth", "framing")},
        "tolerance_px": options.tolerance,
    }
    StudySettings(**settings)  # refused before the model is loaded
    methods = _methods(options)
    pairs = None if options.pairs is None else read_pairs(options.pairs)
    for note in () if pairs is None else pairs.notes:
        say(str(note))
    model = model_of(options)
    with kept_when_stopped(options.out), Bar("Measuring ") as bar:
        found = exclip_desktop.study(
            *(model, pairs, methods),
            count=options.count,
            out=options.out,
            max_megapixels=options.max_megapixels,
            progress=bar.show,
            **settings,
        )
    _give(found, options.out)


def _methods(options: argparse.Namespace) -> dict[str, dict[str, str]]:
    """Return the chosen methods' options, as text."""
    methods: dict[str, dict[str, str]] = {method: {} for method in options.methods or study_methods()}
    for text in options.option:
        left, equals, value = text.partition("=")
        method, dot, name = left.strip().partition(".")
        if not equals or not dot or method not in methods:
            raise SettingsError(
                f'"{text}" names no option of a chosen method.',
                "Write method.name=value, e.g. rise.masks=500 (--option).",
            )
        methods[method][name.replace("-", "_")] = value.strip()
    return methods


def _give(found: "Study", folder: Path) -> None:
    written = save_tables(found, folder)
    figures = import_module("exclip_desktop.render.figure_study")  # matplotlib is imported when a figure is made
    saving = import_module("exclip_desktop.render.figure").save_figure
    figure = figures.draw_study(found)
    for ending in (".svg", ".png"):
        path = folder / f"curves{ending}"
        write_atomically(path, lambda file, ending=ending: saving(figure, file, ending))  # type: ignore[misc]
        written.append(path)
    print(as_text(found))
    say(f"Written: {', '.join(str(path) for path in written)}")
