"""The figure of a study: deletion and insertion curves with their bands, and bars of the other metrics."""

import io
import math
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch

from exclip_desktop.core.maths.colour import method_colours
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.values.study import RANDOM, Study, study_method_name
from exclip_desktop.render.figure import own_style, save_figure

PANEL_IN: Final = 3.6, 2.9
COLUMNS: Final = 3
LEGEND_IN: Final = 0.28  # a line of the legend
SMALL_PT: Final = 8
BAND_OPACITY: Final = 0.15


@own_style()
def draw_study(study: Study) -> Figure:
    """Return a panel for every metric that has figures: curves where it has them, else bars with 95 % intervals."""
    keys = [key for key in study.settings.metrics if any(key in row.figures for row in study.rows)]
    rows, per_line = max(math.ceil(len(keys) / COLUMNS), 1), 4
    legend_in = LEGEND_IN * math.ceil(len(study.rows) / per_line) + 0.1
    width, height = COLUMNS * PANEL_IN[0], rows * PANEL_IN[1] + legend_in
    figure = Figure((width, height), dpi=150, layout=ConstrainedLayoutEngine(rect=(0, 0, 1, 1 - legend_in / height)))
    FigureCanvasAgg(figure)
    colours = method_colours([row.method for row in study.rows])
    for place, key in enumerate(keys):
        axes = figure.add_subplot(rows, COLUMNS, place + 1)
        axes.set_title(METRICS[key].heading, fontsize=SMALL_PT + 1)
        axes.tick_params(labelsize=SMALL_PT)
        (_draw_curves if any(key in row.curves for row in study.rows) else _draw_bars)(axes, study, key, colours)
    handles = [Patch(color=colours[row.method], label=study_method_name(row.method)) for row in study.rows]
    figure.legend(handles=handles, loc="upper center", ncols=per_line, fontsize=SMALL_PT, frameon=False)
    return figure


def study_bytes(study: Study, ending: str) -> bytes:
    """Return the figure as a file's bytes; see ``draw_study`` and ``save_figure``."""
    file = io.BytesIO()
    save_figure(draw_study(study), file, ending)
    return file.getvalue()


def _draw_curves(axes: Any, study: Study, key: str, colours: dict[str, str]) -> None:
    for row in study.rows:
        curve = row.curves.get(key)
        if curve is not None:
            style = "--" if row.method == RANDOM else "-"
            axes.plot(curve.shares, curve.mean, style, color=colours[row.method], linewidth=1.2)
            axes.fill_between(
                curve.shares, curve.low, curve.high, color=colours[row.method], alpha=BAND_OPACITY, linewidth=0
            )
    axes.set_xlabel(METRICS[key].along, fontsize=SMALL_PT)
    axes.set_ylabel(study.settings.score, fontsize=SMALL_PT)
    axes.margins(x=0)


def _draw_bars(axes: Any, study: Study, key: str, colours: dict[str, str]) -> None:
    rows = [row for row in study.rows if key in row.figures]
    intervals = [row.figures[key] for row in rows]
    means = np.array([one.mean for one in intervals])
    axes.bar(range(len(rows)), means, color=[colours[row.method] for row in rows])
    known = [place for place, one in enumerate(intervals) if one.is_known]
    if known:
        ends = [(intervals[place].mean - intervals[place].low, intervals[place].high - means[place]) for place in known]
        reach = np.clip(np.array(ends).T, 0, None)
        axes.errorbar(known, means[known], yerr=reach, fmt="none", ecolor="black", elinewidth=0.8)
    axes.set_xticks([])
    if METRICS[key].kind == "time" and means.max() > 0:
        axes.set_yscale("log", nonpositive="clip")
