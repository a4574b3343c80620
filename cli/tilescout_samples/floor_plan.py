"""Draws a floor plan with its electrical installation: rooms, doors, hatching, outlets, alarms."""

from __future__ import annotations

from tilescout.geometry import Box
from tilescout_samples.process import draw_bubble
from tilescout_samples.sheet import GREY, MIN_CAPITALS_MM, Sheet
from tilescout_samples.symbols import place_near_miss, place_symbol
from tilescout_samples.tags import TagNames

ROOM_WIDTH, ROOM_HEIGHT = 78.0, 74.0
ROOM_NAMES = ("PLANT ROOM", "STORE", "OFFICE", "WORKSHOP", "SWITCH ROOM", "LABORATORY", "ARCHIVE")
WALL_TURNS = {"bottom": 0, "left": 90, "top": 180, "right": 270}
DIMENSION_GAP = 9.0
BUBBLE_SHARE = 0.6


def draw_floor_plan(sheet: Sheet, field: Box, names: TagNames) -> None:
    """Fills ``field`` (mm) with a grid of rooms and a chain of dimensions above."""
    columns = max(1, int((field.width - 24) // ROOM_WIDTH))
    rows = max(1, int((field.height - 34) // ROOM_HEIGHT))
    left, top = field.left + 14, field.top + 24
    walls = Box(left, top, left + columns * ROOM_WIDTH, top + rows * ROOM_HEIGHT)
    sheet.rectangle(walls.grow(1.6, 1.6), width=0.7)
    _dimensions(sheet, walls, columns)
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * ROOM_WIDTH, top + row * ROOM_HEIGHT
            room = Box(x, y, x + ROOM_WIDTH, y + ROOM_HEIGHT)
            if (3 * row + column) % 11 == 4:
                _shaft(sheet, room)
            else:
                _walls(sheet, room, last_row=row == rows - 1)
                _room(sheet, room, names)


def _dimensions(sheet: Sheet, walls: Box, columns: int) -> None:
    y = walls.top - DIMENSION_GAP
    sheet.line((walls.left, y), (walls.right, y), width=0.18)
    for column in range(columns + 1):
        x = walls.left + column * ROOM_WIDTH
        sheet.line((x, y - 2), (x, walls.top - 3), width=0.18)
        sheet.line((x - 1.2, y + 1.2), (x + 1.2, y - 1.2), width=0.35)
        if column < columns:
            sheet.text((x + ROOM_WIDTH / 2 - 4, y - 3), "7800", MIN_CAPITALS_MM)


def _walls(sheet: Sheet, room: Box, *, last_row: bool) -> None:
    door_from, door_to = room.left + 10, room.left + 22
    sheet.wall((room.left, room.top), (room.left, room.bottom), 1.0)
    sheet.wall((room.right, room.top), (room.right, room.bottom), 1.0)
    sheet.take(Box(room.left, room.top - 0.5, room.right, room.top + 0.5))
    if last_row:
        sheet.wall((room.left, room.bottom), (room.right, room.bottom), 1.0)
        return
    sheet.wall((room.left, room.bottom), (door_from, room.bottom), 1.0)
    sheet.wall((door_to, room.bottom), (room.right, room.bottom), 1.0)
    sheet.arc((door_from, room.bottom), (door_to, room.bottom), 90)
    sheet.line((door_from, room.bottom), (door_from, room.bottom - 12))
    sheet.take(Box(door_from, room.bottom - 12, door_to, room.bottom))


def _shaft(sheet: Sheet, room: Box) -> None:
    """Draws a room that is filled with hatching."""
    sheet.rectangle(room, width=1.0)
    inside = room.grow(-1, -1)
    step = 3.5
    lines = int((inside.width + inside.height) // step)
    for number in range(1, lines):
        reach = number * step
        sheet.line(
            (inside.left + min(reach, inside.width), inside.top + max(0, reach - inside.width)),
            (inside.left + max(0, reach - inside.height), inside.top + min(reach, inside.height)),
            width=0.13,
            colour=GREY,
        )
    sheet.take(inside)


def _room(sheet: Sheet, room: Box, names: TagNames) -> None:
    title = sheet.chance.choice(ROOM_NAMES)
    sheet.text((room.left + 5, room.top + 13), title, 3.5)
    sheet.tag((room.left + 5, room.top + 19), names.equipment("room"), 3.5)
    if sheet.chance.random() < BUBBLE_SHARE:
        draw_bubble(sheet, (room.left + 0.5 * room.width, room.top + 0.75 * room.height), names)
    for across in (0.3, 0.75):
        centre = (room.left + across * room.width, room.top + 0.52 * room.height)
        _labelled(sheet, "light", centre, 7, 0, names)
    _outlets(sheet, room, names)
    near_door = (room.left + 27, room.bottom - 6)
    turn = sheet.chance.choice((0, 90))
    if sheet.chance.random() < 0.2:
        place_near_miss(sheet, "switch", near_door, 5, turn)
    else:
        _labelled(sheet, "switch", near_door, 5, turn, names)
    corner = (room.right - 12, room.bottom - 18)
    if sheet.chance.random() < 0.5:
        _labelled(sheet, "fire-alarm", corner, 6.5, 0, names)
    else:
        place_near_miss(sheet, sheet.chance.choice(("fire-alarm", "light")), corner, 6.5, 0)


def _outlets(sheet: Sheet, room: Box, names: TagNames) -> None:
    places = {
        "left": (room.left + 4, room.top + 0.7 * room.height),
        "top": (room.left + 0.62 * room.width, room.top + 4),
        "right": (room.right - 4, room.top + 0.3 * room.height),
    }
    for wall, centre in places.items():
        turn = WALL_TURNS[wall]
        if sheet.chance.random() < 0.25:
            place_near_miss(sheet, "socket-outlet", centre, 6, turn)
        else:
            _labelled(sheet, "socket-outlet", centre, 6, turn, names)


def _labelled(
    sheet: Sheet, label: str, centre: tuple[float, float], size: float, turn: int, names: TagNames
) -> None:
    """Draws a symbol, and its tag on the first side with enough room."""
    box = place_symbol(sheet, label, centre, size, turn)
    name = names.equipment(label)
    height = sheet.chance.choice((MIN_CAPITALS_MM, MIN_CAPITALS_MM, 2.5))
    along, across = sheet.text_size(name, height)
    middle_x, middle_y = box.centre
    corners = (
        (box.right + 1.5, middle_y - across / 2),
        (box.left - 1.5 - along, middle_y - across / 2),
        (middle_x - along / 2, box.bottom + 1.5),
        (middle_x - along / 2, box.top - 1.5 - across),
    )
    for left, top in corners:
        if sheet.is_free(Box(left, top, left + along, top + across), 0.6):
            sheet.tag((left, top), name, height)
            return
