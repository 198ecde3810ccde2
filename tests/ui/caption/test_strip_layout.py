"""The strip of words: layout and picking."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.text.caption_chips import make_chips, unread_words
from exclip_desktop.core.values.caption import NO_ID
from exclip_desktop.session.state import State
from exclip_desktop.ui.caption.caption_field import format_gauge
from exclip_desktop.ui.caption.strip_area import HIGHEST_PX, StripArea
from exclip_desktop.ui.caption.strip_layout import USUAL, StripLayout, cell_widths
from exclip_desktop.ui.caption.strip_picking import Picker, describe_rows, place_of, rows_between
from exclip_desktop.ui.caption.token_strip import TokenStrip
from tests.ui.caption.strip_desk import Desk
from tests.ui.conftest import caption_of


def test_words_are_wrapped_inside_the_width_and_every_cell_is_hit_at_its_place() -> None:
    chips = make_chips(caption_of(("balloon", "hydrant", "a") * 12), specials=True)
    for width in (160, 231, 400, 3000):
        layout = StripLayout(cell_widths(chips, lambda text: 7.3 * len(text)), 16.2, width)
        found = [piece for line in layout.lines for piece in line]
        assert [piece.chip for piece in found] == list(range(len(chips)))
        assert max(piece.edges[-1] for piece in found) <= width - USUAL.margin
        assert max(piece.top for piece in found) + layout.chip_height + USUAL.margin == layout.height
        for piece in found:
            for cell in range(len(piece.edges) - 1):
                x = (piece.edges[cell] + piece.edges[cell + 1]) / 2
                assert layout.place_at(x, piece.top + 3) == (piece.chip, cell)
                assert layout.nearest(x, piece.top + 3) == (piece.chip, cell)


@pytest.mark.parametrize(("count", "lines"), [(3, 1), (40, 2), (400, 4)])
def test_the_strip_has_the_height_of_its_lines_up_to_a_limit(
    qtbot: QtBot, make_state: Callable[..., State], count: int, lines: int
) -> None:
    strip, page = TokenStrip(make_state(words=("dog",) * count)), QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    column.addWidget(StripArea(strip))
    column.addStretch(1)
    page.resize(1200, 600)
    with qtbot.waitExposed(page):
        page.show()
    area = page.findChild(StripArea)
    wanted = strip.heightForWidth(area.viewport().width())
    qtbot.waitUntil(lambda: area.height() == min(wanted, HIGHEST_PX))
    single = strip.minimumSizeHint().height()
    assert (area.height() - 1) // single + 1 == lines


def test_a_word_wider_than_the_strip_is_broken_between_its_tokens() -> None:
    layout = StripLayout([[40.0], [50.0, 50.0, 50.0, 50.0], [30.0]], 16, 160)
    lines = [[(piece.chip, piece.first, len(piece.edges) - 1) for piece in line] for line in layout.lines]
    assert lines == [[(0, 0, 1)], [(1, 0, 2)], [(1, 2, 2), (2, 0, 1)]]
    assert layout.place_at(USUAL.margin + 60, layout.lines[2][0].top + 1) == (1, 3)
    assert layout.rect_of((1, 3)) == layout.rect_of((1, 2)) == (USUAL.margin, layout.lines[2][0].top, 100, 24)


def test_a_token_wider_than_the_strip_is_cut_to_it(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("a", "x" * 400, "b")), width=200)
    assert desk.strip._placed.rect_of((1, 0))[2] == 200 - 2 * USUAL.margin
    desk.click(desk.at(1))
    assert desk.rows == (2,)
    assert not desk.image().isNull()


def test_gaps_between_words_are_empty_but_near_a_word_mean_it() -> None:
    layout = StripLayout([[40.0], [40.0]], 16, 400)
    y = USUAL.margin + 5
    assert layout.place_at(USUAL.margin + 42, y) == (0, 0)
    assert layout.place_at(USUAL.margin + 44, y) is None
    assert layout.place_at(USUAL.margin + 46, y) == (1, 0)
    assert layout.place_at(USUAL.margin + 20, y + 100) is None
    assert StripLayout([], 16, 400).nearest(3, 3) is None
    with pytest.raises(LookupError):
        layout.rect_of((5, 0))


def test_chips_are_words_specials_and_unread_words_in_reading_order() -> None:
    caption = caption_of(("a", "hydrant"), unseen="in  the snow")
    assert [chip.text for chip in make_chips(caption, specials=False)] == ["a", "hydrant", "in", "the", "snow"]
    assert unread_words(caption) == ["in", "the", "snow"]
    chips = make_chips(caption, specials=True)
    assert [(chip.text, chip.kind, chip.rows) for chip in chips[:4]] == [
        ("[SOT]", "special", (0,)),
        ("a", "word", (1,)),
        ("hydrant", "word", (2, 3)),
        ("[EOT]", "special", (4,)),
    ]
    assert [cell.text for cell in chips[2].cells] == ["hydr", "ant"]


def test_padding_is_one_chip_and_the_class_token_another() -> None:
    caption = caption_of(("a", "dog"))
    end = caption.tokens[-1]
    padding, own = replace(end, kind="padding", text="padding"), replace(end, id=NO_ID, kind="class", text="[CLS]")
    padded = replace(caption, tokens=(*caption.tokens, *(padding,) * 3, own))
    chips = make_chips(padded, specials=True)[-2:]
    assert [(chip.text, chip.rows, chip.kind) for chip in chips] == [
        ("padding × 3", (4, 5, 6), "special"),
        ("[CLS]", (7,), "special"),
    ]
    assert len(chips[0].cells) == 1
    assert make_chips(padded, specials=False) == make_chips(caption, specials=False)
    assert padded.ids == (*caption.ids, end.id, end.id, end.id)
    assert format_gauge(padded) == format_gauge(caption) == "4 / 77 tokens"


def test_cells_show_the_characters_as_typed_and_a_sign_of_several_tokens_once() -> None:
    caption = caption_of(("hydrant", "dog"))
    tokens = list(caption.tokens)
    tokens[1] = replace(tokens[1], text="HYDR")
    tokens[2] = replace(tokens[2], start=0, end=4)
    chip = make_chips(replace(caption, tokens=tuple(tokens)), specials=False)[0]
    assert [cell.text for cell in chip.cells] == ["hydr", "…"]


def test_rows_between_and_their_description() -> None:
    chips = make_chips(caption_of(("a", "hydrant", "and", "hydrant")), specials=False)
    assert rows_between(chips, (3, 1), (1, 1), tokens=False) == (2, 3, 4, 5, 6)
    assert rows_between(chips, (3, 0), (1, 1), tokens=True) == (3, 4, 5)
    assert describe_rows(chips, (1, 2, 3, 5)) == "a hydrant, hydr (part of hydrant)"
    assert describe_rows(chips, ()) == ""
    assert place_of(chips, 6) == (3, 1)
    assert place_of(chips, 0) is None


def test_a_picker_without_words_finds_no_neighbour() -> None:
    picker = Picker()
    assert picker.neighbour(None, 1) is None
    assert picker.toggle(()) == ()
    assert picker.everything() == ()
