"""Makes a model of a network in memory: of open_clip, of transformers, or of OpenAI's clip."""

from pathlib import Path
from typing import Any

from open_clip import CLIP
from open_clip.model import set_model_preprocess_cfg
from open_clip.tokenizer import DEFAULT_CONTEXT_LENGTH
from open_clip.transform import PreprocessCfg, merge_preprocess_dict

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.paths import is_dir
from exclip_desktop.core.values.preprocessing import find_preprocessing
from exclip_desktop.models.loading import make_reader
from exclip_desktop.models.model import Card, Model
from exclip_desktop.models.network_copies import NetworkCopy, compute_content_sha256, copy_network, describe_network
from exclip_desktop.models.preprocess import Preprocess
from exclip_desktop.models.tokenizers.chosen_tokenizer import choose_tokenizer, describe_tokenizer
from exclip_desktop.models.tokenizers.clip_vocabulary import check_clip_vocabulary
from exclip_desktop.models.towers.build import image_tower, text_tower
from exclip_desktop.models.towers.tower_protocols import TextTower
from exclip_desktop.models.transform_config import WHAT_TO_PASS, derive_preprocess, read_preprocess
from exclip_desktop.models.weights.fingerprints import compute_fingerprint
from exclip_desktop.models.weights.text_files import load_tokenizer


def wrap_model(
    network: object, *, preprocess: object = None, tokenizer: object = None, name: str | None = None
) -> Model:
    """Make a model of a network in memory, as it is now.

    The weights are copied, in single precision, on the network's device. The network stays as it is, and can be trained
    further; to explain what it has learned, wrap it again.

    Args:
        network: a network of open_clip (CLIP, CustomTextCLIP, CoCa), of transformers (CLIPModel, SiglipModel) or of
            OpenAI's package clip; or one that torch (compile, DataParallel) or peft has wrapped.
        preprocess: its preprocessing of pictures: open_clip's or clip's transform, a processor of transformers, a
            dictionary or JSON file with mean, std, interpolation and resize_mode, or a name in
            ``core.values.preprocessing.PREPROCESSINGS``. None: the one that the network names.
        tokenizer: open_clip's or transformers' tokenizer, or ``clip.tokenize``. None: the one of its architecture.
        name: its name in results.

    Raises:
        ModelError: the network, the preprocessing or the tokenizer is of a kind that is not known here.

    """
    copy = copy_network(network)
    own = copy.network
    image, text = image_tower(own.visual), text_tower(own)
    pictures = _choose_preprocess(copy, preprocess or _as_processor(tokenizer), image.input_size)
    set_model_preprocess_cfg(own, {**merge_preprocess_dict(PreprocessCfg(), pictures), "size": own.visual.image_size})
    chosen = _choose_tokenizer(copy, text, tokenizer or _as_processor(preprocess))
    content = compute_content_sha256(own)
    return Model(
        name=name or type(network).__name__,
        weights="in memory",
        weights_sha256=content,
        fingerprint=compute_fingerprint(
            content, [describe_network(own), own.visual.preprocess_cfg, describe_tokenizer(chosen)]
        ),
        network=own,
        image=image,
        text=text,
        preprocess=Preprocess(own.visual.preprocess_cfg, image.input_size, image.unit),
        reader=make_reader(chosen, text),
        device=next(own.parameters()).device,
        card=Card(),
        build_random=copy.build_random,
    )


def _as_processor(value: object) -> object | None:
    """Return a processor of transformers that holds both a tokenizer and an image processor; None for others."""
    return value if hasattr(value, "tokenizer") and hasattr(value, "image_processor") else None


def _choose_preprocess(copy: NetworkCopy, chosen: object, input_size: tuple[int, int]) -> dict[str, Any]:
    """Return the ``preprocess_cfg`` that the person chose, or else the one that the network names."""
    if chosen is not None:
        return read_preprocess(chosen, input_size)
    if copy.library == "clip":
        return find_preprocessing("openai")  # the only one that the package has
    own = getattr(copy.network.visual, "preprocess_cfg", None) if copy.library == "open_clip" else None
    folder = _origin_folder(copy)
    if own is None and folder is not None:
        own = derive_preprocess(folder)
    if own is None:
        raise ModelError("The network does not say how pictures are preprocessed (preprocess).", WHAT_TO_PASS)
    return dict(own)


def _origin_folder(copy: NetworkCopy) -> Path | None:
    """Return the folder that a network of transformers was loaded from; None for a repository or without one."""
    return Path(copy.origin) if copy.origin and is_dir(Path(copy.origin)) else None


def _choose_tokenizer(copy: NetworkCopy, text: TextTower, chosen: object) -> Any:
    """Return the tokenizer that the person chose, or else the one of the network's architecture."""
    own = copy.network
    encoder = getattr(getattr(own, "text", None), "config", None)  # of a text encoder of Hugging Face
    part = own if isinstance(own, CLIP) else own.text
    context = copy.context or (int(part.context_length) if encoder is None else DEFAULT_CONTEXT_LENGTH)
    if chosen is None and copy.origin and copy.tokenizer_clean:
        return load_tokenizer(copy.origin, _origin_folder(copy), context, {"clean": copy.tokenizer_clean})
    folder = _origin_folder(copy)
    if chosen is None and folder is not None:
        check_clip_vocabulary(folder)
    return choose_tokenizer(chosen, context=context, vocabulary=text.vocabulary, clean=copy.tokenizer_clean)
