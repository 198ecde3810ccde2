"""JSON from outside: encodings, depth, odd numbers, and what a schema says of a wrong value."""

import json
import math
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.json_documents import (
    MOST_DEPTH,
    Count,
    Finite,
    JsonError,
    check_document,
    decode_json,
    read_document,
)
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE


class Vision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    layers: Annotated[int, msgspec.Meta(ge=1, le=100)]
    width: Count = 1
    name: str | None = None
    std: tuple[Finite, Finite, Finite] = (1, 1, 1)


class Config(msgspec.Struct, frozen=True):
    vision_cfg: Vision


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_every_encoding_of_json_is_read(encoding: str) -> None:
    assert decode_json('{"caption": "größe 🦊"}'.encode(encoding)) == {"caption": "größe 🦊"}


def test_numbers_that_json_does_not_know_are_numbers_and_no_schema_takes_them() -> None:
    value = decode_json(b"[NaN, Infinity, -Infinity, 1e999, 3]")
    assert math.isnan(value[0])
    assert value[1:4] == [math.inf, -math.inf, math.inf]
    for odd in value[:4]:
        with pytest.raises(ModelError, match="expected a number"):
            check_document(odd, Finite, "x.json", ModelError, "")


def test_half_of_a_surrogate_pair_is_text() -> None:
    assert decode_json(b'"\\ud800"') == "\ud800"


@pytest.mark.parametrize("brackets", ["[]", ("{", "}")])
def test_depth_is_bounded(brackets: str) -> None:
    def nested(depth: int) -> str:
        if brackets == "[]":
            return "[" * depth + "]" * depth
        return '{"a":' * depth + "1" + "}" * depth

    decode_json(nested(MOST_DEPTH))
    for depth in (MOST_DEPTH + 1, 900, 100_000):
        with pytest.raises(JsonError, match="deeper than 64"):
            decode_json(nested(depth))
        with pytest.raises(JsonError, match="deeper than 64"):
            decode_json("[NaN," + nested(depth) + "]")


def test_brackets_within_text_are_no_depth() -> None:
    texts = ["[" * 1000, "]" * 1000, '\\"[{', "\\\\", '"', '\\\\"' + "{" * 99, "größe ["]
    value = [[{"a": texts, text: 1} for text in texts]] * 20
    for data in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value).encode("utf-16")):
        assert decode_json(data) == value
    deep = json.dumps([*texts, json.loads("[" * MOST_DEPTH + "]" * MOST_DEPTH)])
    with pytest.raises(JsonError, match="deeper than 64"):
        decode_json(deep)


@pytest.mark.parametrize(
    ("data", "line"),
    [(b'{"a": 1,\n "b": }', 2), (b"", 1), (b'"\xff"', None), (b"[" + b"7" * 5000 + b"]", None), (b"\x00", 1)],
)
def test_what_is_not_json_is_one_sentence_with_its_line(data: bytes, line: int | None) -> None:
    with pytest.raises(JsonError) as caught:
        decode_json(data)
    assert caught.value.line == line
    assert str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"vision_cfg": {"layers": "12"}}', '"vision_cfg.layers": expected a whole number, got text'),
        ('{"vision_cfg": {"layers": 1000000}}', '"vision_cfg.layers": expected a whole number <= 100'),
        ('{"vision_cfg": {"layers": 1e999}}', '"vision_cfg.layers": expected a whole number, got a number'),
        ('{"vision_cfg": {"layers": %s}}' % ("9" * 400), '"vision_cfg.layers"'),
        ('{"vision_cfg": [1]}', '"vision_cfg": expected an object, got a list'),
        ('{"vision_cfg": {"layers": 1, "name": 3}}', 'expected text or null, got a whole number'),
        ('{"vision_cfg": {"layers": 1, "std": [1, 1]}}', '"vision_cfg.std": expected a list of length 3'),
        ('{"vision_cfg": {"layers": 1, "bpe_path": "/etc"}}', '"vision_cfg": object contains unknown field `bpe_path`'),
        ("{}", "object missing required field `vision_cfg`"),
        ("[1", "is not JSON that can be read"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_file_key_and_kind(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ModelError) as caught:
        read_document(path, Config, CONFIG_FILE, ModelError)
    assert words in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_right_document_is_its_type(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"vision_cfg": {"layers": 12, "std": [1, 2, 3]}, "unknown": 1}')
    assert read_document(path, Config, CONFIG_FILE, ModelError) == Config(Vision(12, std=(1.0, 2.0, 3.0)))
