"""Names for migrations: made of two random words, or given by a person and checked."""

from __future__ import annotations

import random
import re

from nbmigrate.errors import UsageConflictError

#: The tag and its suffixes must fit into a file name (255 bytes on every common file system).
NAME_BYTES = 100

_NAME = re.compile(r"\w[\w.+-]*")

_ADJECTIVES = [
    "amber",
    "brave",
    "brisk",
    "calm",
    "clear",
    "clever",
    "copper",
    "crisp",
    "eager",
    "early",
    "fair",
    "fast",
    "fine",
    "fresh",
    "gentle",
    "glad",
    "golden",
    "green",
    "happy",
    "keen",
    "kind",
    "late",
    "light",
    "lucky",
    "merry",
    "mild",
    "misty",
    "neat",
    "noble",
    "olive",
    "pale",
    "plain",
    "proud",
    "quick",
    "quiet",
    "rapid",
    "red",
    "rosy",
    "round",
    "shiny",
    "silver",
    "smooth",
    "soft",
    "solid",
    "spare",
    "steady",
    "still",
    "stout",
    "sunny",
    "swift",
    "tidy",
    "warm",
    "wide",
    "wise",
    "young",
]

_NOUNS = [
    "acorn",
    "anchor",
    "apple",
    "arrow",
    "badge",
    "barn",
    "basin",
    "beacon",
    "birch",
    "bridge",
    "brook",
    "candle",
    "canyon",
    "cedar",
    "cliff",
    "cloud",
    "comet",
    "coral",
    "crane",
    "creek",
    "delta",
    "dune",
    "eagle",
    "ember",
    "falcon",
    "fern",
    "field",
    "finch",
    "forest",
    "fox",
    "garden",
    "grove",
    "harbor",
    "hazel",
    "heron",
    "hill",
    "island",
    "juniper",
    "kettle",
    "lagoon",
    "lake",
    "lantern",
    "larch",
    "maple",
    "meadow",
    "moth",
    "oak",
    "orchard",
    "otter",
    "pebble",
    "pine",
    "plum",
    "pond",
    "raven",
    "reef",
    "ridge",
    "river",
    "robin",
    "sail",
    "shore",
    "sparrow",
    "spring",
    "stone",
    "summit",
    "swan",
    "thistle",
    "tide",
    "tower",
    "valley",
    "willow",
    "wren",
]


def two_words(random_source: random.Random) -> str:
    """A name such as ``quiet_river``."""
    return f"{random_source.choice(_ADJECTIVES)}_{random_source.choice(_NOUNS)}"


def require_name(name: str) -> str:
    """The name, when a file may be called so.

    Raises:
        UsageConflictError: with a name that would do in its hint.
    """
    if not _NAME.fullmatch(name):
        suggestion = "_".join(re.findall(r"\w+", name))[:NAME_BYTES] or "add_users"
        raise UsageConflictError(
            f"`{name}` cannot be part of a file name: letters, digits, `_`, `-`, `+` and `.` can",
            hint=f"try {suggestion}",
        )
    if (name_bytes := len(name.encode())) > NAME_BYTES:
        raise UsageConflictError(
            f"a migration's name may have {NAME_BYTES} bytes, this one has {name_bytes}",
            hint=f"try {name.encode()[:40].decode(errors='ignore').rstrip('_')}",
        )
    return name
