"""Errors that a person can correct: what happened, and what to do next.

What to do is a sentence, or a remedy, which each interface words in its own terms. A new remedy is a member of
``Remedy`` and one sentence in each of three tables: ``PYTHON_WORDS`` here, ``FLAG_WORDS`` in ``cli.flag_words`` and
``WINDOW_WORDS`` in ``session.notices``.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Remedy(Enum):
    """A remedy whose wording depends on the interface; its parameters stand in braces in the sentences."""

    # models
    NAME_TAG_ARCHITECTURE = auto()
    NAME_TRAINED_ARCHITECTURE = auto()
    NAME_OR_OMIT_ARCHITECTURE = auto()
    OMIT_WEIGHTS = auto()
    CHOOSE_WEIGHTS = auto()
    CHOOSE_KNOWN_MODEL = auto()
    CHOOSE_OTHER_MODEL = auto()
    CHOOSE_TEXT_FAMILY = auto()
    CHOOSE_CONFIG_FOLDER = auto()
    CHOOSE_MODEL_FOLDER = auto()
    CHOOSE_PACKED_FOLDER = auto()
    MERGE_ADAPTER = auto()
    CHOOSE_TAG = auto()
    CHOOSE_CHECKPOINT = auto()
    CHOOSE_PREPROCESSING = auto()
    OMIT_PREPROCESSING = auto()
    ALLOW_DOWNLOAD = auto()
    CHOOSE_DEVICE = auto()
    # settings of an explanation
    CHOOSE_LAYER = auto()
    CHOOSE_QUADRATURE = auto()
    CHOOSE_STEPS = auto()
    CHOOSE_TOLERANCE = auto()
    CHOOSE_TEXT_REFERENCE = auto()
    CHOOSE_FRAMING = auto()
    CHOOSE_PRECISION = auto()
    CHOOSE_SIDE = auto()
    CHOOSE_METHOD = auto()
    # accuracy and computation
    ADD_STEPS_OR_ADAPT = auto()
    ADD_ADAPTIVE_STEPS = auto()
    SHORTEN_PATH = auto()
    SAVE_MEMORY = auto()
    CHECK_WEIGHTS = auto()
    # pictures, words and boxes
    SHRINK_PICTURE = auto()
    CHOOSE_MEGAPIXELS = auto()
    CHOOSE_WHOLE_WORDS = auto()
    CHOOSE_FOUR_NUMBERS = auto()
    CHOOSE_BOX = auto()
    CHOOSE_BOX_IN_PICTURE = auto()
    CHOOSE_BOX_IN_VIEW = auto()
    SELECT_WORDS_AND_BOX = auto()
    CHOOSE_OCCLUSION_FILL = auto()
    # studies, batches and reports
    CHOOSE_STUDY_METHODS = auto()
    CHOOSE_METRICS = auto()
    CHOOSE_STUDY_FILL = auto()
    CHOOSE_STUDY_SCORE = auto()
    CHOOSE_THRESHOLD = auto()
    ADD_STUDY_STEPS = auto()
    CHOOSE_SHARE_AND_TOLERANCE = auto()
    CHOOSE_PAIR_COUNT = auto()
    CHOOSE_SHARD = auto()
    COMPUTE_ALL_PAIRS = auto()
    CHOOSE_OTHER_FOLDER = auto()
    CHOOSE_OTHER_FOLDER_OR_SETTINGS = auto()
    CHOOSE_OTHER_FOLDER_OR_LIST = auto()
    CHOOSE_FINDINGS_FILE = auto()


Words = Mapping[Remedy, str]
"""An interface's sentence for every remedy; parameters stand in braces."""

