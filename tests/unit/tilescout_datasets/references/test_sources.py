"""References from a folder of pictures, and from tiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedTile, Annotation, UnusableAnnotations
from tilescout_datasets.references import sources


def picture(file: Path, box: tuple[int, int, int, int], side: int = 60) -> None:
    page = np.full((side, side), 255, np.uint8)
    page[box[1] : box[3], box[0] : box[2]] = 0
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(page).save(file)


def test_pictures_are_named_by_file_or_folder_and_cut_to_their_ink(tmp_path: Path) -> None:
    picture(tmp_path / "pump.png", (10, 20, 40, 50))
    picture(tmp_path / "valve" / "1.png", (0, 0, 20, 10))
    picture(tmp_path / "valve" / "2.png", (5, 5, 25, 17))

    found = sources.from_folder(tmp_path)

    assert [each.name for each in found] == ["pump", "valve", "valve"]
    assert [each.size for each in found] == [(30, 30), (20, 10), (20, 12)]
    assert all((each.ink == 255).all() for each in found)


def test_a_transparent_picture_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (10, 10, 20, 30))
    image.save(tmp_path / "pump.png")

    assert [each.size for each in sources.from_folder(tmp_path)] == [(10, 20)]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableAnnotations, match="pictures named by class"):
        sources.from_folder(tmp_path)


def test_a_picture_without_ink_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "pump.png", (0, 0, 0, 0))

    with pytest.raises(UnusableAnnotations, match=r"pump\.png shows none"):
        sources.from_folder(tmp_path)


def tile(folder: Path, left: int, box: Box) -> AnnotatedTile:
    file = folder / f"tile-{left}.png"
    picture(file, (0, 0, 1, 1), 100)
    return AnnotatedTile(
        file=file, page="plan-p1", left=left, top=0, width=100, height=100,
        annotations=(Annotation("pump", box),),
    )  # fmt: skip


def test_an_object_on_two_tiles_is_one_reference(tmp_path: Path) -> None:
    tiles = [tile(tmp_path, 0, Box(60, 20, 90, 50)), tile(tmp_path, 50, Box(10, 20, 40, 50))]

    assert len(sources.of_tiles(tiles, per_class=0, seed=1)) == 1


def test_no_more_are_chosen_than_wanted(tmp_path: Path) -> None:
    tiles = [tile(tmp_path, left, Box(20, 20, 50, 50)) for left in (0, 200, 400)]

    assert len(sources.of_tiles(tiles, per_class=2, seed=1)) == 2


def test_no_class_may_be_called_unknown(tmp_path: Path) -> None:
    picture(tmp_path / "unknown.png", (10, 20, 40, 50))

    with pytest.raises(UnusableAnnotations, match="rename it"):
        sources.as_set(sources.from_folder(tmp_path), 150, b"", 0.5)
