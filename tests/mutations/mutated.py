"""Makes broken copies of the sample drawings: bits flipped, ends cut off, objects swapped."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

Mutation = Callable[[bytes, random.Random], bytes]

OBJECT = re.compile(rb"\d+ 0 obj\b.*?\bendobj\b", re.DOTALL)


def flipped(file: bytes, draw: random.Random) -> bytes:
    """Flips one to fifty bits."""
    found = bytearray(file)
    for _ in range(draw.choice((1, 5, 50))):
        found[draw.randrange(len(found))] ^= 1 << draw.randrange(8)
    return bytes(found)


def truncated(file: bytes, draw: random.Random) -> bytes:
    return file[: draw.randrange(1, len(file))]


def swapped(file: bytes, draw: random.Random) -> bytes:
    """Swaps two objects, numbers included, so that the table of offsets is wrong."""
    objects = list(OBJECT.finditer(file))
    if len(objects) < 2:
        return truncated(file, draw)
    one, other = sorted(draw.sample(objects, 2), key=lambda found: found.start())
    between = file[one.end() : other.start()]
    return file[: one.start()] + other[0] + between + one[0] + file[other.end() :]


def renumbered(file: bytes, draw: random.Random) -> bytes:
    """Makes a reference lead to another object."""
    references = list(re.finditer(rb"(\d+) 0 R", file))
    if not references:
        return flipped(file, draw)
    chosen = draw.choice(references)
    return file[: chosen.start(1)] + b"%d" % draw.randrange(60) + file[chosen.end(1) :]


def cut_out(file: bytes, draw: random.Random) -> bytes:
    """Removes some bytes in the middle."""
    start = draw.randrange(len(file))
    return file[:start] + file[start + draw.randrange(1, 400) :]


MUTATIONS: tuple[Mutation, ...] = (flipped, truncated, swapped, renumbered, cut_out)


def mutations(files: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yields ``count`` broken files, the same for the same seed."""
    draw = random.Random(seed)
    for number in range(count):
        file = files[number % len(files)]
        yield MUTATIONS[number // len(files) % len(MUTATIONS)](file, draw)
