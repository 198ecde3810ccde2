"""Copy as Python, Copy as command: code and commands that repeat an explanation and its figure."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import groupby
from typing import Any, Final

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.maths.colour import DEFAULT_COLOURS
from exclip_desktop.core.values.caption import Caption, Span
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.render.figure_options import FigureOptions

PLACEHOLDER: Final = "picture.png"
FIGURE: Final = "figure.png"

_IMPORTS: Final = [
    "from exclip_desktop.core.values.selection import Region, Selection",
    "from exclip_desktop.render.figure import FigureOptions, draw_figure, save_figure",
]
_DEFAULTS: Final = {"quadrature": "adaptive", "text_reference": "matched", "framing": "model", "precision": "float32"}
# Comments hold no quotes or brackets: some shells read them when they are pasted.
_PASTED: Final = f"# The picture was pasted: save it as {PLACEHOLDER} first."
_NO_WORDS: Final = "# The command cannot name these tokens, so it shows all. Copy as Python to keep them."
_NO_REGIONS: Final = "# The command takes one box only, so it shows the whole picture. Copy as Python to keep regions."
_NO_VIEW: Final = "# The command draws the figure in its own way. Copy as Python to keep its look and size."


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that an explanation and its figure were made from.

    Attributes:
        choice: arguments of ``load_model`` by name; an empty ``name``, and None elsewhere, are left out.
        settings: arguments of ``explain`` by name; None: its default.
        picture: the picture's file; None: it was pasted.
        caption: with its tokens, from which selected tokens get their words; or the typed text.
        figure: selection, colours and the rest of the figure.

    """

    choice: Mapping[str, str | None]
    settings: Mapping[str, str | int | float | None]
    picture: str | None
    caption: Caption | str
    figure: FigureOptions = field(default_factory=FigureOptions)

    @property
    def text(self) -> str:
        """The caption as it was typed."""
        return self.caption if isinstance(self.caption, str) else self.caption.text


def as_python(recipe: Recipe) -> str:
    """Return a Python program that repeats the explanation and writes the figure."""
    name = recipe.choice.get("name")
    model = [*([_literal(name)] if name else []), *_keywords(recipe.choice, without="name")]
    call = [_literal(recipe.picture or PLACEHOLDER), _literal(recipe.text), *_keywords(recipe.settings)]
    simple = _plot(recipe)
    lines = [
        "from exclip_desktop import explain, load_model",
        *([] if simple else _IMPORTS),
        "",
        *([] if recipe.picture else [_PASTED]),
        f"model = load_model({', '.join(model)})",
        f"result = explain(model, {', '.join(call)})",
        "print(result.score)",
        *([simple] if simple else _drawing(recipe.figure)),
    ]
    return "\n".join(lines) + "\n"


def as_command(recipe: Recipe) -> str:
    """Return the command that repeats the explanation and writes the figure; comments name what it cannot keep."""
    span, box = _span(recipe), _box(recipe.figure)
    figure, selection = recipe.figure, recipe.figure.selection or Selection()
    comments = [
        (_PASTED, recipe.picture is None),
        (_NO_WORDS, not isinstance(span, str) and (span is not None or bool(selection.rows))),
        (_NO_REGIONS, box is None and bool(selection.regions)),
        (_NO_VIEW, not _has_default_look(figure)),
    ]
    options: dict[str, Any] = {"model": recipe.choice.get("name") or None, **recipe.choice, "name": None}
    options |= {name: value for name, value in recipe.settings.items() if value != _DEFAULTS.get(name)}
    options |= {"span": span if isinstance(span, str) else None, "box": box and ",".join(map(_number, box))}
    options["colours"] = None if figure.colours == DEFAULT_COLOURS else figure.colours
    words = [word for name, value in options.items() if value is not None for word in _option(name, str(value))]
    what = [recipe.picture or PLACEHOLDER, recipe.text]
    dashes = ["--"] if any(word.startswith("-") for word in what) else []
    command = ["exclip-desktop", "explain", *words, "--picture", FIGURE, *dashes, *what]
    return "\n".join([*(text for text, needed in comments if needed), shlex.join(command)]) + "\n"


