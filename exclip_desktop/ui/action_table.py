"""The one table of actions: names, shortcuts, menus and mouse gestures. It imports no Qt: the manual prints it, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SEPARATOR: Final = ""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action.

    Attributes:
        name: its key in ``make_actions``.
        text: what menus say.
        shortcuts: portable key sequences; the first is the one that menus show.
        group: its heading in the list of shortcuts.
        tip: one sentence for the tooltip, without its full stop; ``actions`` adds the formats of exports.
        icon: a file in ``resources/icons`` without its ending, or "".
        checkable: whether it is a switch.
        repeats: whether a held key triggers it again and again; a switch never repeats.

    """

    name: str
    text: str
    shortcuts: tuple[str, ...]
    group: str
    tip: str
    icon: str = ""
    checkable: bool = False
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Gesture:
    """Something done with the mouse, or with keys on one widget: what it does, how it is done, and its heading."""

    text: str
    how: str
    group: str


FILES, COPYING, SELECTING, BOXES = "Pictures and files", "Copying", "Selecting", "Boxes"
HEAT, ZOOM, PROGRAM = "Heat", "Zoom", "Caption and program"
COMPARING, RATING = "Comparing", "Rating"
PANELS = "Panels"
ON_PICTURE, ON_WORDS, ON_LISTS = "On the picture", "On the words", "In the lists"

