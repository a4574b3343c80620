import { look } from "./palette";
import type { Box, Detection } from "./types";

const FLAGS: Record<string, number> = { left: 1, top: 2, right: 4, bottom: 8 };
const LOW = 16, REJECTED = 32, SETTLED = 64;
// A side that is open or dashed.
const BROKEN = 31;
const GREY = 0xff737373;
const DASH = 5, PERIOD = 9;
const GAP_FROM = 0.22, GAP_TO = 0.78;

/**
 * Draws tens of thousands of boxes over a picture.
 *
 * It sets the pixels of the upright lines itself, which is quick without a graphics card too;
 * `python -m benchmarks.viewer` counts the frames.
 */
export class Boxes {
  readonly canvas = document.createElement("canvas");
  private readonly pen: CanvasRenderingContext2D;
  private image: ImageData;
  private pixels: Uint32Array;
  private sides = new Float32Array();
  private colours = new Uint32Array();
  private flags = new Uint8Array();

  constructor() {
    // Pixels that a script sets belong into memory, not on a graphics card.
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true })!;
    this.image = this.pen.createImageData(1, 1);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Takes the boxes to draw. */
  load(detections: Detection[], lowConfidence: number): void {
    this.sides = new Float32Array(detections.flatMap((each) => each.box));
    this.colours = new Uint32Array(detections.map((each) => pixel(each)));
    this.flags = new Uint8Array(detections.map((each) => flags(each, lowConfidence)));
  }

  resize(width: number, height: number, ratio: number): void {
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (this.image.width === w && this.image.height === h) return;
    this.canvas.width = w;
    this.canvas.height = h;
    this.image = this.pen.createImageData(w, h);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Draws all boxes; scale and offsets lead from page pixels to device pixels. */
  draw(scale: number, offsetX: number, offsetY: number, ratio: number): void {
    this.pixels.fill(0);
    for (let number = 0; scale > 0 && number < this.flags.length; number++) {
      this.box(number, scale, offsetX, offsetY, ratio);
    }
    this.pen.putImageData(this.image, 0, 0);
  }

  private box(number: number, scale: number, offsetX: number, offsetY: number, ratio: number): void {
    const { sides, image } = this;
    const at = number * 4, flags = this.flags[number]!, colour = this.colours[number]!;
    const width = Math.max(1, Math.round(ratio * (flags & REJECTED ? 1 : flags & SETTLED ? 3 : 2)));
    // Outside of what was found, so that the line hides none of it.
    const left = Math.floor(sides[at]! * scale + offsetX) - width;
    const top = Math.floor(sides[at + 1]! * scale + offsetY) - width;
    const right = Math.ceil(sides[at + 2]! * scale + offsetX) + width;
    const bottom = Math.ceil(sides[at + 3]! * scale + offsetY) + width;
    if (right <= 0 || bottom <= 0 || left >= image.width || top >= image.height) return;
    if (!(flags & BROKEN)) {
      this.fill(left, top, right, top + width, colour);
      this.fill(left, bottom - width, right, bottom, colour);
      this.fill(left, top + width, left + width, bottom - width, colour);
      this.fill(right - width, top + width, right, bottom - width, colour);
    } else this.broken([left, top, right, bottom], width, flags, colour, ratio);
    if (flags & REJECTED) this.diagonal([left, top, right, bottom], width, colour);
  }

  private broken([left, top, right, bottom]: Box, width: number, flags: number, colour: number, ratio: number): void {
    const along = (from: number, to: number, side: string) => pieces(from, to, flags & FLAGS[side]!, flags & LOW, ratio);
    for (const [from, to] of along(left, right, "top")) this.fill(from, top, to, top + width, colour);
    for (const [from, to] of along(left, right, "bottom")) this.fill(from, bottom - width, to, bottom, colour);
    for (const [from, to] of along(top, bottom, "left")) this.fill(left, from, left + width, to, colour);
    for (const [from, to] of along(top, bottom, "right")) this.fill(right - width, from, right, to, colour);
  }

  private fill(left: number, top: number, right: number, bottom: number, colour: number): void {
    const { width, height } = this.image;
    const from = Math.max(0, left), to = Math.min(width, right);
    if (from >= to) return;
    const end = Math.min(height, bottom) * width;
    // Faster than fill() of the few pixels that a line is wide.
    for (let row = Math.max(0, top) * width; row < end; row += width) {
      for (let at = row + from; at < row + to; at++) this.pixels[at] = colour;
    }
  }

  private diagonal([left, top, right, bottom]: Box, width: number, colour: number): void {
    const steps = Math.max(right - left, bottom - top);
    for (let step = 0; step < steps; step++) {
      const x = Math.round(left + ((right - left - width) * step) / steps);
      const y = Math.round(bottom - width - ((bottom - top - width) * step) / steps);
      this.fill(x, y, x + width, y + width, colour);
    }
  }
}

/** The parts of a side that are drawn: all of it, its ends where the thing may go on, dashes where it is unsure. */
function pieces(from: number, to: number, isOpen: number, isLow: number, ratio: number): [number, number][] {
  const ends: [number, number][] = isOpen ? [[from, from + (to - from) * GAP_FROM], [from + (to - from) * GAP_TO, to]] : [[from, to]];
  if (!isLow) return ends.map(([start, end]) => [Math.round(start), Math.round(end)]);
  return ends.flatMap(([start, end]) => dashes(start, end, from, ratio));
}

function dashes(start: number, end: number, origin: number, ratio: number): [number, number][] {
  const found: [number, number][] = [];
  for (let at = origin; at < end; at += PERIOD * ratio) {
    const [a, b] = [Math.max(start, at), Math.min(end, at + DASH * ratio)];
    if (a < b) found.push([Math.round(a), Math.round(b)]);
  }
  return found;
}

function flags(each: Detection, lowConfidence: number): number {
  let value = 0;
  for (const side of each.openSides) value |= FLAGS[side] ?? 0;
  if (each.state === "proposed" || each.state === "withheld" || (each.confidence < lowConfidence && each.state === "unreviewed")) value |= LOW;
  if (each.state === "rejected") value |= REJECTED;
  if (["accepted", "corrected", "added"].includes(each.state)) value |= SETTLED;
  return value;
}

/** The colour as memory holds it: alpha, blue, green, red from the highest byte on. */
function pixel(each: Detection): number {
  if (each.state === "rejected") return GREY;
  const [red, green, blue] = look(each.label).rgb;
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
