"""The words the bundled model learns, captions of scenes, and captions that are wrong in exactly one thing."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

OBJECTS: Final = MappingProxyType(
    {
        "dog": "🐕",
        "cat": "🐈",
        "horse": "🐎",
        "cow": "🐄",
        "pig": "🐖",
        "elephant": "🐘",
        "lion": "🦁",
        "tiger": "🐅",
        "rabbit": "🐇",
        "monkey": "🐒",
        "frog": "🐸",
        "turtle": "🐢",
        "giraffe": "🦒",
        "zebra": "🦓",
        "penguin": "🐧",
        "duck": "🦆",
        "owl": "🦉",
        "fish": "🐟",
        "whale": "🐋",
        "octopus": "🐙",
        "crab": "🦀",
        "snail": "🐌",
        "ladybug": "🐞",
        "butterfly": "🦋",
        "panda": "🐼",
        "banana": "🍌",
        "lemon": "🍋",
        "grapes": "🍇",
        "strawberry": "🍓",
        "watermelon": "🍉",
        "pineapple": "🍍",
        "carrot": "🥕",
        "broccoli": "🥦",
        "mushroom": "🍄",
        "cheese": "🧀",
        "pizza": "🍕",
        "hamburger": "🍔",
        "donut": "🍩",
        "cake": "🎂",
        "bus": "🚌",
        "tractor": "🚜",
        "bicycle": "🚲",
        "airplane": "✈",
        "helicopter": "🚁",
        "rocket": "🚀",
        "ship": "🚢",
        "house": "🏠",
        "tree": "🌳",
        "cactus": "🌵",
        "sunflower": "🌻",
        "guitar": "🎸",
        "football": "⚽",
        "basketball": "🏀",
        "chair": "🪑",
        "camera": "📷",
        "crown": "👑",
        "snowman": "⛄",
        "robot": "🤖",
    }
)
"""Objects that keep their own colours: noun → emoji."""

PAINTABLE: Final = MappingProxyType(
    {
        "balloon": "🎈",
        "car": "🚗",
        "umbrella": "☂",
        "dress": "👗",
        "backpack": "🎒",
        "book": "📕",
        "bucket": "🪣",
        "shoe": "👟",
    }
)
"""Objects that come in every colour of COLOURS: noun → emoji."""

SHAPES: Final = ("circle", "square", "triangle", "star")
"""Drawn shapes, in every colour of COLOURS."""

COLOURS: Final = MappingProxyType(
    {
        "red": (220, 35, 35),
        "orange": (245, 135, 20),
        "yellow": (250, 215, 40),
        "green": (45, 160, 60),
        "blue": (40, 95, 225),
        "purple": (135, 60, 190),
        "pink": (250, 130, 185),
        "brown": (125, 75, 40),
    }
)
"""Colour word → sRGB."""

PLACES: Final = MappingProxyType(
    {
        "grass": "on the grass",
        "snow": "in the snow",
        "night": "at night",
        "beach": "at the beach",
        "water": "on the water",
        "plain": "",
    }
)
"""Background → its words in a caption (empty: none)."""

NO_ARTICLE: Final = frozenset({"grapes", "cheese", "broccoli"})
"""Nouns that take no article."""


OPENINGS = ("a picture of ", "a photo of ", "")
VOWELS = "aeiou"
CHANGES = ("object", "colour", "place", "side")
"""What ``change_one`` can change."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One nameable thing: a noun, and a colour word where the noun has one."""

    noun: str
    colour: str | None = None

    @property
    def words(self) -> str:
        """The thing's own words, e.g. ``red balloon``."""
        return f"{self.colour} {self.noun}" if self.colour else self.noun

    @property
    def phrase(self) -> str:
        """The words with their article."""
        if self.noun in NO_ARTICLE:
            return self.words
        return f"an {self.words}" if self.words[0] in VOWELS else f"a {self.words}"


def caption_of(things: tuple[Thing, ...], place: str, style: "Style") -> str:
    """Return the caption that names every thing, in order, and where they are.

    With ``style.sides`` and two things, the first is the left one.
    """
    phrases = [thing.phrase for thing in things]
    if style.sides and len(things) == 2:
        first, second = phrases
        phrase = {
            "left of": f"{first} to the left of {second}",
            "right of": f"{second} to the right of {first}",
            "on the": f"{first} on the left and {second} on the right",
        }[style.sides]
    elif len(phrases) == 1:
        phrase = phrases[0]
    else:
        phrase = f"{', '.join(phrases[:-1])} and {phrases[-1]}"
    place_phrase = PLACES[place] if style.names_place else ""
    return f"{style.opening}{phrase} {place_phrase}".strip()


@dataclass(frozen=True, slots=True)
class Style:
    """Wording of a caption: opening, words for sides ("left of", "right of", "on the" or ""), and the place or not."""

    opening: str
    sides: str
    names_place: bool


def random_thing(rng: np.random.Generator, taken: frozenset[str]) -> Thing:
    """Return a thing whose noun is not in ``taken``."""
    while True:
        kind = rng.random()
        if kind < 0.62:
            noun, coloured = str(rng.choice(tuple(OBJECTS))), False
        elif kind < 0.84:
            noun, coloured = str(rng.choice(tuple(PAINTABLE))), True
        else:
            noun, coloured = str(rng.choice(SHAPES)), True
        if noun not in taken:
            return Thing(noun, str(rng.choice(tuple(COLOURS))) if coloured else None)


def change_one(
    things: tuple[Thing, ...], place: str, style: Style, rng: np.random.Generator, what: str | None = None
) -> tuple[tuple[Thing, ...], str, str]:
    """Change one thing in a caption; return the things, the place and the kind of the change.

    The kind is one of ``CHANGES``; for ``side``, the two things change places. ``what`` chooses the kind; if the scene
    has nothing of this kind, an object is changed.
    """
    options = ["object"]
    if any(thing.colour for thing in things):
        options += ["colour"]
    if style.names_place and PLACES[place]:
        options += ["place"]
    if style.sides and len(things) == 2:
        options += ["side"]
    what = (what if what in options else "object") if what else str(rng.choice(options))
    if what == "side":
        return things[::-1], place, what
    if what == "place":
        others = [name for name, words in PLACES.items() if words and name != place]
        return things, str(rng.choice(others)), what
    changed = list(things)
    if what == "colour":
        index = int(rng.choice([i for i, thing in enumerate(things) if thing.colour]))
        others = [colour for colour in COLOURS if colour != things[index].colour]
        changed[index] = Thing(things[index].noun, str(rng.choice(others)))
    else:
        index = int(rng.integers(len(things)))
        changed[index] = random_thing(rng, frozenset(thing.noun for thing in things))
    return tuple(changed), place, what
