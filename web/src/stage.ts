import { createOSDAnnotator, type OpenSeadragonAnnotator } from "@annotorious/openseadragon";
import "@annotorious/openseadragon/annotorious-openseadragon.css";
import OpenSeadragon from "openseadragon";
import { Boxes } from "./boxes";
import { debounced, h, printable } from "./dom";
import { look } from "./palette";
import type { Store } from "./store";
import type { Box, Detection, Page } from "./types";

const MAX_TAGS = 150;
const CELL = 512;

type Springs = Record<"zoomSpring" | "centerSpringX" | "centerSpringY", OpenSeadragon.Spring>;

/** The drawing with its boxes: OpenSeadragon shows, our canvas draws, Annotorious edits. */
export class Stage {
  readonly element = h("div", { className: "stage", tabIndex: 0, role: "application" });
  onDrawn: (box: Box) => void = () => {};
  private readonly viewer: OpenSeadragon.Viewer;
  private readonly annotator: OpenSeadragonAnnotator;
  private readonly boxes = new Boxes();
  private readonly marks = h("canvas", { className: "marks" });
  private readonly pen: CanvasRenderingContext2D;
  private grid = new Map<number, Detection[]>();
  private hovered = "";
  private edited = "";
  private shownKey = "";
  private goTo: Box | null = null;
  private jump: OpenSeadragon.Rect | null = null;