# fmt: off
ACTIONS: Final = (
    ActionSpec("open", "Open image…", ("Ctrl+O",), FILES, "Open a picture file", "open"),
    ActionSpec("paste", "Paste image", ("Ctrl+V",), FILES, "Take the picture from the clipboard", "paste"),
    ActionSpec("open_list", "Open list…", ("Ctrl+Shift+O",), FILES, "Open a list of pictures and captions", "pairs"),
    ActionSpec("open_folder", "Open folder…", ("Ctrl+U",), FILES, "Open a folder of pictures and caption files"),
    ActionSpec("next_pair", "Next pair", ("D",), FILES, "Go to the next pair of the list", "next"),
    ActionSpec("previous_pair", "Previous pair", ("A",), FILES, "Go to the previous pair of the list", "previous"),
    ActionSpec("take_labels", "Select labels", ("E",), BOXES, "Select the labelled regions of the picture"),
    ActionSpec("keep_labels", "Keep as labels", ("Shift+E", "Shift+B"), BOXES,
               "Store the selected regions as labels in the project; name them first (F2)"),
    ActionSpec("search_list", "Search the list", ("Ctrl+F",), FILES,
               "Find the pictures of the list that match the selected words or boxes, or typed words"),
    ActionSpec("filter_list", "Filter list", ("Ctrl+Shift+F",), FILES,
               "Go to the filter of the pairs or of the findings"),
    ActionSpec("pair_grid", "Pairs as thumbnails", ("Ctrl+Shift+G",), PANELS,
               "Show the pairs as a grid of thumbnails", "", True),
    ActionSpec("close_list", "Close list", (), FILES, "Close the list; the picture stays"),
    ActionSpec("note", "Note finding…", ("N",), FILES, "Store the current view with a rating and a note", "findings"),
    ActionSpec("rate_match", "Match", ("1",), RATING, "Rate the pair: words and heat match", repeats=False),
    ActionSpec("rate_mismatch", "Mismatch", ("2",), RATING, "Rate the pair: words and heat disagree", repeats=False),
    ActionSpec("rate_artefact", "Artefact", ("3",), RATING, "Rate the pair: the heat is an artefact", repeats=False),
    ActionSpec("rate_unsure", "Unsure", ("4",), RATING, "Rate the pair as doubtful", repeats=False),
    ActionSpec("rate_none", "Not rated", ("0",), RATING, "Remove the rating", repeats=False),
    ActionSpec("tag", "Tags…", ("W",), RATING, "Tag the pair, or the selected findings"),
    ActionSpec("next_unrated", "Next unrated pair", ("U",), RATING, "Go to the next pair without a rating"),
    ActionSpec("next_doubtful", "Next doubtful pair", ("Shift+U",), RATING,
               "Go to the next pair that is rated Unsure, or is not rated and has a large residual"),
    ActionSpec("rating_goes_on", "Go to the next pair after a rating", (), RATING,
               "Show the next pair of the list as soon as one is rated", "", True),
    ActionSpec("rating_keys", "Rating keys…", (), RATING, "Choose the keys of ratings, tags and the walk by ratings"),
    ActionSpec("new_project", "New project…", (), FILES, "Store findings in a new file"),
    ActionSpec("open_project", "Open project…", (), FILES, "Open a file of findings"),
    ActionSpec("save_project", "Save project as…", (), FILES, "Continue in a copy of the project"),
    ActionSpec("import_findings", "Import findings…", (), FILES, "Add the findings of an exported file"),
    ActionSpec("export_list", "Export list…", (), FILES, "Write pairs with captions and boxes for other programs"),
    ActionSpec("report", "Export findings…", (), FILES, "Write findings as a page, a figure or a table"),
    ActionSpec("recent", "Open recent", (), FILES, "Open a recent project, list, folder or picture", "recent"),
    ActionSpec("samples", "Samples…", ("Ctrl+G",), FILES, "Choose one of the sample pictures", "samples"),
    ActionSpec("model", "Model", (), FILES, "Choose a model on this computer, or download a recommended one", "model"),
    ActionSpec("models", "Models…", ("Ctrl+Shift+M",), FILES, "Choose, download, add or remove models", "model"),
    ActionSpec("export_picture", "Export picture…", ("Ctrl+E",), FILES, "Save what the canvas shows", "export"),
    ActionSpec("export_numbers", "Export numbers…", ("Ctrl+Shift+E",), FILES, "Save the values", "numbers"),
    ActionSpec("quit", "Quit", ("Ctrl+Q",), FILES, "Close the program"),
    ActionSpec("copy_picture", "Copy picture", ("Ctrl+C",), COPYING, "Copy what the canvas shows", "copy"),
    ActionSpec("copy_values", "Copy values", ("Ctrl+Shift+C",), COPYING, "Copy words and values for a spreadsheet"),
    ActionSpec("copy_latex", "Copy caption as LaTeX", (), COPYING, "Copy the caption with its colours for LaTeX"),
    ActionSpec("copy_html", "Copy caption as HTML", (), COPYING, "Copy the caption with its colours for a web page"),
    ActionSpec("copy_python", "Copy as Python", (), COPYING, "Copy Python code that repeats this explanation"),
    ActionSpec("copy_command", "Copy as command", (), COPYING, "Copy a command that repeats this explanation"),
    ActionSpec("undo", "Undo", ("Ctrl+Z",), SELECTING, "Undo the last change", "undo"),
    ActionSpec("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), SELECTING, "Repeat the undone change", "redo"),
    ActionSpec("clear_selection", "Clear selection", ("Esc",), SELECTING, "Deselect all words and boxes", "clear"),
    ActionSpec("place_box", "Place a box", ("P",), BOXES,
               "Draw a box at the patch under the mouse, or in the middle; arrow keys move and resize it"),
    ActionSpec("next_box", "Next box", ("R",), BOXES, "Make the next box the current one"),
    ActionSpec("previous_box", "Previous box", ("Shift+R",), BOXES, "Make the previous box the current one"),
    ActionSpec("duplicate_box", "Duplicate box", ("Ctrl+D",), BOXES, "Draw the current box once more"),
    ActionSpec("flip_box", "Subtract box", ("Shift+S",), BOXES, "Subtract the current box, or add it again"),
    ActionSpec("hide_box", "Hide box", ("Shift+H",), BOXES, "Hide the current box; a hidden box is not selected"),
    ActionSpec("show_boxes", "Show hidden boxes", (), BOXES, "Show all hidden boxes; they are selected again"),
    ActionSpec("copy_box", "Copy coordinates", (), BOXES, "Copy x0,y0,x1,y1 of the current box, in pixels"),
    ActionSpec("labels", "Show labels", (), BOXES, "Draw labelled regions that are not selected, too", "", True),
    ActionSpec("prompt_label", "Ask for a name after drawing", (), BOXES,
               "Open a field for the name of each new box; at first only if the list or the project has labelled boxes",
               "", True),
    ActionSpec("remove_box", "Remove box", ("Delete", "Backspace"), BOXES, "Remove the current box", "remove"),
    ActionSpec("name_box", "Name box…", ("F2",), BOXES, "Give the current box a name", "name"),
    ActionSpec("select_words", "Select all words", ("Ctrl+A",), SELECTING, "Select every word of the caption", "words"),
    ActionSpec("occlude", "Occlude the selection…", ("Ctrl+T",), SELECTING,
               "Show the score without the selected words, without the boxes, and without both"),
    ActionSpec("select_tool", "Select and move", ("V",), BOXES,
               "Drag a box to move it, or the empty picture to draw one", "select", True),
    ActionSpec("box_tool", "Draw boxes", ("B",), BOXES, "Draw a box with every drag, also inside another box",
               "box", True),
    ActionSpec("lasso", "Lasso", ("L",), BOXES, "Draw free outlines instead of boxes", "lasso", True),
    ActionSpec("subtract", "Subtract", ("-",), BOXES,
               "Subtract what is drawn from the other boxes, or from the whole picture where there are none",
               "subtract", True),
    ActionSpec("fit", "Fit", ("F",), ZOOM, "Show the whole picture", "fit"),
    ActionSpec("actual_size", "100 %", ("Ctrl+1",), ZOOM, "Show one picture pixel per screen pixel", "actual"),
    ActionSpec("zoom_in", "Zoom in", ("Ctrl++", "Ctrl+="), ZOOM, "Show the picture larger", "zoom-in"),
    ActionSpec("zoom_out", "Zoom out", ("Ctrl+-",), ZOOM, "Show the picture smaller", "zoom-out"),
    ActionSpec("heat", "Show heat", ("H",), HEAT, "Show the heat over the picture", "heat", True),
    ActionSpec("grey", "Grey picture", ("G",), HEAT, "Show the picture in grey under the heat", "grey", True),
    ActionSpec("smooth", "Smooth heat", ("S",), HEAT, "Blend the patches into each other", "smooth", True),
    ActionSpec("magnitude", "Opacity by magnitude", ("M",), HEAT, "Make weak heat transparent",
               "magnitude", True),
    ActionSpec("more_opaque", "More opaque heat", ("O",), HEAT, "Show more of the heat and less of the picture"),
    ActionSpec("less_opaque", "Less opaque heat", ("Shift+O",), HEAT, "Show less of the heat and more of the picture"),
    ActionSpec("histogram", "Histogram of the heat", ("J",), HEAT,
               "Show next to the colour bar how many patches have which value; it needs a wide window", "", True),
    ActionSpec("specials", "Show [SOT] and [EOT]", ("T",), HEAT, "Show the tokens at the caption's start and end",
               "specials", True),
    ActionSpec("lock_range", "Lock colour range", ("K",), HEAT,
               "Keep the colour range, so that pictures can be compared", "lock", True),
    ActionSpec("colours", "Colours", (), HEAT, "Choose the colour map of the heat", "safe"),
    ActionSpec("words_by", "Words coloured by", (), HEAT, "Choose what colours a word while no box is selected"),
    ActionSpec("similar_patches", "Similar patches", ("I",), HEAT,
               "Show instead of the heat which patches the model treats like the patch under the mouse, or like the "
               "boxes", "", True),
    ActionSpec("similar_by_product", "Compare patches by product", ("Shift+I",), HEAT,
               "Compare patches by the product of their rows, which long rows dominate, instead of their cosine", "",
               True),
    ActionSpec("parts", "Parts of the picture", ("Q",), HEAT,
               "Group the patches that the model treats alike, name the groups, and select them like boxes"),
    ActionSpec("next_direction", "Next direction", (".",), HEAT,
               "Show instead of the heat the next component of the matrix: patches and words that belong together"),
    ActionSpec("previous_direction", "Previous direction", (",",), HEAT,
               "Show instead of the heat the previous component of the matrix"),
    ActionSpec("framing", "Framing", (), HEAT, "Choose how the picture is cropped and resized for the model"),
    ActionSpec("panel_tools", "Toolbar", (), PANELS, "Show the toolbar", "", True),
    ActionSpec("panel_inspector", "Inspector", (), PANELS, "Show the tabs at the right", "", True),
    ActionSpec("panel_pairs", "Pairs", (), PANELS, "Show the open list at the left", "", True),
    ActionSpec("panel_search", "Search results", (), PANELS, "Show what a search of the list has found", "", True),
    ActionSpec("panel_boxes", "Boxes", ("Ctrl+B",), PANELS, "List the boxes: names, visibility, signs, places", "",
               True),
    ActionSpec("hide_panels", "Hide all panels", ("Shift+F11",), PANELS,
               "Leave picture and caption only; Tab on the picture does the same", "", True),
    ActionSpec("full_screen", "Full screen", ("F11",), PANELS, "Use the whole screen", "", True),
    ActionSpec("reset_layout", "Reset layout", (), PANELS, "Show the usual panels at their first sizes and places"),
    ActionSpec("panes", "Compare methods", ("C",), COMPARING,
               "Show the answers of several methods side by side", "panes", True),
    ActionSpec("methods", "Methods", (), COMPARING, "Choose the methods that are compared", "method"),
    ActionSpec("one_range", "One colour range for all panes", ("Shift+K",), COMPARING,
               "Use one range for all panes, although methods have different units", "", True),
    ActionSpec("study", "Evaluate methods…", (), COMPARING,
               "Measure over many pairs how faithful methods are and how well they locate objects"),
    ActionSpec("difference", "Difference from the previous caption", ("X",), COMPARING,
               "Show the difference between the current and the previous caption", "difference", True),
    ActionSpec("two_pictures", "Two pictures", ("Shift+C",), COMPARING,
               "Show which regions of the picture match which regions of a second picture", "", True),
    ActionSpec("open_second", "Open second picture…", (), COMPARING,
               "Choose the second of two pictures from a file"),
    ActionSpec("pin_picture", "Keep as second picture", ("Shift+P",), COMPARING,
               "Compare other pictures of the list with the picture that is shown now"),
    ActionSpec("two_captions", "Two captions", ("Shift+X",), COMPARING,
               "Show which words of the caption match which words of a second caption", "", True),
    ActionSpec("second_model", "Compare with another model…", (), COMPARING,
               "Also explain with a second model", "compare", True),
    ActionSpec("focus_caption", "Edit caption", ("Ctrl+L",), PROGRAM, "Go to the caption field", "caption"),
    ActionSpec("cancel", "Cancel work", ("Ctrl+.",), PROGRAM, "Stop the current computation", "cancel"),
    ActionSpec("settings", "Settings…", ("Ctrl+,",), PROGRAM,
               "Choose layers, quadrature, tolerance, reference, precision and device", "settings"),
    ActionSpec("clear_cache", "Clear the cache…", (), PROGRAM, "Delete the stored results"),
    ActionSpec("manual", "Manual", ("F1",), PROGRAM, "Open the manual", "help"),
    ActionSpec("shortcuts", "Shortcuts and gestures", ("?",), PROGRAM, "List every shortcut and gesture"),
    ActionSpec("log_folder", "Open log folder", (), PROGRAM, "Show the log file in the file manager"),
    ActionSpec("about", "About exclip desktop", (), PROGRAM, "Version, licences and papers to cite", "note"),
)
# fmt: on

GESTURES: Final = (
    Gesture("Draw a box", "Drag", ON_PICTURE),
    Gesture("Subtract a box from the others", "Alt+drag", ON_PICTURE),
    Gesture("Move a box", "Drag the box", ON_PICTURE),
    Gesture("Resize a box", "Drag a handle", ON_PICTURE),
    Gesture("Move the current box by a pixel, by a patch", "Arrow key, Shift+arrow key", ON_PICTURE),
    Gesture("Move its right or lower side", "Ctrl+arrow key, with Shift by a patch", ON_PICTURE),
    Gesture("Move its left or upper side", "Alt+arrow key, with Shift by a patch", ON_PICTURE),
    Gesture("Preview a patch's words", "Hover", ON_PICTURE),
    Gesture("Enlarge or restore a pane", "Double-click it", ON_PICTURE),
    Gesture("Zoom at the cursor", "Wheel", ON_PICTURE),
    Gesture("Pan", "Space+drag", ON_PICTURE),
    Gesture("Hide or show all panels", "Tab", ON_PICTURE),
    Gesture("Change the colour range", "Drag a ◆ of the colour bar, or press ↑ or ↓ on it", HEAT),
    Gesture("Use the automatic colour range", "Double-click the colour bar, or press Home on it", HEAT),
    Gesture("Preview a word's patches", "Hover", ON_WORDS),
    Gesture("Select a word", "Click", ON_WORDS),
    Gesture("Select several words", "Drag across", ON_WORDS),
    Gesture("Extend the selection", "Shift+click", ON_WORDS),
    Gesture("Add or remove a word", "Ctrl+click", ON_WORDS),
    Gesture("Select the phrase", "Double-click", ON_WORDS),
    Gesture("Show a word's menu", "Right click, or the menu key", ON_WORDS),
    Gesture("Go to the next word", "← or →", ON_WORDS),
    Gesture("Extend by a word", "Shift+← or Shift+→", ON_WORDS),
    Gesture("Leave the caption field", "Esc", ON_WORDS),
    Gesture("Open a pair or a finding", "Return", ON_LISTS),
    Gesture("Select several", "Shift+click, Ctrl+click, Shift+arrows, Ctrl+A", ON_LISTS),
    Gesture("Open the menu of the selected pairs", "Right click, or the menu key", ON_LISTS),
    Gesture("Change the size of thumbnails", "Ctrl+wheel", ON_LISTS),
    Gesture("Take a term that the filter offers", "Tab", ON_LISTS),
    Gesture("Go from the filter to the list", "Return or ↓", ON_LISTS),
    Gesture("Clear the filter, then leave it", "Esc", ON_LISTS),
    Gesture("Rate or tag the selected findings", "the keys of ratings and tags, in the list", ON_LISTS),
    Gesture("Remove findings, or pairs from the list", "Delete", ON_LISTS),
)

MENUS: Final[dict[str, tuple[str, ...]]] = {
    "&File": (
        *("open", "paste", "recent", "samples", SEPARATOR),
        *("open_list", "open_folder", "previous_pair", "next_pair", "search_list", "filter_list", "close_list"),
        *(SEPARATOR, "new_project", "open_project", "save_project", "import_findings", SEPARATOR),
        *("model", "models", SEPARATOR),
        *("export_picture", "export_numbers", "export_list", "report", SEPARATOR),
        "quit",
    ),
    "&Edit": (
        *("undo", "redo", SEPARATOR),
        *("copy_picture", "copy_values", "copy_latex", "copy_html", "copy_python", "copy_command", SEPARATOR),
        *("select_words", "clear_selection", "occlude", SEPARATOR),
        *("focus_caption", "cancel", SEPARATOR),
        *("clear_cache", "settings"),
    ),
    "&Boxes": (
        *("select_tool", "box_tool", "lasso", "subtract", SEPARATOR),
        *("place_box", "next_box", "previous_box", SEPARATOR),
        *("name_box", "flip_box", "duplicate_box", "copy_box", "hide_box", "show_boxes", "remove_box", SEPARATOR),
        *("labels", "take_labels", "keep_labels", "prompt_label"),
    ),
    "&View": (
        *("fit", "actual_size", "zoom_in", "zoom_out", SEPARATOR),
        *("heat", "grey", "smooth", "magnitude", "more_opaque", "less_opaque", "lock_range", "colours", SEPARATOR),
        *("histogram", "words_by", "specials", SEPARATOR, "similar_patches", "similar_by_product", "parts"),
        *("next_direction", "previous_direction", SEPARATOR),
        *("framing", SEPARATOR),
        *("panel_tools", "panel_inspector", "panel_pairs", "panel_search", "panel_boxes", "pair_grid", SEPARATOR),
        *("hide_panels", "full_screen", "reset_layout"),
    ),
    "&Rate": (
        *("rate_match", "rate_mismatch", "rate_artefact", "rate_unsure", "rate_none", SEPARATOR),
        *("tag", "note", SEPARATOR, "next_unrated", "next_doubtful", SEPARATOR, "rating_goes_on", "rating_keys"),
    ),
    "&Compare": (
        *("panes", "methods", "one_range", SEPARATOR, "second_model", "difference", SEPARATOR),
        *("two_pictures", "open_second", "pin_picture", "two_captions", SEPARATOR, "study"),
    ),
    "&Help": ("manual", "shortcuts", SEPARATOR, "log_folder", "about"),
}


@dataclass(frozen=True, slots=True)
class ShortcutRow:
    """One line of the list of shortcuts.

    Attributes:
        group: its heading.
        text: what is done.
        keys: portable key sequences; empty for a gesture.
        gesture: how it is done with the mouse; empty for an action.

    """

    group: str
    text: str
    keys: tuple[str, ...] = ()
    gesture: str = ""


def shortcut_rows(chosen: Mapping[str, str] = MappingProxyType({})) -> list[ShortcutRow]:
    """Return every shortcut and gesture, grouped: the actions in the menus' order, then the gestures.

    ``chosen`` are the keys that a person chose instead, by the action's name.
    """
    menu_order = [name for names in MENUS.values() for name in names]
    with_keys = sorted((spec for spec in ACTIONS if spec.shortcuts), key=lambda spec: menu_order.index(spec.name))
    rows = [
        ShortcutRow(spec.group, spec.text.rstrip("…"), (chosen[spec.name],) if spec.name in chosen else spec.shortcuts)
        for spec in with_keys
    ]
    rows += [ShortcutRow(gesture.group, gesture.text, gesture=gesture.how) for gesture in GESTURES]
    groups = list(dict.fromkeys(row.group for row in rows))
    return sorted(rows, key=lambda row: groups.index(row.group))


def shortcuts_as_markdown() -> str:
    """Return the list of shortcuts and gestures as a page of the manual."""
    rows = shortcut_rows()
    parts = ["# Shortcuts and gestures"]
    for group in dict.fromkeys(row.group for row in rows):
        parts += [f"\n## {group}", "| action | keys or mouse |", "|---|---|"]
        parts += [
            f"| {row.text} | {' or '.join(f'`{key}`' for key in row.keys) or row.gesture} |"
            for row in rows
            if row.group == group
        ]
    return "\n".join(parts) + "\n"