PYTHON_WORDS: Final[Words] = {
    Remedy.NAME_TAG_ARCHITECTURE: "Name the architecture before the tag: load_model(NAME, pretrained=TAG).",
    Remedy.NAME_TRAINED_ARCHITECTURE: "Name the one they were trained with: load_model(NAME, checkpoint=FILE).",
    Remedy.NAME_OR_OMIT_ARCHITECTURE: "Name the architecture they were trained with, or none to have it recognised.",
    Remedy.OMIT_WEIGHTS: "Leave out pretrained and checkpoint.",
    Remedy.CHOOSE_WEIGHTS: "Pass either a tag such as pretrained='laion2b_s34b_b79k', or a file as checkpoint.",
    Remedy.CHOOSE_KNOWN_MODEL: 'Pass "{bundled}", a folder, or the name of an open_clip architecture.',
    Remedy.CHOOSE_OTHER_MODEL: "Load another model, such as ViT-B-32.",
    Remedy.CHOOSE_TEXT_FAMILY: "Load a model whose text encoder is one of {families}.",
    Remedy.CHOOSE_CONFIG_FOLDER: "Pass a folder with their {file}.",
    Remedy.CHOOSE_MODEL_FOLDER: "Pass a folder with a config and weights.",
    Remedy.CHOOSE_PACKED_FOLDER: "Pass a folder that pack_model has written.",
    Remedy.MERGE_ADAPTER: "Merge it into its model first (merge_and_unload() of peft, then save_pretrained()), or load "
    "its model with adapter=FOLDER.",
    Remedy.CHOOSE_TAG: "Pass one that it has as pretrained: {choices}.",
    Remedy.CHOOSE_CHECKPOINT: "It has no tags; pass a file as checkpoint.",
    Remedy.CHOOSE_PREPROCESSING: "Pass preprocess as {choices}, or a JSON file with mean and std.",
    Remedy.OMIT_PREPROCESSING: "Leave out preprocess.",
    Remedy.ALLOW_DOWNLOAD: "Pass allow_download=True, or bring a checkpoint file (checkpoint) or a folder from another "
    "computer.",
    Remedy.CHOOSE_DEVICE: "Pass an available one as device: {choices}.",
    Remedy.CHOOSE_LAYER: "Pass {side}_layer from {layers}; negative numbers count from the end.",
    Remedy.CHOOSE_QUADRATURE: "Pass one as quadrature: {choices}.",
    Remedy.CHOOSE_STEPS: "Pass steps from {least} to {most}.",
    Remedy.CHOOSE_TOLERANCE: "Pass tolerance as a number above 0 and below 1, such as {usual}.",
    Remedy.CHOOSE_TEXT_REFERENCE: "Pass one as text_reference: {choices}.",
    Remedy.CHOOSE_FRAMING: "Pass one as framing: {choices}.",
    Remedy.CHOOSE_PRECISION: "Pass one as precision: {choices}.",
    Remedy.CHOOSE_SIDE: "Pass one as side: {choices}.",
    Remedy.CHOOSE_METHOD: "Pass one as method: {choices}.",
    Remedy.ADD_STEPS_OR_ADAPT: "Raise steps, or pass quadrature='adaptive'.",
    Remedy.ADD_ADAPTIVE_STEPS: "Allow more steps: steps={steps}.",
    Remedy.SHORTEN_PATH: "Choose later layers (image_layer, text_layer), or quadrature='gauss-legendre' and steps=256.",
    Remedy.SAVE_MEMORY: "Close other programs, or choose a later layer (image_layer, text_layer) or device='cpu'.",
    Remedy.CHECK_WEIGHTS: "Check its weights, or choose another layer (image_layer, text_layer) or device='cpu'.",
    Remedy.SHRINK_PICTURE: "Shrink it first, or raise max_megapixels.",
    Remedy.CHOOSE_MEGAPIXELS: "Pass a number as max_megapixels.",
    Remedy.CHOOSE_WHOLE_WORDS: 'Give whole words of "{caption}"; two characters (start, end) select a part.',
    Remedy.CHOOSE_FOUR_NUMBERS: "Pass box as four numbers, (x0, y0, x1, y1), in pixels.",
    Remedy.CHOOSE_BOX: "Pass box as (x0, y0, x1, y1) with x0 < x1 and y0 < y1.",
    Remedy.CHOOSE_BOX_IN_PICTURE: "Pass a box within its {width} × {height} pixels.",
    Remedy.CHOOSE_BOX_IN_VIEW: "Pass a box on the part that the model sees, {box}.",
    Remedy.SELECT_WORDS_AND_BOX: "Pass both span and box.",
    Remedy.CHOOSE_OCCLUSION_FILL: "Pass one as fill: {choices}.",
    Remedy.CHOOSE_STUDY_METHODS: "Choose methods from {choices}.",
    Remedy.CHOOSE_METRICS: "Choose metrics from {choices}.",
    Remedy.CHOOSE_STUDY_FILL: "Pass one as fill: {choices}.",
    Remedy.CHOOSE_STUDY_SCORE: "Pass one as score: {choices}.",
    Remedy.CHOOSE_THRESHOLD: "Pass one as threshold: {choices}.",
    Remedy.ADD_STUDY_STEPS: "Pass at least steps=1 and masks=3.",
    Remedy.CHOOSE_SHARE_AND_TOLERANCE: "Pass a share between 0 and 1, and tolerance_px of 0 or more.",
    Remedy.CHOOSE_PAIR_COUNT: "Pass count as 1 or more.",
    Remedy.CHOOSE_SHARD: "Pass shard as (i, n) with i from 1 to n.",
    Remedy.COMPUTE_ALL_PAIRS: "Run it with all_pairs=True.",
    Remedy.CHOOSE_OTHER_FOLDER: "Pass another folder as out.",
    Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS: "Pass another folder as out, or the same settings.",
    Remedy.CHOOSE_OTHER_FOLDER_OR_LIST: "Pass another folder as out, or the same list and settings.",
    Remedy.CHOOSE_FINDINGS_FILE: "Pass a .csv or .jsonl file of exported findings.",
}
"""The sentences of the Python interface, which ``str(error)`` uses: they name arguments and functions."""