def _plot(recipe: Recipe) -> str | None:
    """Return the one line that draws a figure that words and a box describe; None for others."""
    span, box = _span(recipe), _box(recipe.figure)
    chosen = recipe.figure.selection or Selection()
    is_described = (span is not None or not chosen.rows) and (box is not None or not chosen.regions)
    if not is_described or not _has_default_look(recipe.figure) or any(region.name for region in chosen.regions):
        return None
    arguments = [_literal(FIGURE)]
    arguments += [] if span is None else [f"span={_literal(span)}"]
    arguments += [] if box is None else [f"box={_numbers(box)}"]
    colours = recipe.figure.colours
    arguments += [] if colours == DEFAULT_COLOURS else [f"colours={_literal(colours)}"]
    return f"result.plot({', '.join(arguments)})"


def _drawing(figure: FigureOptions) -> list[str]:
    default = FigureOptions()
    changed = [entry.name for entry in fields(figure) if getattr(figure, entry.name) != getattr(default, entry.name)]
    lines = [f"    {name}={_literal(getattr(figure, name))}," for name in changed]
    return [
        "options = FigureOptions(",
        *lines,
        ")",
        f'with open("{FIGURE}", "wb") as file:',
        '    save_figure(draw_figure(result, result.pixels, options), file, ".png")',
    ]


def _has_default_look(figure: FigureOptions) -> bool:
    """Return whether the figure is drawn by default, but for its selection and its colours."""
    return replace(figure, selection=None, span=None, box=None, colours=DEFAULT_COLOURS) == FigureOptions()


def _span(recipe: Recipe) -> Span | None:
    """Return words, or characters, that select exactly the selected tokens; None where there are none."""
    chosen = recipe.figure.selection or Selection()
    if recipe.figure.span is not None or not chosen.rows or isinstance(recipe.caption, str):
        return recipe.figure.span
    caption = recipe.caption
    phrases = _phrases(caption, chosen.rows)
    for span in (caption.text[slice(*phrases[0])], phrases[0]) if phrases else ():
        try:
            if caption.rows_of(span) == tuple(sorted(set(chosen.rows))):
                return span
        except CaptionError:
            continue
    return None


def _box(figure: FigureOptions) -> Box | None:
    """Return the box that is the only region; None where there is no region, or another one."""
    regions = () if figure.selection is None else figure.selection.regions
    if figure.box is not None or len(regions) != 1 or regions[0].outline or regions[0].subtract:
        return figure.box
    return regions[0].box


def _keywords(arguments: Mapping[str, Any], without: str = "") -> list[str]:
    return [
        f"{name}={_literal(value)}"
        for name, value in arguments.items()
        if name != without and value is not None and value != _DEFAULTS.get(name)
    ]


def _option(name: str, value: str) -> list[str]:
    """Return an option's words; a value that starts with a dash is joined to its option."""
    flag = f"--{name.replace('_', '-')}"
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]


def _literal(value: Any) -> str:
    """Return ``value`` as Python source."""
    match value:
        case Selection():
            regions = "".join(f"{_literal(region)}, " for region in value.regions)
            return f"Selection(rows={_numbers(value.rows)}, regions=({regions.strip()}))"
        case Region():
            return _region(value)
        case str():
            return _quoted(value)
        case tuple():
            return _numbers(value)
        case float():
            return _number(value)
        case _:
            return repr(value)


def _region(region: Region) -> str:
    subtract = ["subtract=True"] if region.subtract else []
    name = [f"name={_quoted(region.name)}"] if region.name else []
    if not region.outline:
        return f"Region({', '.join([_numbers(region.box), *subtract, *name])})"
    corners = ", ".join(map(_numbers, region.outline))
    return f"Region.lasso({', '.join([f'({corners})', *subtract, *name])})"


def _quoted(text: str) -> str:
    """Return the string as source, in double quotes where that needs nothing escaped."""
    source = repr(text)
    return f'"{source[1:-1]}"' if source[0] == "'" and '"' not in source and "\\'" not in source else source


def _numbers(values: tuple[float, ...]) -> str:
    text = ", ".join(map(_number, values))
    return f"({text},)" if len(values) == 1 else f"({text})"


def _number(value: float) -> str:
    """Return the number without rounding errors: 0.1 + 0.2 is 0.3."""
    return f"{value:.12g}"


def _phrases(caption: Caption, rows: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the characters (start, end) of the selected words, adjacent words as one."""
    chosen = set(rows)
    runs = groupby(caption.words, key=lambda word: bool(chosen.intersection(word.rows)))
    phrases = [list(words) for selected, words in runs if selected]
    return [(words[0].start, words[-1].end) for words in phrases]
