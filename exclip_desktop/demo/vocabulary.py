"""The words the bundled model learns: objects and their emoji, paintable objects, shapes, colours and places."""

from types import MappingProxyType
from typing import Final

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
