"""Schemas of the documents in folders of transformers: configs of models and text encoders, and of image processors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

from msgspec import Meta

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.json_documents import JsonError, check_document, decode_json, read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, InputKind, read_regular

HINT: Final = "Correct the file, or fetch the model again."
Config = dict[str, Any]

Layers = Annotated[int, Meta(ge=1, le=256)]
Heads = Annotated[int, Meta(ge=1, le=1_024)]
Width = Annotated[int, Meta(ge=1, le=131_072)]
Vocabulary = Annotated[int, Meta(ge=1, le=8_000_000)]
Positions = Annotated[int, Meta(ge=1, le=1_000_000)]
Context = Annotated[int, Meta(ge=3, le=1_000_000)]
Pixels = Annotated[int, Meta(ge=1, le=4_096)]
Epsilon = Annotated[float, Meta(gt=0, le=1)]
Word = Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")]
Channel = Annotated[float, Meta(ge=-1e6, le=1e6)]
Deviation = Annotated[float, Meta(ge=1e-6, le=1e6)]
Number = Annotated[int, Meta(ge=-(2**31), le=2**31)]
Scalar = Number | Channel | Word | bool | None


class EncoderSizes(TypedDict, total=False):
    """The entries of one side that decide its network; others are not read."""

    hidden_size: Width
    intermediate_size: Width
    num_hidden_layers: Layers
    num_attention_heads: Heads
    vocab_size: Vocabulary
    max_position_embeddings: Context
    type_vocab_size: Positions
    image_size: Pixels
    patch_size: Pixels
    hidden_act: Word
    layer_norm_eps: Epsilon
    eos_token_id: Number | list[Number] | None
    pad_token_id: Number | None


class PairConfig(TypedDict, total=False):
    """``config.json`` of a model that compares pictures with captions."""

    model_type: Word
    projection_dim: Width
    text_config: EncoderSizes | None
    vision_config: EncoderSizes | None
    text_config_dict: EncoderSizes | None
    vision_config_dict: EncoderSizes | None


class ImageProcessor(TypedDict, total=False):
    """The entries of ``preprocessor_config.json`` that decide a number."""

    image_mean: tuple[Channel, Channel, Channel] | None
    image_std: tuple[Deviation, Deviation, Deviation] | None
    resample: Annotated[int, Meta(ge=0, le=5)] | None
    size: Pixels | dict[str, Pixels | None] | list[Pixels] | None
    crop_size: Pixels | dict[str, Pixels | None] | list[Pixels] | None
    do_center_crop: bool | None


ENCODER_ENTRIES: Final[dict[str, type | Any]] = {
    **dict.fromkeys(("vocab_size",), Vocabulary),
    **dict.fromkeys(("hidden_size", "intermediate_size", "d_model", "d_kv", "d_ff"), Width),
    **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), Width),
    **dict.fromkeys(("num_hidden_layers", "num_layers", "num_decoder_layers"), Layers),
    **dict.fromkeys(("encoder_layers", "decoder_layers"), Layers),
    **dict.fromkeys(("num_attention_heads", "num_heads"), Heads),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), Heads),
    **dict.fromkeys(("max_position_embeddings", "type_vocab_size"), Positions),
    **dict.fromkeys(("relative_attention_num_buckets", "relative_attention_max_distance"), Positions),
    **dict.fromkeys(("layer_norm_eps", "layer_norm_epsilon"), Epsilon),
    **dict.fromkeys(("model_type", "hidden_act", "activation_function", "feed_forward_proj", "dense_act_fn"), Word),
    **dict.fromkeys(("position_embedding_type",), Word),
    **dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"), Channel | None),
    **dict.fromkeys(("dropout_rate", "dropout", "attention_dropout", "activation_dropout"), Channel | None),
    **dict.fromkeys(("encoder_layerdrop", "decoder_layerdrop", "initializer_range", "init_std"), Channel | None),
    **dict.fromkeys(("initializer_factor",), Channel | None),
    **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"), Number | None),
    **dict.fromkeys(("is_decoder", "add_cross_attention", "is_encoder_decoder", "is_gated_act"), bool | None),
    **dict.fromkeys(("scale_embedding", "tie_word_embeddings", "use_cache"), bool | None),
}
"""Entries of a text encoder's config that transformers is given, with their types; others could name code or files."""
DECODERS: Final = {"num_decoder_layers": "num_layers", "decoder_layers": "encoder_layers"}
"""Layers of a decoder, which transformers builds beside the encoder and nothing reads → those of the encoder."""
MOST_DECODER_LAYERS: Final = 4  # times those of the encoder


def read_json(path: Path, kind: InputKind = CONFIG_FILE) -> Config:
    """Return the object in a JSON file; empty where there is none that can be read."""
    try:
        value = decode_json(read_regular(path, kind, ModelError))
    except (ModelError, JsonError):
        return {}
    return value if isinstance(value, dict) else {}


def read_pair_config(path: Path) -> Config:
    """Return the ``config.json`` of a model of any family.

    Raises:
        ModelError: it cannot be read; where it is of a family that is known here, also where a size is wrong.

    """
    return read_document(path, Config, CONFIG_FILE, ModelError, HINT)


def check_pair_config(config: Config, path: str | Path) -> None:
    """Raise ``ModelError`` where an entry that decides the network is wrong; the message names ``path``."""
    check_document(config, PairConfig, path, ModelError, HINT)


def read_image_processor(path: Path) -> Config:
    """Return the entries of an image processor; empty where there is no such file.

    Raises:
        ModelError: the file cannot be read, or an entry that decides a number is wrong.

    """
    if not path.exists():
        return {}
    document = read_document(path, Config, CONFIG_FILE, ModelError, HINT)
    held = document.get("image_processor", document)
    check_document(held, ImageProcessor, path, ModelError, HINT)
    return dict(held)


def select_encoder_entries(own: Mapping[str, Any], path: str | Path) -> Config:
    """Return the entries of a text encoder's config that decide its network, checked.

    Raises:
        ModelError: one of them is wrong; the message names ``path`` and the entry.

    """
    known = {name: value for name, value in own.items() if name in ENCODER_ENTRIES}
    for name, value in known.items():
        check_document(value, ENCODER_ENTRIES[name], f'{path}, "{name}"', ModelError, HINT)
    for decoder, encoder in DECODERS.items():
        if known.get(decoder, 0) > MOST_DECODER_LAYERS * known.get(encoder, 12):
            raise ModelError(f'{path}, "{decoder}": the decoder has more layers than the encoder.', HINT)
    return known
