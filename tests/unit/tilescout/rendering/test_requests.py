"""The request to the renderer follows from the profile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tilescout.profiles import Profile, Region, TextLayer
from tilescout.rendering.requests import RenderRequest, TilesWanted

PROFILE = Profile(
    name="text",
    detector="textract",
    dpi=150,
    tile_size=1000,
    overlap=100,
    colour="rgb",
    include=(Region(left=0.0, top=0.0, right=0.5, bottom=1.0),),
    exclude=(Region(left=0.0, top=0.0, right=0.1, bottom=0.1),),
    second_scale=0.25,
)


def test_a_page_is_rendered_as_its_profile_says() -> None:
    assert RenderRequest.for_page(7, PROFILE) == RenderRequest(
        page=7,
        dpi=150,
        tile_size=1000,
        overlap=100,
        colour="rgb",
        text_layer=False,
        tiles="always",
        include=PROFILE.include,
        exclude=PROFILE.exclude,
        max_image_bytes=10_000_000,
        second_scale=0.25,
    )


@pytest.mark.parametrize(
    ("text_layer", "tiles", "reads_text"),
    [("off", "always", False), ("first", "where-no-text", True)],
)
def test_the_text_layer_decides_which_tiles_are_wanted(
    text_layer: TextLayer, tiles: TilesWanted, reads_text: bool
) -> None:
    request = RenderRequest.for_page(1, replace(PROFILE, text_layer=text_layer))
    assert (request.tiles, request.text_layer) == (tiles, reads_text)


def test_no_tile_is_wanted_for_a_detector_that_reads_no_pixels() -> None:
    request = RenderRequest.for_page(1, replace(PROFILE, detector="pdf-text"))
    assert (request.tiles, request.text_layer) == ("never", True)


def test_with_pixels_only_every_tile_is_wanted_and_no_text_is_read() -> None:
    request = RenderRequest.for_page(1, replace(PROFILE, text_layer="first"), pixels_only=True)
    assert (request.tiles, request.text_layer) == ("always", False)