  constructor(private readonly store: Store) {
    this.element.setAttribute("aria-label", "Drawing");
    // OpenSeadragon adds a style sheet unless it finds its own; the page's policy allows none but
    // ours, so it finds an element of that name that is no style sheet.
    const found = document.createElementNS("urn:tilescout", "style");
    found.setAttribute("data-openseadragon-mobile-css", "true");
    document.head.append(found);
    this.pen = this.marks.getContext("2d")!;
    this.viewer = OpenSeadragon({
      element: this.element,
      drawer: "canvas",
      showNavigationControl: false,
      showNavigator: true,
      navigatorPosition: "BOTTOM_LEFT",
      navigatorAutoFade: false,
      navigatorSizeRatio: 0.14,
      animationTime: 0.35,
      springStiffness: 9,
      maxZoomPixelRatio: 4,
      minZoomImageRatio: 0.7,
      visibilityRatio: 0.3,
      imageLoaderLimit: 6,
      // A dense sheet on a busy machine takes its time; a tile that comes late is better than none.
      timeout: 180_000,
      maxImageCacheCount: 160,
      immediateRender: false,
      preload: false,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: true },
    });
    this.boxes.canvas.className = "boxes";
    this.viewer.canvas.append(this.boxes.canvas, this.marks);
    this.annotator = createOSDAnnotator(this.viewer, { drawingEnabled: false, autoSave: true, drawingMode: "drag" });
    this.annotator.setDrawingTool("rectangle");
    this.listen();
  }

  private listen(): void {
    const store = this.store;
    this.viewer.addHandler("update-viewport", () => this.draw());
    this.viewer.addHandler("resize", () => this.draw());
    this.viewer.addHandler("open", () => this.opened());
    this.viewer.addHandler("animation-finish", () => (this.jump = null));
    this.viewer.addHandler("tile-load-failed", () => store.onMessage("Part of the drawing could not be drawn.", true));
    this.viewer.addHandler("canvas-click", (event) => this.clicked(event));
    this.viewer.addHandler("canvas-key", (event) => {
      // The page's own keys; OpenSeadragon would pan by letters.
      event.preventDefaultAction = true;
    });
    this.element.addEventListener("pointermove", (event) => this.hover(event));
    this.annotator.on("createAnnotation", (annotation) => {
      this.annotator.clearAnnotations();
      this.onDrawn(this.boxOf(annotation));
    });
    const save = debounced(() => void this.saveEdited(), 250);
    this.annotator.on("updateAnnotation", save);
    store.on(["page"], () => this.showPage());
    store.on(["shown"], () => this.loadBoxes());
    store.on(["selection", "detections"], () => this.selectionChanged());
    store.on(["mode"], () => {
      const isDrawing = store.mode === "draw";
      if (isDrawing) this.stopEditing();
      this.annotator.setDrawingEnabled(isDrawing);
      this.element.classList.toggle("drawing", isDrawing);
    });
  }

  private showPage(): void {
    const page = this.store.page;
    if (!page) return;
    const key = `${this.store.documentId}/${page.page}`;
    const keep = key === this.shownKey ? this.viewer.viewport.getBounds() : null;
    this.shownKey = key;
    this.stopEditing();
    const layers = this.store.layersKey();
    const document = this.store.documentId;
    if (page.tiles === "") {
      this.viewer.close();
      this.store.onMessage("The picture of this page is not in this folder.", false);
      return;
    }
    if (keep) this.viewer.addOnceHandler("open", () => this.viewer.viewport.fitBounds(keep, true));
    const tileSource = {
      width: page.width * page.magnification,
      height: page.height * page.magnification,
      tileSize: page.tilePx,
      tileOverlap: 0,
      minLevel: Math.min(8, page.levels - 1),
      maxLevel: page.levels - 1,
      getTileUrl: (level: number, x: number, y: number) =>
        this.store.backend.tileUrl(document, page, layers, level, x, y),
    };
    this.viewer.open({ tileSource });
  }

  private opened(): void {
    this.loadBoxes();
    if (this.goTo) this.zoomTo(this.goTo, true);
    this.goTo = null;
    this.selectionChanged();
  }

  private loadBoxes(): void {
    this.boxes.load(this.store.onPage, this.store.lowConfidence);
    this.grid = new Map();
    for (const each of this.store.onPage) {
      for (const cell of cells(each.box)) {
        const inside = this.grid.get(cell);
        if (inside) inside.push(each);
        else this.grid.set(cell, [each]);
      }
    }
    this.draw();
  }

  /** Page pixels to CSS pixels of the stage. */
  private place(): { scale: number; x: number; y: number } | null {
    const page = this.store.page;
    if (!page || !this.viewer.isOpen() || !this.viewer.world.getItemCount()) return null;
    const image = this.viewer.world.getItemAt(0);
    const origin = image.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const far = image.imageToViewerElementCoordinates(new OpenSeadragon.Point(page.width * page.magnification, 0));
    return { scale: (far.x - origin.x) / page.width, x: origin.x, y: origin.y };
  }

  private draw(): void {
    const place = this.place();
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.element;
    this.boxes.resize(width, height, ratio);
    const [w, hgt] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.marks.width !== w || this.marks.height !== hgt) {
      this.marks.width = w;
      this.marks.height = hgt;
    }
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    this.pen.clearRect(0, 0, w, hgt);
    if (!place) {
      this.boxes.draw(0, 0, 0, ratio);
      return;
    }
    this.boxes.draw(place.scale * ratio, place.x * ratio, place.y * ratio, ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawMarks(place, width, height);
  }

  /** Selected boxes, and tags where there is room for them. */
  private drawMarks(place: { scale: number; x: number; y: number }, width: number, height: number): void {
    const view: Box = [-place.x, -place.y, width - place.x, height - place.y].map((side) => side / place.scale) as Box;
    for (const each of this.store.selection()) {
      if (each.page === this.store.page?.page && touches(each.box, view)) this.halo(each, place);
    }
    if (place.scale > 0.25) {
      const visible = this.within(view, MAX_TAGS + 1);
      if (visible.length <= MAX_TAGS) {
        visible.filter((each) => each.id !== this.edited).forEach((each) => this.tag(each, place));
        return;
      }
    }
    const named = new Set([this.store.current, this.hovered]);
    for (const id of named) {
      const each = this.store.detections.get(id);
      if (each && each.page === this.store.page?.page) this.tag(each, place);
    }
  }

  private halo(each: Detection, place: { scale: number; x: number; y: number }): void {
    const [left, top, right, bottom] = each.box;
    const pen = this.pen;
    const isCurrent = each.id === this.store.current;
    const x = left * place.scale + place.x - 5, y = top * place.scale + place.y - 5;
    const w = (right - left) * place.scale + 10, hgt = (bottom - top) * place.scale + 10;
    pen.fillStyle = "rgba(255, 196, 0, 0.22)";
    pen.fillRect(x, y, w, hgt);
    pen.lineWidth = isCurrent ? 4 : 2;
    pen.strokeStyle = "#111";
    pen.strokeRect(x, y, w, hgt);
    pen.lineWidth = isCurrent ? 2 : 1;
    pen.strokeStyle = "#ffc400";
    pen.strokeRect(x, y, w, hgt);
  }

  private tag(each: Detection, place: { scale: number; x: number; y: number }): void {
    const [left, top, right] = each.box;
    const width = (right - left) * place.scale;
    const isNamed = each.id === this.store.current || each.id === this.hovered;
    if (width < 14 && !isNamed) return;
    const { sign, colour } = look(each.label);
    const state = { proposed: " ?", unreviewed: "", accepted: " ✓", corrected: " ✎", added: " +", rejected: " ✗", withheld: " ◌" }[each.state];
    const doubt = each.state === "unreviewed" && each.confidence < this.store.lowConfidence ? " ?" : "";
    // A text is on the drawing already; what is only a shape gets its label.
    const name = isNamed || (width > 70 && !each.text) ? ` ${printable(each.text || each.label).slice(0, 60)}` : "";
    const reason = isNamed && each.reason ? ` ${printable(each.reason).slice(0, 80)}` : "";
    const text = `${sign}${name}${state}${doubt}${reason}`;
    const pen = this.pen;
    pen.font = "600 11px system-ui, sans-serif";
    const w = pen.measureText(text).width + 8;
    const x = left * place.scale + place.x - 2;
    const y = Math.max(0, top * place.scale + place.y - 18);
    pen.fillStyle = each.state === "rejected" ? "#666" : colour;
    pen.fillRect(x, y, w, 15);
    pen.fillStyle = "#fff";
    pen.fillText(text, x + 4, y + 11.5);
  }

  private within(view: Box, most: number): Detection[] {
    const found = new Set<Detection>();
    for (const cell of cells(view)) {
      for (const each of this.grid.get(cell) ?? []) {
        if (touches(each.box, view)) found.add(each);
        if (found.size >= most) return [...found];
      }
    }
    return [...found];
  }

  private pagePoint(x: number, y: number): [number, number] | null {
    const place = this.place();
    return place && [(x - place.x) / place.scale, (y - place.y) / place.scale];
  }

  /** The smallest box at a place, within 4 CSS pixels. */
  private at(x: number, y: number): Detection | null {
    const point = this.pagePoint(x, y);
    const place = this.place();
    if (!point || !place) return null;
    const reach = 4 / place.scale;
    const [px, py] = point;
    const around: Box = [px - reach, py - reach, px + reach, py + reach];
    let best: Detection | null = null;
    for (const each of this.within(around, 500)) if (!best || area(each.box) < area(best.box)) best = each;
    return best;
  }

  private clicked(event: OpenSeadragon.CanvasClickEvent): void {
    if (!event.quick || this.store.mode === "draw") return;
    this.element.focus();
    const hit = this.at(event.position.x, event.position.y);
    const original = event.originalEvent as PointerEvent;
    const isMore = original.ctrlKey || original.metaKey || original.shiftKey;
    if (hit) this.store.select(hit.id, isMore ? "toggle" : "only");
    else if (!isMore) this.store.select("");
  }

  private hover(event: PointerEvent): void {
    if (event.buttons || this.store.mode === "draw") return;
    const bounds = this.element.getBoundingClientRect();
    const hit = this.at(event.clientX - bounds.left, event.clientY - bounds.top)?.id ?? "";
    if (hit === this.hovered) return;
    this.hovered = hit;
    this.element.classList.toggle("over", Boolean(hit));
    this.draw();
  }

  private selectionChanged(): void {
    if (this.edited && this.edited !== this.store.current) this.stopEditing();
    this.draw();
  }

  /** Lets Annotorious move and resize the current box. */
  startEditing(): void {
    const each = this.store.detections.get(this.store.current);
    const page = this.store.page;
    if (!each || !page || each.page !== page.page || !this.store.backend.canEdit) return;
    this.edited = each.id;
    const [x, y, right, bottom] = each.box.map((side) => side * page.magnification) as Box;
    const geometry = { x, y, w: right - x, h: bottom - y, bounds: { minX: x, minY: y, maxX: right, maxY: bottom } };
    const target = { annotation: each.id, selector: { type: "RECTANGLE", geometry } };
    this.annotator.setAnnotations([{ id: each.id, bodies: [], target } as never], true);
    this.annotator.setSelected(each.id, true);
    this.draw();
  }

  stopEditing(): boolean {
    if (!this.edited) return false;
    this.edited = "";
    this.annotator.clearAnnotations();
    this.draw();
    return true;
  }

  private async saveEdited(): Promise<void> {
    const each = this.store.detections.get(this.edited);
    const annotation = this.edited && this.annotator.getAnnotationById(this.edited);
    if (!each || !annotation) return;
    const box = this.boxOf(annotation);
    if (box.some((side, at) => Math.abs(side - each.box[at]!) > 0.05)) await this.store.edit({ box }, [each]);
  }

  private boxOf(annotation: { target: { selector: { geometry: { bounds: unknown } } } }): Box {
    const bounds = annotation.target.selector.geometry.bounds as Record<"minX" | "minY" | "maxX" | "maxY", number>;
    const by = this.store.page!.magnification;
    const sides = [bounds.minX, bounds.minY, bounds.maxX, bounds.maxY];
    return sides.map((side) => Math.round((side / by) * 100) / 100) as Box;
  }

  /** A box in the middle of the view, for those who draw by keyboard. */
  middleBox(): Box | null {
    const { clientWidth, clientHeight } = this.element;
    const middle = this.pagePoint(clientWidth / 2, clientHeight / 2);
    const place = this.place();
    if (!middle || !place) return null;
    const reach = 30 / place.scale;
    return [middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach].map(Math.round) as Box;
  }

  jumpTo(each: Detection): void {
    if (this.viewer.isOpen() && this.shownKey === `${this.store.documentId}/${each.page}`) this.zoomTo(each.box, false);
    else this.goTo = each.box;
  }

  /** Brings a box to the middle, so large that it can be read. */
  private zoomTo(box: Box, immediately: boolean): void {
    const page = this.store.page as Page;
    const by = page.magnification;
    const [left, top, right, bottom] = box;
    const reach = Math.max((right - left) * 2.2, (bottom - top) * 4, 160);
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const image = this.viewer.world.getItemAt(0);
    const bounds = image.imageToViewportRectangle((x - reach) * by, (y - reach / 2) * by, 2 * reach * by, reach * by);
    this.viewer.viewport.fitBounds(bounds, immediately);
    this.jump = immediately ? null : bounds;
  }

  /** Ends a jump at its place. OpenSeadragon leaves off where it is when it is zoomed or panned meanwhile. */
  private endJump(): void {
    if (this.jump) this.viewer.viewport.fitBounds(this.jump, true);
    this.jump = null;
  }

  /** Brings a box into the view where it is out of it, and keeps the zoom. */
  reveal(each: Detection): void {
    const place = this.place();
    if (!place || this.shownKey !== `${this.store.documentId}/${each.page}`) {
      this.goTo = each.box;
      return;
    }
    const { clientWidth, clientHeight } = this.element;
    const [left, top, right, bottom] = each.box;
    const isInside =
      left * place.scale + place.x > 20 &&
      top * place.scale + place.y > 20 &&
      right * place.scale + place.x < clientWidth - 20 &&
      bottom * place.scale + place.y < clientHeight - 20;
    if (isInside && (bottom - top) * place.scale > 8) return;
    this.zoomTo(each.box, false);
  }

  zoomBy(factor: number): void {
    this.endJump();
    this.viewer.viewport?.zoomBy(factor);
    this.viewer.viewport?.applyConstraints();
  }

  panBy(x: number, y: number): void {
    this.endJump();
    const { clientWidth, clientHeight } = this.element;
    const by = new OpenSeadragon.Point((x * clientWidth) / 6, (y * clientHeight) / 6);
    this.viewer.viewport?.panBy(this.viewer.viewport.deltaPointsFromPixels(by));
    this.viewer.viewport?.applyConstraints();
  }

  fit(): void {
    this.viewer.viewport?.goHome();
  }

  /** For tests and measurements: whether the view is at rest and all its tiles are there. */
  isSharp(): boolean {
    if (!this.viewer.isOpen() || this.viewer.world.getItemCount() === 0) return false;
    return this.isAtRest() && this.viewer.world.getItemAt(0).getFullyLoaded();
  }

  private isAtRest(): boolean {
    const { zoomSpring, centerSpringX, centerSpringY } = this.viewer.viewport as unknown as Springs;
    return [zoomSpring, centerSpringX, centerSpringY].every((spring) => spring.isAtTargetValue());
  }
}

function touches(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function area(box: Box): number {
  return (box[2] - box[0]) * (box[3] - box[1]);
}

function* cells(box: Box): Generator<number> {
  const [left, top, right, bottom] = box.map((side) => Math.max(0, Math.min(400, Math.floor(side / CELL)))) as Box;
  for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) yield row * 1000 + column;
}
