"""Tokens of Hugging Face's tokenizers are open_clip's own, and each has the range of its characters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from open_clip.tokenizer import HFTokenizer

from exclip_desktop.core.errors import CaptionError, ModelError
from exclip_desktop.core.text.accuracy_warnings import unread_reason
from exclip_desktop.models.tokenizers.hugging_face import HFReader, number_words
from tests.unit.models.test_tokenizer_clip import CAPTIONS
from tests.unit.models.text_models import TOKENIZERS

USES: dict[str, tuple[str, dict[str, Any]]] = {
    "SigLIP": ("sentencepiece", {"clean": "canonicalize"}),
    "T5": ("t5", {"clean": "lower"}),
    "Gemma": ("gemma", {}),
    "RoBERTa": ("bytes", {}),
    "CLIPA": ("wordpiece", {"strip_sep_token": True}),
}
"""The arguments with which open_clip uses each kind of tokenizer."""

Read = Callable[..., HFReader]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of all small tokenizers."""
    actual = {}
    for name, make in TOKENIZERS.items():
        actual[name] = tmp_path_factory.mktemp(name)
        make().save_pretrained(actual[name])
    return actual


@pytest.fixture(scope="module")
def reader(folders: dict[str, Path]) -> Read:
    """Return a function that makes a reader of a use."""
    known: dict[tuple[str, int], HFTokenizer] = {}

    def make(use: str, context: int = 40, **frame: bool) -> HFReader:
        name, values = USES[use]
        if (use, context) not in known:
            known[use, context] = HFTokenizer(str(folders[name]), context_length=context, **values)
        return HFReader(known[use, context], **frame)

    return make


@pytest.mark.parametrize("context", [8, 40])
@pytest.mark.parametrize("text", CAPTIONS)
@pytest.mark.parametrize("use", USES)
def test_ids_are_open_clips_own(reader: Read, folders: dict[str, Path], use: str, text: str, context: int) -> None:
    name, values = USES[use]
    (expected,) = HFTokenizer(str(folders[name]), context_length=context, **values)([text]).tolist()
    try:
        caption = reader(use, context).read(text)
    except CaptionError:  # of signs only, which SigLIP's cleaning removes
        assert (use, text) == ("SigLIP", "!!! ??? ...")
        return
    assert list(caption.ids) == expected
    assert (caption.context, len(caption.tokens)) == (context, context)


@pytest.mark.parametrize("text", CAPTIONS[:-1])
@pytest.mark.parametrize("use", USES)
def test_ranges_lie_in_order_inside_the_caption(reader: Read, use: str, text: str) -> None:
    caption = reader(use).read(text)
    content = [caption.tokens[row] for row in caption.content_rows]
    assert all(0 <= token.start <= token.end <= len(text) for token in content)
    assert all(token.start < token.end or token.text in ("▁", "Ġ") for token in content)
    assert all(a.start <= b.start for a, b in zip(content, content[1:], strict=False))
    assert [row for word in caption.words for row in word.rows] == list(caption.content_rows)
    assert all(text[word.start : word.end] == word.text == word.text.strip() != "" for word in caption.words)


@pytest.mark.parametrize("use", USES)
def test_words_are_those_that_a_person_reads(reader: Read, use: str) -> None:
    caption = reader(use).read("A  red balloon, isn't it? 2026")
    signs = use != "SigLIP"  # whose cleaning removes them
    read = ["A", "red", "balloon", *[","] * signs, "isn't", "it", *["?"] * signs, "2026"]
    assert [word.text for word in caption.words] == read
    assert caption.rows_of("balloon") == next(word.rows for word in caption.words if word.text == "balloon")
    assert {caption.tokens[row].kind for row in caption.rows_of("red balloon")} == {"content"}


def test_each_kind_marks_the_tokenizers_own_tokens(reader: Read) -> None:
    read = {use: reader(use, 6).read("a dog").tokens for use in USES}
    kinds = {use: [token.kind for token in tokens] for use, tokens in read.items()}
    own = {use: [token.text for token in tokens if token.kind != "content"] for use, tokens in read.items()}
    assert kinds["T5"] == ["content", "content", "end", "padding", "padding", "padding"]
    assert kinds["SigLIP"] == kinds["Gemma"] == kinds["T5"]
    assert kinds["RoBERTa"] == ["start", "content", "content", "end", "padding", "padding"]
    assert kinds["CLIPA"] == kinds["RoBERTa"]
    assert own["RoBERTa"] == ["<s>", "</s>", "padding", "padding"]
    assert own["SigLIP"] == ["</s>", "padding", "padding", "padding"]
    assert [token.id for token in read["CLIPA"]][3:] == [0, 0, 0]


