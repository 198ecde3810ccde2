"""The window's sentences for remedies: they name its menus and dialogs."""

from typing import Final

from exclip_desktop.core.errors import Remedy, Words

WINDOW_WORDS: Final[Words] = {
    Remedy.NAME_TAG_ARCHITECTURE: "Choose the architecture with its tag in File ▸ Models.",
    Remedy.NAME_TRAINED_ARCHITECTURE: "Add the file again in File ▸ Models, and choose the architecture they were "
    "trained with.",
    Remedy.NAME_OR_OMIT_ARCHITECTURE: "Add the file again in File ▸ Models: choose the architecture they were trained "
    "with, or none to have it recognised.",
    Remedy.OMIT_WEIGHTS: "Choose the model alone in File ▸ Models.",
    Remedy.CHOOSE_WEIGHTS: "Choose a row with a tag in File ▸ Models, or add a checkpoint file there.",
    Remedy.CHOOSE_KNOWN_MODEL: "Choose a model, or add a folder, in File ▸ Models.",
    Remedy.CHOOSE_OTHER_MODEL: "Choose another, such as ViT-B-32, in File ▸ Models.",
    Remedy.CHOOSE_TEXT_FAMILY: "In File ▸ Models, choose a model with one of {families}.",
    Remedy.CHOOSE_CONFIG_FOLDER: "Add a folder with their {file} in File ▸ Models.",
    Remedy.CHOOSE_MODEL_FOLDER: "Add a folder with a config and weights in File ▸ Models.",
    Remedy.CHOOSE_PACKED_FOLDER: "Choose a folder that the command exclip-desktop models pack has written.",
    Remedy.CHOOSE_TAG: "Choose one of its tags in File ▸ Models: {choices}.",
    Remedy.CHOOSE_CHECKPOINT: "It has no tags; add a checkpoint file in File ▸ Models.",
    Remedy.CHOOSE_PREPROCESSING: "Add it again in File ▸ Models and choose there: {choices}, or a JSON file with mean "
    "and std.",
    Remedy.OMIT_PREPROCESSING: "Add it again in File ▸ Models without a preprocessing.",
    Remedy.ALLOW_DOWNLOAD: "Download it in File ▸ Models, or add a checkpoint file or a folder from another computer.",
    Remedy.CHOOSE_DEVICE: "Choose an available one in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_LAYER: "Choose the {side} layer in Edit ▸ Settings, from {layers}.",
    Remedy.CHOOSE_QUADRATURE: "Choose one in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_STEPS: "Choose {least} to {most} steps in Edit ▸ Settings.",
    Remedy.CHOOSE_TOLERANCE: "Choose a tolerance above 0 and below 1, such as {usual}, in Edit ▸ Settings.",
    Remedy.CHOOSE_TEXT_REFERENCE: "Choose the text reference in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_FRAMING: "Choose the framing in the View menu: {choices}.",
    Remedy.CHOOSE_PRECISION: "Choose one in Edit ▸ Settings: {choices}.",
    Remedy.CHOOSE_SIDE: "Choose one: {choices}.",
    Remedy.CHOOSE_METHOD: "Choose another method: {choices}.",
    Remedy.ADD_STEPS_OR_ADAPT: "Raise the steps in Edit ▸ Settings, or choose the adaptive quadrature there.",
    Remedy.ADD_ADAPTIVE_STEPS: "Raise the steps in Edit ▸ Settings; {steps} are usual.",
    Remedy.SHORTEN_PATH: "Choose later layers in Edit ▸ Settings, or Gauss Legendre with 256 steps.",
    Remedy.SAVE_MEMORY: "Close other programs, or choose a later layer or the CPU in Edit ▸ Settings.",
    Remedy.CHECK_WEIGHTS: "Check its weights, or choose another layer or the CPU in Edit ▸ Settings.",
    Remedy.SHRINK_PICTURE: "Shrink it first.",
    Remedy.CHOOSE_MEGAPIXELS: "Choose a number of megapixels.",
    Remedy.CHOOSE_WHOLE_WORDS: 'Choose whole words of "{caption}".',
    Remedy.CHOOSE_FOUR_NUMBERS: "Draw a box on the picture.",
    Remedy.CHOOSE_BOX: "Draw a larger box on the picture.",
    Remedy.CHOOSE_BOX_IN_PICTURE: "Draw a box within the picture's {width} × {height} pixels.",
    Remedy.CHOOSE_BOX_IN_VIEW: "Draw a box on the part that the model sees, {box}.",
    Remedy.SELECT_WORDS_AND_BOX: "Select words of the caption, and draw a box on the picture.",
    Remedy.CHOOSE_OCCLUSION_FILL: "Choose one in the dialog: {choices}.",
    Remedy.CHOOSE_STUDY_METHODS: "Choose methods in the study's dialog: {choices}.",
    Remedy.CHOOSE_METRICS: "Choose metrics in the study's dialog: {choices}.",
    Remedy.CHOOSE_STUDY_FILL: "Choose one in the study's dialog: {choices}.",
    Remedy.CHOOSE_STUDY_SCORE: "Choose one in the study's dialog: {choices}.",
    Remedy.CHOOSE_THRESHOLD: "Choose one in the study's dialog: {choices}.",
    Remedy.ADD_STUDY_STEPS: "Choose more steps and masks in the study's dialog.",
    Remedy.CHOOSE_SHARE_AND_TOLERANCE: "Choose a share between 0 and 1, and no negative tolerance, in the study's "
    "dialog.",
    Remedy.CHOOSE_PAIR_COUNT: "Choose 1 or more in the study's dialog.",
    Remedy.CHOOSE_SHARD: "Choose a part that there is.",
    Remedy.COMPUTE_ALL_PAIRS: "Run the batch with the scores of all pairs.",
    Remedy.CHOOSE_OTHER_FOLDER: "Choose another folder.",
    Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS: "Choose another folder, or the same settings.",
    Remedy.CHOOSE_OTHER_FOLDER_OR_LIST: "Choose another folder, or the same list and settings.",
    Remedy.CHOOSE_FINDINGS_FILE: "Choose a .csv or .jsonl file that Export findings, or the command report, has "
    "written.",
}
