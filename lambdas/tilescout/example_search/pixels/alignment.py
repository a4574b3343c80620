"""Aligns a symbol's picture to a page: shift, scale and a small turn by least squares.

The inverse compositional method of Lucas and Kanade (Baker and Matthews, 2004), for all places at
once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilescout.example_search.pixels.ink import Picture, sampled
from tilescout.example_search.pixels.proposals import Proposals
from tilescout.example_search.pixels.template import PixelTemplate, channel_signs
from tilescout.example_search.placements import Pose
from tilescout.rendering.page_strokes import Floats

ROUNDS = 3
BATCH = 128
MAX_STEP = np.array([1.5, 1.5, 0.06, 0.04])
MAX_CHANGE = np.array([4.0, 4.0, 0.12, 0.06])
"""Greatest shift in pixels, logarithm of the scale, and turn in radians, in all."""
DAMPING = np.array([0.05, 0.05, 0.006, 0.025])


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Places that an alignment begins from: centres n x 2, matrices n x 2 x 2, poses n."""

    places: Floats
    matrices: Floats
    poses: tuple[Pose, ...]

    def part(self, rows: slice) -> Starts:
        """Returns some of the places."""
        return Starts(
            places=self.places[rows], matrices=self.matrices[rows], poses=self.poses[rows]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Places of a template: ``centres`` n x 2 and ``matrices`` n x 2 x 2 for rows of x, y.

    ``pictures`` is n x 3 x rows x columns: the page there, brought to the template's frame.
    """

    centres: Floats
    matrices: Floats
    pictures: Picture
    poses: tuple[Pose, ...]

    def scales(self) -> Floats:
        """Returns the logarithm of the size against the template's."""
        logs: Floats = 0.5 * np.log(np.abs(np.linalg.det(self.matrices)))
        return logs

    def chosen(self, rows: list[int]) -> Aligned:
        """Returns some of the places."""
        return Aligned(
            centres=self.centres[rows],
            matrices=self.matrices[rows],
            pictures=self.pictures[rows],
            poses=tuple(self.poses[row] for row in rows),
        )


def proposed(proposals: Proposals) -> Starts:
    """Returns the proposed places as starts of an alignment."""
    poses = tuple(proposals.poses[at] for at in proposals.pose_ids.tolist())
    matrices = np.array([pose.matrix for pose in poses]).reshape(-1, 2, 2)
    return Starts(places=proposals.places, matrices=matrices, poses=poses)


def align(channels: Picture, template: PixelTemplate, starts: Starts) -> Aligned:
    """Returns the places, each moved to where the template fits best."""
    parts = [
        _aligned(channels, template, starts.part(slice(at, at + BATCH)))
        for at in range(0, max(1, len(starts.poses)), BATCH)
    ]
    return Aligned(
        centres=np.concatenate([part.centres for part in parts]),
        matrices=np.concatenate([part.matrices for part in parts]),
        pictures=np.concatenate([part.pictures for part in parts]),
        poses=starts.poses,
    )


def _aligned(channels: Picture, template: PixelTemplate, starts: Starts) -> Aligned:
    poses = starts.poses
    signs = np.array([channel_signs(pose) for pose in poses], np.float32).reshape(-1, 3)
    solver = _solver(template)
    change = np.zeros((len(poses), 4))
    for _ in range(ROUNDS):
        at = _moved(starts, change)
        pictures = _pictures(channels, template, at, signs)
        gaps = (template.channels - pictures).reshape(len(poses), solver.shape[0])
        step = np.clip(gaps @ solver, -MAX_STEP, MAX_STEP)
        change = np.clip(change + step, -MAX_CHANGE, MAX_CHANGE)
    centres, matrices = _moved(starts, change)
    pictures = _pictures(channels, template, (centres, matrices), signs)
    return Aligned(centres=centres, matrices=matrices, pictures=pictures, poses=poses)


def _solver(template: PixelTemplate) -> Picture:
    """Returns the matrix from differences of pixels to shift, logarithm of scale, and turn."""
    x, y = template.grid[..., 0], template.grid[..., 1]
    down, across = np.gradient(template.channels, axis=(1, 2))
    effects = np.stack([across, down, across * x + down * y, down * x - across * y], -1)
    weighted = (effects * template.weights[..., None]).reshape(-1, 4)
    damping = DAMPING * np.array([1, 1, template.size**2, template.size**2])
    system = weighted.T @ effects.reshape(-1, 4) + np.diag(damping)
    return (weighted @ np.linalg.inv(system)).astype(np.float32)


def _moved(starts: Starts, change: Floats) -> tuple[Floats, Floats]:
    cosine, sine = np.cos(change[:, 3]), np.sin(change[:, 3])
    turn = np.stack([np.stack([cosine, sine], -1), np.stack([-sine, cosine], -1)], -2)
    matrices = np.exp(change[:, 2])[:, None, None] * turn @ starts.matrices
    shifts = np.einsum("ni,nij->nj", change[:, :2], starts.matrices)
    return starts.places + shifts, matrices


def _pictures(
    channels: Picture, template: PixelTemplate, at: tuple[Floats, Floats], signs: Picture
) -> Picture:
    centres, matrices = at
    rows = template.grid.reshape(-1, 2)
    flat = sampled(channels, rows @ matrices + centres[:, None]).swapaxes(0, 1)
    shape = (len(centres), 3, *template.weights.shape)
    return (flat * signs[:, :, None]).reshape(shape)
