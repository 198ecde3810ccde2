"""Writes a study's table of figures: CSV, Markdown, LaTeX."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.core.metric_table import METRICS, THRESHOLDS
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.study import Interval, Study, StudyRow, study_method_name
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import ExportFormat
from exclip_desktop.storage.formula_cells import Formulas, format_rows

NONE: Final = "—"
GAP: Final = ("less_ours", "less_ours_low", "less_ours_high")
LATEX: Final = {"↑": r"$\uparrow$", "↓": r"$\downarrow$", "±": r"$\pm$", "—": "---", "%": r"\%", "_": r"\_", "&": r"\&"}


@dataclass(frozen=True, slots=True)
class StudyFormat(ExportFormat):
    """A format of studies.

    Attributes:
        write_text: returns the table's text; None: the file holds a figure of the curves.
        copied_as: its entry in the menu that copies the table; empty: none.

    """

    write_text: Callable[[Study], str] | None = None
    copied_as: str = ""


def save_tables(study: Study, folder: Path, formulas: Formulas = "escape") -> list[Path]:
    """Write ``table.csv``, ``table.md`` and ``table.tex``; return their paths. Raise ``OutputError`` on failure."""
    texts = {
        "table.csv": format_csv(study, formulas),
        "table.md": format_markdown(study),
        "table.tex": format_latex(study),
    }
    for name, text in texts.items():
        encoded = text.encode("utf-8")
        write_atomically(folder / name, lambda file, encoded=encoded: file.write(encoded))  # type: ignore[misc]
    return [folder / name for name in texts]


def format_csv(study: Study, formulas: Formulas = "escape", separator: str = ",") -> str:
    """Return one line per method and metric: mean, interval, number of values; or why there is none."""
    rows: list[list[object]] = []
    rows.append(["method", "options", "pairs", "metric", "mean", "low", "high", "values", "rule", "reason", *GAP])
    for row in study.rows:
        options = " ".join(f"{name}={value}" for name, value in row.options.items())
        for key in study.settings.metrics:
            rule = study.settings.threshold if METRICS[key].thresholded else ""
            figure = row.figures.get(key)
            cells = ["", "", "", 0] if figure is None else [*_interval_cells(figure), figure.count]
            gap = row.gaps.get(key)
            gap_cells = ["", "", ""] if gap is None else _interval_cells(gap)
            rows.append([row.method, options, row.pairs, key, *cells, rule, row.reasons.get(key, ""), *gap_cells])
    return format_rows(rows, formulas, separator=separator)


def _interval_cells(figure: Interval) -> list[str]:
    """Return mean, low and high; the ends are empty where a single picture gives no interval."""
    ends = (figure.low, figure.high) if figure.is_known else ()
    return [*(f"{value:.9g}" for value in (figure.mean, *ends)), *[""] * (2 - len(ends))]


def format_markdown(study: Study) -> str:
    """Return the table as Markdown, followed by its notes; the best figure of a column is bold."""
    keys = study.settings.metrics
    head = ["method", *(METRICS[key].heading for key in keys)]
    leaders = {key: find_best(study, key) for key in keys}
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in study.rows:
        cells = [
            f"**{format_cell(row, key)}**" if leaders[key] == row.method else format_cell(row, key) for key in keys
        ]
        lines.append(f"| {' | '.join([study_method_name(row.method), *cells])} |")
    return "\n".join([*lines, "", *list_notes(study), ""])


def format_latex(study: Study) -> str:
    """Return the table as a LaTeX ``tabular``, with its notes as comments above."""
    keys = study.settings.metrics
    leaders = {key: find_best(study, key) for key in keys}
    lines = [*(f"% {note}" for note in list_notes(study)), rf"\begin{{tabular}}{{l{'r' * len(keys)}}}", r"\hline"]
    lines.append(" & ".join(["method", *(_latex(METRICS[key].heading) for key in keys)]) + r" \\ \hline")
    for row in study.rows:
        cells = [_latex(format_cell(row, key)) for key in keys]
        cells = [
            rf"\textbf{{{cell}}}" if leaders[key] == row.method else cell for key, cell in zip(keys, cells, strict=True)
        ]
        lines.append(" & ".join([_latex(study_method_name(row.method)), *cells]) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])


def format_text(study: Study) -> str:
    """Return the table for a terminal, in aligned columns, followed by its notes."""
    keys = study.settings.metrics
    rows = [["", *(METRICS[key].heading for key in keys)]]
    rows += [[study_method_name(row.method), *(format_cell(row, key) for key in keys)] for row in study.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    return "\n".join([*lines, "", *list_notes(study)])


def list_notes(study: Study) -> list[str]:
    """Return the notes of a table: its data, the definitions of its figures, and reasons for missing ones."""
    settings, keys = study.settings, study.settings.metrics
    pairs = sorted({row.pairs for row in study.rows})
    count = format_count(pairs[0], "pair") if len(pairs) == 1 else f"{pairs[0]} to {pairs[-1]} pairs"
    count = count if pairs else "no pairs"
    lines = [
        f"{study.model} on {count} of {study.pairs}: means, ± the larger distance from the mean to an end of the "
        "95 % interval (bootstrap over pictures).",
        *(f"{METRICS[key].heading}: {METRICS[key].meaning}." for key in keys),
    ]
    if settings.needs("place"):
        drawn = "interpolated between the patches' centres" if settings.smooth else "painted as squares of patches"
        lines.append(
            "Mask: the pixels of the boxes or of the mask that the list gives for the words, as far as the model saw "
            f"them; heat {drawn}."
        )
    if any(METRICS[key].thresholded for key in keys):
        lines.append(f"Marked, by the rule {settings.threshold}: {THRESHOLDS[settings.threshold]}.")
    if settings.tolerance_px and "pointing" in keys:
        lines.append(f"Pointing hits within {settings.tolerance_px:g} pixels of the mask.")
    if any(map(settings.needs, ("picture", "caption", "pair"))):
        lines.append(_occlusion_note(study))
    return [*lines, *study.notes, *_better_than_ours(study), *_changed_options(study), *_missing_figures(study)]


def _better_than_ours(study: Study) -> list[str]:
    """Return one line per metric on the methods that beat ours by the interval of the paired difference."""
    lines = []
    for key in study.settings.metrics:
        if METRICS[key].kind == "time":
            continue
        sign = -1.0 if METRICS[key].lower else 1.0
        better = {
            study_method_name(row.method): abs(gap.mean)
            for row in study.rows
            if (gap := row.gaps.get(key)) is not None and gap.is_known and min(sign * gap.low, sign * gap.high) > 0
        }
        if better:
            names = ", ".join(f"{name} by {gap:.3f}" for name, gap in sorted(better.items(), key=lambda one: -one[1]))
            lines.append(
                f"{METRICS[key].heading}: better than second-order attributions (95 % interval of the "
                f"paired difference excludes 0): {names}."
            )
    return lines


def _changed_options(study: Study) -> list[str]:
    """Return one line per method with options that differ from its defaults."""
    lines = []
    for row in study.rows:
        method = all_methods().get(row.method)
        usual = {} if method is None else method.default_options()
        other = [
            f"{name} {value} (usual {usual.get(name)})"
            for name, value in row.options.items()
            if value != usual.get(name)
        ]
        lines += [f"{study_method_name(row.method)}: {', '.join(other)}."] if other else []
    return lines


def _occlusion_note(study: Study) -> str:
    settings = study.settings
    fill = "the model's mean colour" if settings.fill == "mean" else "a blur of the picture"
    score = "the cosine" if settings.score == "cosine" else "the probability among all captions of the list"
    return (
        f"Score: {score} of picture and caption. Patches go in {settings.steps} steps and become {fill}; words go one "
        f"by one and become the tokenizer's fill. Random masks: {settings.masks}, each keeping {settings.share:g} of "
        "patches and words."
    )


def _missing_figures(study: Study) -> list[str]:
    """Return the reasons for missing figures, with their methods, and the pairs that were left out."""
    methods_by_reason: dict[str, dict[str, None]] = {}
    for row in study.rows:
        for reason in row.reasons.values():
            methods_by_reason.setdefault(reason, {})[study_method_name(row.method)] = None
    lines = [f"{NONE} (no value) {', '.join(names)}: {reason}" for reason, names in methods_by_reason.items()]
    for row in study.rows:
        first = next(iter(row.left_out.items()), None)
        if first is not None:
            lines.append(
                f"{study_method_name(row.method)}: {format_count(len(row.left_out), 'pair')} left out. "
                f"Pair {first[0]}: {first[1]}"
            )
    return lines


def format_cell(row: StudyRow, key: str) -> str:
    """Return a mean ± the larger distance to an end of its interval, or ``NONE``; for one picture without interval."""
    figure = row.figures.get(key)
    if figure is None:
        return NONE
    if not figure.is_known:
        return f"{figure.mean:.3f} ± {NONE}"
    half = max(figure.high - figure.mean, figure.mean - figure.low)
    return f"{figure.mean:.3f} ± {half:.3f}"


def find_best(study: Study, key: str) -> str:
    """Return the key of the method whose mean is best; empty for time, which says nothing of quality."""
    means = {row.method: row.figures[key].mean for row in study.rows if key in row.figures}
    if not means or METRICS[key].kind == "time":
        return ""
    return (min if METRICS[key].lower else max)(means, key=lambda method: means[method])


def _latex(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in text)


STUDY_FORMATS: Final = (
    StudyFormat(".csv", "CSV, the figures", "A line for every method and metric.", format_csv),
    StudyFormat(
        ending=".tsv",
        name="TSV, the figures",
        description="As CSV, with tabs.",
        write_text=lambda study: format_csv(study, separator="\t"),
        copied_as="For a spreadsheet",
    ),
    StudyFormat(".md", "Markdown, the figures", "The table with its notes.", format_markdown, "As Markdown"),
    StudyFormat(".tex", "LaTeX, the figures", "The table, with its notes as comments.", format_latex, "As LaTeX"),
    StudyFormat(".svg", "SVG, the curves", "Sharp at any size."),
    StudyFormat(".pdf", "PDF, the curves", "Sharp at any size."),
    StudyFormat(".png", "PNG, the curves", "Pixels."),
)
