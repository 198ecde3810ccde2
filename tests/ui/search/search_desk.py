"""A window with a list of pictures to search, shared by the tests of the search."""

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region
from tests.ui.fakes import number_of
from tests.ui.lists.list_desk import ListDesk

COUNT = 6
CAPTIONS = ("a dog and a cat", "a red balloon", "a hydrant", "a blue balloon", "a dog", "two red balloons")


def make_pairs(count: int = COUNT) -> tuple[ListedPair, ...]:
    """Return pairs with the ids 1, 2, …, each with a picture and a labelled box of its own."""
    box = Region((80.0, 0.0, 320.0, 480.0), name="thing")
    return tuple(
        ListedPair(str(number), f"picture-{number}.png", CAPTIONS[(number - 1) % len(CAPTIONS)], "", (box,))
        for number in range(1, count + 1)
    )


class SearchDesk(ListDesk):
    """The window, with the panel of search results."""

    def __init__(
        self, folder: Path, make: Callable[..., Explanation], pairs: tuple[ListedPair, ...] | None = None
    ) -> None:
        super().__init__(folder, make, make_pairs() if pairs is None else pairs)
        self.search, self.panel = self.session.search, self.window.search_dock

    def run(self, qtbot: QtBot, text: str = "red balloon") -> "SearchDesk":
        """Open the list and search for a text."""
        self.start(qtbot)
        self.window.panels.want("search", True)
        self.search.search_words(text)
        self.wait()
        return self

    def wait(self, count: int | None = None) -> None:
        """Wait until the search has ended and its hits are ranked; ``count`` of them."""
        self.qtbot.waitUntil(lambda: not self.search.is_running and self.is_ranked)
        if count is not None:
            self.qtbot.waitUntil(lambda: len(self.search.hits) == count)

    @property
    def is_ranked(self) -> bool:
        return self.search.counts.explained == len(self.search.hits)

    @property
    def ranked(self) -> list[str]:
        """The ids of the hits' pairs, in their order."""
        return [number_of(hit.picture) for hit in self.search.hits]
