"""Checkpoints as people have them, ``tests/cases``: the same score from each, or a reason that helps."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from exclip_desktop.cli.main import main
from tests.e2e.test_cases import make_case

CASES = Path(__file__).parents[1] / "cases"


def explain(*options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return exit code, printed score, and standard error of ``explain --sample 1``."""
    code = main(["explain", "--sample", "1", "--device", "cpu", *options])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    score = re.search(r"^score +(\S+)", printed.out, re.MULTILINE)
    return code, score[1] if score else "", printed.err


@pytest.mark.parametrize(
    ("case", "folder", "notes"),
    [
        ("checkpoint-with-sizes", "numbers", ()),
        ("checkpoint-with-sizes", "tensors", ()),
        ("transformers-clip", "transformers", ()),
        ("lightning-checkpoints", "ending", ()),
        ("lightning-checkpoints", "more_weights", ("2 values of other parts", "criterion.logit_scale")),
        ("lightning-checkpoints", "two_models", ("2 models (model., teacher.)", "model. was taken")),
        ("lightning-checkpoints", "namespace", ()),
        ("lightning-checkpoints", "numpy_number", ()),
        ("wrapped-and-sharded", "module", ()),
        ("wrapped-and-sharded", "net", ()),
        ("wrapped-and-sharded", "shards", ()),
    ],
)
def test_every_form_of_the_same_weights_gives_the_same_score(
    tmp_path: Path, case: str, folder: str, notes: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_case(case, tmp_path)
    expected = explain("--model", str(made / "plain"), capsys=capsys)
    code, score, err = explain("--model", str(made / folder), capsys=capsys)
    assert (code, score) == (0, expected[1])
    assert score
    assert bool(err) == bool(notes)
    for note in notes:
        assert note in err


@pytest.mark.parametrize(
    ("case", "options", "parts"),
    [
        ("wrapped-and-sharded", ("--model", "cut_short"), ("incomplete, damaged",)),
        (
            "transformers-clip",
            ("--checkpoint", "pytorch_model.bin", "--preprocess", "openai"),
            ("layout of transformers' CLIPModel", "config.json"),
        ),
        (
            "resized-positions",
            ("--model", "image_96"),
            ("145 positions (12 × 12 + 1, pictures of 96 × 96 pixels)", "65 (64 × 64 pixels)", "Set image_size in"),
        ),
        (
            "resized-positions",
            ("--model", "text_124"),
            ("124 text positions", "the config 32", "Set context_length in open_clip_config.json"),
        ),
        ("lora-adapter", ("--model", ""), ("adapter (LoRA)", "Merge it into its model first")),
        (
            "lora-adapter",
            ("--checkpoint", "adapter_model.safetensors", "--preprocess", "openai"),
            ("adapter (LoRA)", "Merge it into its model first"),
        ),
    ],
)
def test_what_does_not_fit_says_why(
    tmp_path: Path, case: str, options: tuple[str, ...], parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_case(case, tmp_path)
    option, name, *rest = options
    code, _, err = explain(option, str(made / name), *rest, capsys=capsys)
    assert code == 2
    for part in parts:
        assert part in err
    assert "architecture" not in err


@pytest.mark.parametrize("options", [(), ("--model", "ViT-S-32-alt")])
def test_a_model_trained_at_another_size_is_read_at_that_size(
    tmp_path: Path, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_case("resized-positions", tmp_path)
    checkpoint = ("--checkpoint", str(made / "trained_at_288.pt"), "--preprocess", "openai")
    code, score, err = explain(*checkpoint, *options, capsys=capsys)
    assert code == 0
    assert score
    assert "the model reads 288 × 288 pixels (82 = 9 × 9 + 1 positions, patches of 32)" in err


def test_its_own_config_may_have_any_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = make_case("resized-positions", tmp_path)
    assert explain("--model", str(made / "image_96_with_its_config"), capsys=capsys)[0] == 0


@pytest.mark.parametrize(
    ("form", "note"),
    [
        ("sharded training", ""),
        ("recomputed blocks", ""),
        ("compiled in a wrapper", ""),
        ("another entry", "the weights in its entry net_g are used"),
        ("entries inside entries", "the weights in its entry checkpoint.model.state_dict are used"),
        ("numpy arrays", ""),
        ("paths and dates", ""),
        ("constants of old versions", ""),
    ],
)
def test_what_training_programs_save_has_the_same_score(
    tmp_path: Path, form: str, note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = make_case("checkpoint-with-sizes", tmp_path) / "plain"
    weights = plain / "open_clip_pytorch_model.bin"
    expected = explain("--model", str(plain), capsys=capsys)[1]
    torch.save(_wrap(torch.load(weights), form), weights)
    code, score, err = explain("--model", str(plain), capsys=capsys)
    assert (code, score) == (0, expected)
    assert note in err
    assert bool(err) == bool(note)


def _wrap(state: dict[str, torch.Tensor], form: str) -> Any:
    """Return weights as a training program saves them."""
    block = "resblocks.0."
    forms: dict[str, Any] = {
        "sharded training": {
            f"_fsdp_wrapped_module.{name.replace(block, f'{block}_fsdp_wrapped_module.')}": value
            for name, value in state.items()
        },
        "recomputed blocks": {
            name.replace(block, f"{block}_checkpoint_wrapped_module."): value for name, value in state.items()
        },
        "compiled in a wrapper": {"model": {f"module._orig_mod.{name}": value for name, value in state.items()}},
        "another entry": {"net_g": state, "epoch": 3},
        "entries inside entries": {"checkpoint": {"model": {"state_dict": state}}},
        "numpy arrays": {name: value.numpy() for name, value in state.items()},
        "paths and dates": {
            "state_dict": state,
            "where": Path("/x"),
            "when": datetime(2026, 1, 2),
            "best": np.zeros(2),
        },
        "constants of old versions": {**state, "attn_mask": torch.zeros(2, 2), "visual.position_ids": torch.arange(3)},
    }
    return forms[form]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda value: (value * 9).to(torch.int8), "has values of the type int8"),
        (lambda value: value.to("meta"), "holds weights without values"),
    ],
)
def test_weights_that_are_no_numbers_of_a_model_are_refused(
    tmp_path: Path,
    change: Callable[[torch.Tensor], torch.Tensor],
    expected: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = make_case("checkpoint-with-sizes", tmp_path) / "plain"
    weights = plain / "open_clip_pytorch_model.bin"
    torch.save({name: change(value) for name, value in torch.load(weights).items()}, weights)
    code, _, err = explain("--model", str(plain), capsys=capsys)
    assert code == 2
    assert expected in err


def test_of_several_checkpoints_the_last_by_number_is_used_with_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = make_case("checkpoint-with-sizes", tmp_path) / "plain"
    weights = plain / "open_clip_pytorch_model.bin"
    expected = explain("--model", str(plain), capsys=capsys)[1]
    state = torch.load(weights)
    weights.rename(plain / "epoch=10.ckpt")
    torch.save({name: value.flip(0) if value.ndim else value for name, value in state.items()}, plain / "epoch=9.ckpt")
    code, score, err = explain("--model", str(plain), capsys=capsys)
    assert (code, score) == (0, expected)
    assert "The folder holds 2 checkpoints; epoch=10.ckpt is used." in err
