"""The command line's sentences for remedies: they name its options and commands."""

from typing import Final

from exclip_desktop.core.errors import Remedy, Words

FLAG_WORDS: Final[Words] = {
    Remedy.NAME_TAG_ARCHITECTURE: "Name it (--model).",
    Remedy.NAME_TRAINED_ARCHITECTURE: "Name the one they were trained with (--model).",
    Remedy.NAME_OR_OMIT_ARCHITECTURE: "Name the architecture they were trained with, or leave it out to have it "
    "recognised (--model).",
    Remedy.OMIT_WEIGHTS: "Leave out the tag (--pretrained) and the checkpoint (--checkpoint).",
    Remedy.CHOOSE_WEIGHTS: "Choose either a tag such as laion2b_s34b_b79k (--pretrained) or a checkpoint file "
    "(--checkpoint).",
    Remedy.CHOOSE_KNOWN_MODEL: 'Choose "{bundled}", a folder, or an open_clip architecture (--model).',
    Remedy.CHOOSE_OTHER_MODEL: "Choose another (--model), such as ViT-B-32.",
    Remedy.CHOOSE_TEXT_FAMILY: "Choose a model (--model) whose text encoder is one of {families}.",
    Remedy.CHOOSE_CONFIG_FOLDER: "Give a folder with their {file} (--model).",
    Remedy.CHOOSE_MODEL_FOLDER: "Choose a folder with a config and weights (--model).",
    Remedy.CHOOSE_PACKED_FOLDER: "Give a folder that exclip-desktop models pack has written.",
    Remedy.MERGE_ADAPTER: "Merge it into its model first (merge_and_unload() of peft, then save_pretrained()), or name "
    "its model (--model) and the adapter's folder (--adapter).",
    Remedy.CHOOSE_TAG: "Choose one of its tags (--pretrained): {choices}.",
    Remedy.CHOOSE_CHECKPOINT: "It has no tags; give a checkpoint file (--checkpoint).",
    Remedy.CHOOSE_PREPROCESSING: "Choose one (--preprocess): {choices}, or a JSON file with mean and std.",
    Remedy.OMIT_PREPROCESSING: "Leave it out (--preprocess).",
    Remedy.ALLOW_DOWNLOAD: "Allow the download (--download), or bring a checkpoint file (--checkpoint) or a folder "
    "(--model) from another computer.",
    Remedy.CHOOSE_DEVICE: "Choose an available one (--device): {choices}.",
    Remedy.CHOOSE_LAYER: "Give a layer from {layers} (--{side}-layer); negative numbers count from the end.",
    Remedy.CHOOSE_QUADRATURE: "Choose one (--quadrature): {choices}.",
    Remedy.CHOOSE_STEPS: "Give {least} to {most} (--steps).",
    Remedy.CHOOSE_TOLERANCE: "Give a number above 0 and below 1, such as {usual} (--tolerance).",
    Remedy.CHOOSE_TEXT_REFERENCE: "Choose one (--text-reference): {choices}.",
    Remedy.CHOOSE_FRAMING: "Choose one (--framing): {choices}.",
    Remedy.CHOOSE_PRECISION: "Choose one (--precision): {choices}.",
    Remedy.CHOOSE_SIDE: "Choose one (--side): {choices}.",
    Remedy.CHOOSE_METHOD: "Choose one (--method): {choices}.",
    Remedy.ADD_STEPS_OR_ADAPT: "Raise the steps (--steps), or choose the adaptive rule (--quadrature adaptive).",
    Remedy.ADD_ADAPTIVE_STEPS: "Allow more steps (--steps {steps}).",
    Remedy.SHORTEN_PATH: "Choose later layers (--image-layer, --text-layer), or gauss-legendre with 256 steps "
    "(--quadrature, --steps).",
    Remedy.SAVE_MEMORY: "Close other programs, or choose a later layer (--image-layer, --text-layer) or the CPU "
    "(--device cpu).",
    Remedy.CHECK_WEIGHTS: "Check its weights, or choose another layer (--image-layer, --text-layer) or the CPU "
    "(--device cpu).",
    Remedy.SHRINK_PICTURE: "Shrink it first, or raise the limit (--max-megapixels).",
    Remedy.CHOOSE_MEGAPIXELS: "Give a number (--max-megapixels).",
    Remedy.CHOOSE_WHOLE_WORDS: 'Give whole words of "{caption}" (--span).',
    Remedy.CHOOSE_FOUR_NUMBERS: "Give four numbers, x0,y0,x1,y1, in pixels (--box).",
    Remedy.CHOOSE_BOX: "Give x0,y0,x1,y1 with x0 < x1 and y0 < y1 (--box).",
    Remedy.CHOOSE_BOX_IN_PICTURE: "Give one within its {width} × {height} pixels (--box).",
    Remedy.CHOOSE_BOX_IN_VIEW: "Give one on the part that the model sees, {box} (--box).",
    Remedy.SELECT_WORDS_AND_BOX: "Select both (--span and --box).",
    Remedy.CHOOSE_OCCLUSION_FILL: "Choose one (--measure): {choices}.",
    Remedy.CHOOSE_STUDY_METHODS: "Choose from {choices} (--methods).",
    Remedy.CHOOSE_METRICS: "Choose from {choices} (--metrics).",
    Remedy.CHOOSE_STUDY_FILL: "Choose one (--fill): {choices}.",
    Remedy.CHOOSE_STUDY_SCORE: "Choose one (--score): {choices}.",
    Remedy.CHOOSE_THRESHOLD: "Choose one (--threshold): {choices}.",
    Remedy.ADD_STUDY_STEPS: "Give more (--deletion-steps, --masks).",
    Remedy.CHOOSE_SHARE_AND_TOLERANCE: "Give a share between 0 and 1 (--share), and no negative distance "
    "(--pointing-distance).",
    Remedy.CHOOSE_PAIR_COUNT: "Give 1 or more (--count).",
    Remedy.CHOOSE_SHARD: "Give I/N with I from 1 to N (--shard).",
    Remedy.COMPUTE_ALL_PAIRS: "Run it with --all-pairs.",
    Remedy.CHOOSE_OTHER_FOLDER: "Choose another folder (--out).",
    Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS: "Choose another folder (--out), or the same settings.",
    Remedy.CHOOSE_OTHER_FOLDER_OR_LIST: "Choose another folder (--out), or the same list and settings.",
    Remedy.CHOOSE_FINDINGS_FILE: "Give a .csv or .jsonl file that the command report has written.",
}
