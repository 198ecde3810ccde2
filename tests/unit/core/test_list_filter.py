"""The filter of lists: what a query means, what it answers to mistakes, and how menus and the completer write it."""

import pytest

from exclip_desktop.core.text.list_filter import (
    WORDS,
    FilterKey,
    ListFilter,
    complete_term,
    has_value,
    parse_filter,
    set_comparison,
    toggle_value,
    token_at,
)

RATING = FilterKey("rating", "choice", "Rating", ("match", "mismatch", "artefact", "unsure"), lacking="unrated")
TAG = FilterKey("tag", "name", "Tag", ("colour", "left and right"), lacking="none")
LABEL = FilterKey("label", "text", "Label", ("dog",), lacking="none")
SCORE, RESIDUAL = FilterKey("score", "number", "Score"), FilterKey("residual", "number", "Residual")
IS = FilterKey("is", "state", "State", ("rated", "unrated", "failed"))
KEYS = (RATING, TAG, LABEL, SCORE, RESIDUAL, IS)

ROWS: dict[str, dict[str, object]] = {
    "dog": {
        WORDS: "Dogs/one.jpg\na dog and a red balloon\nlook at the left ear",
        "rating": "match",
        "tag": ("colour",),
        "label": "golden retriever",
        "score": 0.31,
        "residual": 2e-3,
        "is": ("rated",),
    },
    "cat": {
        WORDS: "cats/two.jpg\na balloon that is red",
        "rating": "unsure",
        "tag": ("left and right", "Colour"),
        "score": 0.18,
        "residual": 5e-2,
        "is": ("rated",),
    },
    "gone": {WORDS: "cats/gone.jpg\na hydrant at 12:30", "rating": "", "tag": (), "is": ("unrated", "failed")},
}


def passing(query: str) -> list[str]:
    made = parse_filter(query, KEYS)
    assert made.problem == ""
    return [name for name, row in ROWS.items() if made.matches(row.get)]  # type: ignore[arg-type]  # any mapping


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["dog", "cat", "gone"]),
        ("   ", ["dog", "cat", "gone"]),
        ("balloon RED", ["dog", "cat"]),
        ('"red balloon"', ["dog"]),
        ('"red balloon', ["dog"]),
        ("/one.jpg", ["dog"]),
        ("ear", ["dog"]),
        ("-balloon", ["gone"]),
        ("balloon -dog", ["cat"]),
        ('-"red balloon"', ["cat", "gone"]),
        ('"12:30"', ["gone"]),
        ("rating:match", ["dog"]),
        ("Rating:Match", ["dog"]),
        ("rating:match,unsure", ["dog", "cat"]),
        ("-rating:match", ["cat", "gone"]),
        ("rating:none", ["gone"]),
        ("rating:unrated,match", ["dog", "gone"]),
        ("tag:colour", ["dog", "cat"]),
        ('tag:"left and right"', ["cat"]),
        ('tag:"left and right",other', ["cat"]),
        ("tag:none", ["gone"]),
        ("tag:col", []),
        ("label:retriever", ["dog"]),
        ("score>0.2", ["dog"]),
        ("score:>0.2", ["dog"]),
        ("score>=0.18 score<0.3", ["cat"]),
        ("score=0.31", ["dog"]),
        ("score:0.3", ["dog"]),
        ("score>18%", ["dog"]),
        ("-score>0.2", ["cat", "gone"]),
        ("score>−1", ["dog", "cat"]),
        ("residual<0.01", ["dog"]),
        ("residual<1e-2", ["dog"]),
        ("residual=2e-3", ["dog"]),
        ("is:unrated", ["gone"]),
        ("is:failed,rated balloon", ["dog", "cat"]),
        ("-", []),
    ],
)
def test_a_query_passes_these_rows(query: str, names: list[str]) -> None:
    assert passing(query) == names


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("rat:match", "The filter has no key “rat”. Keys are rating, tag, label, score, residual, is; put text with a "
         "colon in quotes."),
        ("rating:good", "There is no rating “good”. Choose from match, mismatch, artefact, unsure, unrated."),
        ("is:broken", "There is no state “broken”. Choose from rated, unrated, failed."),
        ("rating:", "Write one of match, mismatch, artefact, unsure, unrated after rating:"),
        ("tag:", "Write a value after tag:"),
        ("score>much", "Compare score with a number, as score>0.2."),
        ("score>", "Compare score with a number, as score>0.2."),
        ("rating>2", "Rating is not a number. Write rating: and a value."),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_answered_in_a_sentence_and_left_out(query: str, problem: str) -> None:
    made = parse_filter(f"balloon {query}", KEYS)
    assert made.problem == problem
    assert [term.key for term in made.terms] == [WORDS]


def test_rows_are_read_for_the_keys_of_the_query_only() -> None:
    read: list[str] = []

    def row(key: str) -> str:
        read.append(key)
        return ""

    assert not parse_filter("rating:match score>0.2", KEYS).matches(row)
    assert read == ["rating"]
    assert parse_filter("rating:match dog", KEYS).keys == {"rating", WORDS}
    assert ListFilter().matches(row)
    assert read == ["rating"]


def test_menus_add_and_remove_values() -> None:
    query = toggle_value("balloon", RATING, "match")
    assert query == "balloon rating:match"
    query = toggle_value(query, RATING, "unsure")
    assert query == "balloon rating:match,unsure"
    assert has_value(query, RATING, "unsure")
    assert not has_value(query, RATING, "artefact")
    assert has_value("rating:unrated", RATING, "unrated")
    assert toggle_value("rating:match,unrated", RATING, "unrated") == "rating:match"
    query = toggle_value(query, RATING, "match")
    assert query == "balloon rating:unsure"
    assert toggle_value(query, RATING, "unsure") == "balloon"
    assert toggle_value("", TAG, "left and right") == 'tag:"left and right"'
    assert toggle_value('tag:"left and right",colour dog', TAG, "left and right") == "dog tag:colour"
    assert toggle_value("-tag:colour", TAG, "colour") == "-tag:colour tag:colour"
    assert not has_value("-tag:colour", TAG, "colour")


def test_menus_replace_a_comparison_of_the_same_direction() -> None:
    query = set_comparison("dog", SCORE, ">=", "0.2")
    assert query == "dog score>=0.2"
    query = set_comparison(query, SCORE, "<=", "0.4")
    assert query == "dog score>=0.2 score<=0.4"
    assert set_comparison(query, SCORE, ">=", "0.3") == "dog score<=0.4 score>=0.3"


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("", ()),
        ("r", ("rating:", "residual>")),
        ("-ra", ("-rating:",)),
        ("rating:", ("rating:match", "rating:mismatch", "rating:artefact", "rating:unsure", "rating:unrated")),
        ("rating:mi", ("rating:mismatch",)),
        ("rating:unsure,u", ("rating:unsure,unrated",)),
        ("tag:le", ('tag:"left and right"',)),
        ('tag:"left a', ('tag:"left and right"',)),
        ("-is:f", ("-is:failed",)),
        ("nothing:", ()),
        ("score:", ()),
    ],
)
def test_a_beginning_is_completed(text: str, offers: tuple[str, ...]) -> None:
    assert complete_term(text, KEYS) == offers


def test_the_term_at_the_cursor() -> None:
    query = 'red tag:"left and right" is:'
    assert query[slice(*token_at(query, 2))] == "red"
    assert query[slice(*token_at(query, 3))] == "red"
    assert query[slice(*token_at(query, 14))] == 'tag:"left and right"'
    assert query[slice(*token_at(query, len(query)))] == "is:"
    assert token_at("red  ", 5) == (5, 5)
