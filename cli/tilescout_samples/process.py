"""Draws a piping and instrumentation diagram: vessels, pipes, valves, pumps, instrument bubbles."""

from __future__ import annotations

from tilescout.detections import Direction
from tilescout.geometry import Box
from tilescout_samples.sheet import MIN_CAPITALS_MM, WHITE, Point, Sheet
from tilescout_samples.symbols import place_near_miss, place_symbol
from tilescout_samples.tags import TagNames

ROW_PITCH = 74.0
STATION_PITCH = 44.0
VESSEL_WIDTH = 30.0
PIPE = 0.7
BUBBLE_RADIUS = 7.5
SIGNAL = "[4 3] 0"
IN_LINE = ("gate-valve", "control-valve", "pump")


def draw_process(sheet: Sheet, field: Box, names: TagNames) -> None:
    """Fills ``field`` (mm) with rows of piping that vertical pipes join."""
    rows = max(1, int((field.height - 20) // ROW_PITCH))
    first = field.top + 40
    for row in range(rows):
        y = first + row * ROW_PITCH
        stations = _main_pipe(sheet, field, y, names)
        if row + 1 < rows:
            _vertical_pipes(sheet, stations, y, row, names)
        for number, x in enumerate(stations):
            _station(sheet, (x, y), number + 3 * row, names)


def _main_pipe(sheet: Sheet, field: Box, y: float, names: TagNames) -> list[float]:
    vessel = Box(field.left + 10, y - 22, field.left + 10 + VESSEL_WIDTH, y + 22)
    sheet.rectangle(vessel, width=0.5)
    sheet.line((vessel.left, y + 9), (vessel.right, y + 9), dashes=SIGNAL)
    sheet.tag((vessel.left + 2, y - 14), names.equipment("vessel"), 3.5)
    sheet.take(vessel)
    end = field.right - 16
    sheet.wall((vessel.right, y), (end, y), PIPE)
    sheet.polygon([(end, y - 1.5), (end + 5, y), (end, y + 1.5), (end, y - 1.5)], fill=(0, 0, 0))
    sheet.take(Box(end, y - 1.5, end + 5, y + 1.5))
    sheet.text((vessel.right + 4, y - 3.2), "150-CW", MIN_CAPITALS_MM)
    count = int((end - vessel.right - 30) // STATION_PITCH)
    return [vessel.right + 30 + number * STATION_PITCH for number in range(count)]


def _vertical_pipes(
    sheet: Sheet, stations: list[float], y: float, row: int, names: TagNames
) -> None:
    for number, station in enumerate(stations[:-1]):
        if (number + 2 * row) % 5 not in (0, 2):
            continue
        x = station + STATION_PITCH / 2
        sheet.wall((x, y), (x, y + ROW_PITCH), PIPE)
        sheet.circle((x, y), 0.9, fill=(0, 0, 0))
        place_symbol(sheet, "gate-valve", (x, y + 30), 8, 90)
        name = names.instrument()
        direction: Direction = "up" if sheet.chance.random() < 0.5 else "down"
        along, _ = sheet.text_size(name, 2.5)
        left = x + 6 if direction == "up" else x - 6 - 2.5
        sheet.tag((left, y + 30 - along / 2), name, 2.5, direction)


def _station(sheet: Sheet, at: Point, number: int, names: TagNames) -> None:
    x, y = at
    kind = number % 7
    if kind == 1:
        box = _pump(sheet, at, names)
        _bubble(sheet, (x, box.top), y - 24, names)
    elif kind == 4:
        label = sheet.chance.choice(IN_LINE)
        place_near_miss(sheet, label, at, 9, sheet.chance.choice((0, 180)))
        sheet.text((x - 3.5, y + 9), "SPARE", MIN_CAPITALS_MM)
        _bubble(sheet, (x, y - 6), y - 24, names)
    elif kind == 6:
        _bubble(sheet, (x, y), y + 24, names)
    else:
        box = _valve(sheet, at, names)
        _bubble(sheet, (x, box.top), y - 24, names)


def _valve(sheet: Sheet, at: Point, names: TagNames) -> Box:
    label = sheet.chance.choice(("gate-valve", "control-valve"))
    box = place_symbol(sheet, label, at, 9, sheet.chance.choice((0, 180)))
    name = names.instrument()
    height = sheet.chance.choice((MIN_CAPITALS_MM, 2.5, 2.5, 3.5))
    along, _ = sheet.text_size(name, height)
    sheet.tag((at[0] - along / 2, box.bottom + 2), name, height)
    return box


def _pump(sheet: Sheet, at: Point, names: TagNames) -> Box:
    box = place_symbol(sheet, "pump", at, 13, sheet.chance.choice((0, 90, 180, 270)))
    name = names.equipment("pump")
    along, _ = sheet.text_size(name, 3.5)
    sheet.tag((at[0] - along / 2, box.bottom + 2.5), name, 3.5)
    return box


def _bubble(sheet: Sheet, foot: Point, y: float, names: TagNames) -> None:
    """Draws an instrument at height ``y`` with a dashed signal from ``foot`` and a tag on two
    lines."""
    draw_bubble(sheet, (foot[0], y), names)
    side = 1 if y > foot[1] else -1
    sheet.line(foot, (foot[0], y - side * BUBBLE_RADIUS), dashes=SIGNAL)
    sheet.take(Box(foot[0], min(y, foot[1]), foot[0], max(y, foot[1])).grow(0.2, 0))


def draw_bubble(sheet: Sheet, centre: Point, names: TagNames) -> None:
    """Draws a circle with a tag on two lines."""
    x, y = centre
    sheet.circle(centre, BUBBLE_RADIUS, fill=WHITE)
    sheet.line((x - BUBBLE_RADIUS, y), (x + BUBBLE_RADIUS, y))
    over, under = names.stacked()
    sheet.stacked_tag(centre, over, under, 2.5)
    sheet.take(Box(x, y, x, y).grow(BUBBLE_RADIUS, BUBBLE_RADIUS))