@pytest.mark.parametrize(("use", "signs"), [("SigLIP", True), ("CLIPA", False)])
def test_what_cleaning_removes_belongs_to_no_word(reader: Read, use: str, signs: bool) -> None:
    words = [word.text for word in reader(use).read("fish-, &amp; (red) dog!").words]
    assert words == (["fish", "red", "dog"] if signs else ["fish", "-,", "&amp;", "(", "red", ")", "dog", "!"])


@pytest.mark.parametrize("use", [use for use in USES if use != "CLIPA"])
def test_a_space_alone_belongs_to_the_word_after_it(reader: Read, use: str) -> None:
    caption = reader(use).read("a xyz dog")
    rows = next(word.rows for word in caption.words if word.text == "xyz")
    assert caption.rows_of("xyz") == rows
    assert "".join(caption.tokens[row].text for row in rows).lstrip("▁Ġ") == "xyz"
    assert caption.rows_of((3, 4)) != rows


@pytest.mark.parametrize("context", [4, 6, 9])
@pytest.mark.parametrize("use", USES)
def test_a_long_caption_is_read_up_to_the_context_and_the_rest_is_reported(
    reader: Read, use: str, context: int
) -> None:
    text = "a red  dog and a red  balloon in snow  "
    caption = reader(use, context).read(text)
    assert caption.read == context
    assert caption.unseen is not None
    start, end = caption.unseen
    assert end == len(text.rstrip())
    assert not text[caption.tokens[caption.content_rows[-1]].end : start].strip()
    assert unread_reason(caption) == f"is too long: this model reads {context} tokens"
    with pytest.raises(CaptionError, match="did not read"):
        caption.rows_of("snow")
    assert reader(use, 40).read(text).unseen is None


def test_in_scripts_without_spaces_a_token_is_a_word() -> None:
    assert number_words("红狗 a", [(0, 1), (1, 2), (3, 4)]) == [0, 1, 2]
    assert number_words("红狗", [(0, 1), (0, 1), (1, 2)]) == [0, 0, 1]  # bytes of a sign
    assert number_words("a red-hot", [(0, 1), (2, 4), (4, 7), (7, 9)]) == [0, 1, 1, 1]  # a token that joins
    assert number_words("dog's 20,5", [(0, 3), (3, 5), (6, 8), (8, 9), (9, 10)]) == [0, 0, 1, 2, 3]
    assert number_words("शहर में", [(0, 2), (2, 3), (4, 5), (5, 7)]) == [0, 0, 1, 1]


@pytest.mark.parametrize("text", ["", "  ", "\n", "a" * 6000])
@pytest.mark.parametrize("use", USES)
def test_empty_captions_are_refused(reader: Read, use: str, text: str) -> None:
    with pytest.raises(CaptionError) as caught:
        reader(use).read(text)
    assert caught.value.hint


def test_padding_is_left_out_only_where_it_has_no_effect(reader: Read, folders: dict[str, Path]) -> None:
    assert [token.kind for token in reader("RoBERTa", padded=False).read("a dog").tokens][-1] == "end"
    tokens = reader("RoBERTa", class_token=True).read("a dog").tokens
    assert [token.kind for token in tokens][-2:] == ["padding", "class"]
    left = HFTokenizer(str(folders["bytes"]), context_length=9, padding_side="left")
    caption = HFReader(left, padded=False).read("a dog")
    assert [token.kind for token in caption.tokens][:2] == ["padding", "padding"]
    assert list(caption.ids) == left(["a dog"])[0].tolist()
    largest = HFTokenizer(str(folders["bytes"]), context_length=9)
    largest.tokenizer.pad_token = largest.tokenizer.convert_ids_to_tokens(len(largest.tokenizer) - 1)
    assert len(HFReader(largest, padded=False).read("a dog").tokens) == 9


def test_unusable_tokenizers_are_refused(folders: dict[str, Path]) -> None:
    tokenizer = HFTokenizer(str(folders["bytes"]), context_length=9)
    tokenizer.tokenizer.pad_token = None
    with pytest.raises(ModelError, match="no padding token"):
        HFReader(tokenizer)
