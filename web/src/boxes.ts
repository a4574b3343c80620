import { look } from "./palette";
import type { Detection } from "./types";

const FLAGS: Record<string, number> = { left: 1, top: 2, right: 4, bottom: 8 };
const LOW = 16, REJECTED = 32, SETTLED = 64, DIFFERENT = 128;
const BYTES = 20;

// Each box is four edges and a diagonal, 30 corners made in the vertex shader: one draw call for all.
const VERTEX = `#version 300 es
in vec4 box;
in vec4 look;
uniform vec4 view;    // scale x, scale y, offset x, offset y: page pixels to device pixels
uniform vec2 size;    // of the canvas, device pixels
uniform float ratio;  // device pixels per CSS pixel
out vec3 colour;
out float along;
flat out int flags;
flat out float span;
flat out int edge;
void main() {
  flags = int(look.a * 255.0 + 0.5);
  colour = look.rgb;
  vec2 a = box.xy * view.xy + view.zw;
  vec2 b = box.zw * view.xy + view.zw;
  bool settled = (flags & ${SETTLED}) != 0;
  bool rejected = (flags & ${REJECTED}) != 0;
  float width = ratio * (rejected ? 1.0 : settled ? 3.0 : 2.0);
  // Outside of what was found, so that the line hides none of it.
  a = floor(a) - width; b = ceil(b) + width;
  edge = gl_VertexID / 6;
  int corner = gl_VertexID % 6;
  float u = (corner == 1 || corner == 2 || corner == 4) ? 1.0 : 0.0;
  float v = (corner == 2 || corner == 4 || corner == 5) ? 1.0 : 0.0;
  vec2 at;
  if (edge == 0) { at = vec2(a.x + v * width, mix(a.y, b.y, u)); span = b.y - a.y; }
  else if (edge == 1) { at = vec2(mix(a.x, b.x, u), a.y + v * width); span = b.x - a.x; }
  else if (edge == 2) { at = vec2(b.x - v * width, mix(a.y, b.y, u)); span = b.y - a.y; }
  else if (edge == 3) { at = vec2(mix(a.x, b.x, u), b.y - v * width); span = b.x - a.x; }
  else {
    vec2 across = normalize(vec2(b.y - a.y, b.x - a.x)) * width;
    at = vec2(mix(a.x, b.x, u), mix(b.y, a.y, u)) + (v - 0.5) * vec2(across.x, across.y);
    span = length(b - a);
    if (!rejected) at = vec2(-9.0);
  }
  along = u * span;
  vec2 clip = at / size * 2.0 - 1.0;
  gl_Position = vec4(clip.x, -clip.y, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec3 colour;
in float along;
flat in int flags;
flat in float span;
flat in int edge;
uniform float ratio;
out vec4 pixel;
void main() {
  bool open = edge < 4 && (flags & (1 << edge)) != 0;
  // An open side keeps only its ends: the thing may go on there.
  if (open && along > span * 0.22 && along < span * 0.78) discard;
  // Low confidence is dashed.
  if ((flags & ${LOW}) != 0 && edge < 4 && mod(along, 9.0 * ratio) > 5.0 * ratio) discard;
  vec3 shown = (flags & ${REJECTED}) != 0 ? vec3(0.45) : colour;
  pixel = vec4(shown, 1.0);
}`;

/** Draws thousands of boxes in one call of WebGL 2 over a picture. */
export class Boxes {
  readonly canvas = document.createElement("canvas");
  private readonly gl: WebGL2RenderingContext;
  private readonly buffer: WebGLBuffer;
  private readonly locations: Record<"view" | "size" | "ratio", WebGLUniformLocation | null>;
  private count = 0;

  constructor() {
    const gl = this.canvas.getContext("webgl2", { antialias: false, alpha: true, premultipliedAlpha: true });
    if (!gl) throw new Error("This browser has no WebGL 2; use a current Chrome, Edge, Firefox or Safari.");
    this.gl = gl;
    const program = link(gl);
    gl.useProgram(program);
    this.locations = {
      view: gl.getUniformLocation(program, "view"),
      size: gl.getUniformLocation(program, "size"),
      ratio: gl.getUniformLocation(program, "ratio"),
    };
    this.buffer = gl.createBuffer()!;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    attribute(gl, gl.getAttribLocation(program, "box"), gl.FLOAT, false, 0);
    attribute(gl, gl.getAttribLocation(program, "look"), gl.UNSIGNED_BYTE, true, 16);
  }

  /** Takes the boxes to draw. */
  load(detections: Detection[], lowConfidence: number): void {
    const bytes = new ArrayBuffer(detections.length * BYTES);
    const view = new DataView(bytes);
    detections.forEach((each, number) => {
      const at = number * BYTES;
      each.box.forEach((side, index) => view.setFloat32(at + index * 4, side, true));
      look(each.label).rgb.forEach((part, index) => view.setUint8(at + 16 + index, part));
      view.setUint8(at + 19, flags(each, lowConfidence));
    });
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffer);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, bytes, this.gl.DYNAMIC_DRAW);
    this.count = detections.length;
  }

  resize(width: number, height: number, ratio: number): void {
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
  }

  /** Draws all boxes; scales and offsets lead from page pixels to device pixels. */
  draw(scaleX: number, scaleY: number, offsetX: number, offsetY: number, ratio: number): void {
    const { gl, canvas } = this;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!this.count) return;
    gl.uniform4f(this.locations.view, scaleX, scaleY, offsetX, offsetY);
    gl.uniform2f(this.locations.size, canvas.width, canvas.height);
    gl.uniform1f(this.locations.ratio, ratio);
    gl.drawArraysInstanced(gl.TRIANGLES, 0, 30, this.count);
  }
}

function flags(each: Detection, lowConfidence: number): number {
  let value = 0;
  for (const side of each.openSides) value |= FLAGS[side] ?? 0;
  if (each.state === "proposed" || (each.confidence < lowConfidence && each.state === "unreviewed")) value |= LOW;
  if (each.state === "rejected") value |= REJECTED;
  if (["accepted", "corrected", "added"].includes(each.state)) value |= SETTLED;
  if (each.difference) value |= DIFFERENT;
  return value;
}

function attribute(gl: WebGL2RenderingContext, at: number, type: number, normalized: boolean, offset: number): void {
  gl.enableVertexAttribArray(at);
  gl.vertexAttribPointer(at, 4, type, normalized, BYTES, offset);
  gl.vertexAttribDivisor(at, 1);
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()!;
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? "shader");
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "program");
  return program;
}
