"""Hits of a search as files: CSV, JSON lines, COCO boxes with their scores."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from exclip_desktop.core.maths.search_hits import SearchHit
from exclip_desktop.core.maths.search_ranking import RANKINGS
from exclip_desktop.storage.exports.formats import ExportFormat
from exclip_desktop.storage.formula_cells import Formulas, format_rows


@dataclass(frozen=True, slots=True)
class HitFormat(ExportFormat):
    """A format of hits.

    Attributes:
        kind: a table's text, or a sheet of thumbnails, which ``render.hit_sheet`` draws.
        write: returns a table's text from the query, the hits, and what is done with cells that look like formulas.

    """

    kind: Literal["table", "sheet"] = "sheet"
    write: Callable[[str, Sequence[SearchHit], Formulas], str] = lambda *_: ""


def format_hit_csv(query: str, hits: Sequence[SearchHit], formulas: Formulas = "escape") -> str:
    """Return one row per hit: rank, picture, box in pixels, the value by each ranking, caption, whether it is right."""
    header = ["rank", "query", "picture", "x0", "y0", "x1", "y1", *RANKINGS, "right", "caption"]
    rows = (
        [rank, query, hit.picture, *hit.box, *(hit.numbers[name] for name in RANKINGS), _right(hit), hit.caption]
        for rank, hit in enumerate(hits, 1)
    )
    return format_rows([header, *rows], formulas)


def format_hit_lines(query: str, hits: Sequence[SearchHit], _: Formulas = "keep") -> str:
    """Return one JSON object per line, with the heat of the patches as rows of numbers."""
    lines = (
        json.dumps({"query": query, **hit_values(rank, hit)}, ensure_ascii=False) for rank, hit in enumerate(hits, 1)
    )
    return "".join(f"{line}\n" for line in lines)


def format_hit_coco(query: str, hits: Sequence[SearchHit], _: Formulas = "keep") -> str:
    """Return COCO's JSON with one box for each hit: its category is the query, its ``score`` what it is ranked by."""
    images = [
        {"id": rank, "file_name": hit.picture, **dict(zip(("width", "height"), hit.geometry.source_size, strict=True))}
        for rank, hit in enumerate(hits, 1)
    ]
    annotations = []
    for rank, hit in enumerate(hits, 1):
        x0, y0, x1, y1 = hit.box
        corners = [x0, y0, x1, y0, x1, y1, x0, y1]
        annotations.append(
            {
                "id": rank,
                "image_id": rank,
                "category_id": 1,
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "area": (x1 - x0) * (y1 - y0),
                "segmentation": [corners],
                "iscrowd": 0,
                "score": hit.value,
            }
        )
    categories = [{"id": 1, "name": query}]
    document = {"images": images, "annotations": annotations, "categories": categories}
    return json.dumps(document, ensure_ascii=False, indent=1)


def hit_values(rank: int, hit: SearchHit) -> dict[str, Any]:
    """Return a hit as JSON values."""
    numbers = {str(name): value for name, value in hit.numbers.items()}
    values = {"rank": rank, "picture": hit.picture, **numbers, "box": hit.box, "heat": hit.heat.tolist()}
    return {**values, "caption": hit.caption, "right": hit.is_right}


def _right(hit: SearchHit) -> str:
    return "" if hit.is_right is None else "yes" if hit.is_right else "no"


HIT_FORMATS: Final = (
    HitFormat(".csv", "CSV", "One hit per line: rank, picture, box, values, caption.", "table", format_hit_csv),
    HitFormat(".jsonl", "JSON lines", "One hit per line, with its heat.", "table", format_hit_lines),
    HitFormat(".json", "COCO boxes", "The box of each hit region with its score.", "table", format_hit_coco),
    HitFormat(".pdf", "PDF", "Contact sheet on A4: each picture with its heat."),
    HitFormat(".png", "PNG", "One grid of all pictures, in pixels."),
    HitFormat(".svg", "SVG", "One grid of all pictures; text stays text."),
)

"""Formats of hits; a list's writers, which ``convert`` uses, are others."""