class UserError(Exception):
    """An error that the person can correct.

    Attributes:
        message: what happened, one sentence.
        remedy: what to do next, where each interface words it in its own terms; None where ``hint`` is the same in all.
        values: the parameters of the remedy's sentence.

    """

    def __init__(self, message: str, hint: str | Remedy = "", **values: object) -> None:
        """Take what happened, and what to do next: a sentence, or a remedy and its ``values``."""
        super().__init__(message)
        self.message = message
        self.remedy = hint if isinstance(hint, Remedy) else None
        self.values = values
        self._hint = "" if isinstance(hint, Remedy) else hint

    @property
    def hint(self) -> str:
        """What to do next, one sentence in the words of the Python interface; empty where the message says it."""
        return self.hint_in(PYTHON_WORDS)

    def hint_in(self, words: Words) -> str:
        """Return what to do next in the words of an interface."""
        return self._hint if self.remedy is None else words[self.remedy].format(**self.values)

    def text_in(self, words: Words) -> str:
        """Return message and hint on one line, in the words of an interface."""
        return f"{self.message} {self.hint_in(words)}".strip()

    def __str__(self) -> str:
        """Return message and hint on one line, in the words of the Python interface."""
        return self.text_in(PYTHON_WORDS)


class PictureError(UserError):
    """The picture cannot be read, or is too large."""


class ListError(UserError):
    """A list of pairs cannot be read."""


class ProjectError(UserError):
    """A project file cannot be opened, read or written."""


class CaptionError(UserError):
    """The caption is empty, or does not contain the words."""


class SelectionError(UserError):
    """A box or a span selects nothing."""


class ModelError(UserError):
    """The model is unknown, is not on this computer, does not fit its architecture or cannot be explained."""


class DeviceError(ModelError):
    """This computer cannot compute on the device."""


class SettingsError(UserError):
    """A setting is out of range or does not fit the model."""


class MemoryShortage(UserError):
    """There is not enough memory for the work."""


class MethodError(UserError):
    """The method does not fit the model, or the picture and caption."""


class OutputError(UserError):
    """A result cannot be written."""


class Cancelled(Exception):
    """The person cancelled the work; nothing is wrong."""
