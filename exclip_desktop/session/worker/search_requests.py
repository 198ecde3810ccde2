"""A search of a list's pictures: its request, which names the query and the pictures, and its answers in parts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.factor_search import Products
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.worker.requests import ListRequest
from exclip_desktop.storage.pictures import Picture


@dataclass(frozen=True, slots=True)
class WordsQuery:
    """Search for words: characters (start, end) of a text that is explained like a caption; None: all of it."""

    text: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RegionQuery:
    """Search for regions of a picture; without regions, for the whole picture."""

    picture: Picture
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True)
class FileQuery:
    """Search for what a picture file shows."""

    path: Path


Query = WordsQuery | RegionQuery | FileQuery


@dataclass(frozen=True, slots=True)
class SearchedPicture:
    """A listed picture to search.

    Attributes:
        picture: its path, as the list writes it.
        caption: the first one that is listed with it; may be empty.

    """

    picture: str
    caption: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SearchRequest(ListRequest):
    """Multiply the stored factors of pictures of a list with a query; those without a stored factor are counted."""

    listed: PairList
    query: Query
    pictures: tuple[SearchedPicture, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PictureProducts:
    """A picture whose factor was multiplied with the query.

    Attributes:
        picture: its path, as the list writes it.
        products: heat, sum and score.
        geometry: the places of its patches.
        region: bool (rows, columns), the hit region.
        words: the words of its caption with the largest values for that region, the largest first; empty where the
            caption's factor is not stored.
        pair_score, residual: of picture and caption; None where the caption's factor is not stored.

    """

    picture: str
    products: Products
    geometry: Geometry
    region: NDArray[np.bool_]
    words: tuple[str, ...] = ()
    pair_score: float | None = None
    residual: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SearchPart:
    """A part of the answer to a ``SearchRequest``.

    Attributes:
        id: of the request.
        pictures: those with a factor, with their products.
        missing: pictures without a stored factor, by their paths in the list.
        failed: a sentence for each picture that cannot be read, by its path in the list.
        done: number of pictures that were looked at, of all parts together.

    """

    id: int
    pictures: tuple[PictureProducts, ...]
    missing: tuple[str, ...]
    failed: dict[str, str]
    done: int
