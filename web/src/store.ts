import type { Backend } from "./backend";
import { Refused } from "./backend";
import { setLabels } from "./palette";
import { Teaching } from "./teaching";
import type { Changes, Detection, Edit, Layer, Listing, Opened, Page, State } from "./types";

export type Sorting = "confidence" | "position" | "label" | "text" | "recent";

export interface Filter {
  text: string;
  hiddenLabels: Set<string>;
  minConfidence: number;
  maxConfidence: number;
  states: Set<State>;
  minSize: number;
  thisPage: boolean;
  onlyOpen: boolean;
  onlyDifferent: boolean;
}

export type Topic = "documents" | "document" | "page" | "detections" | "shown" | "selection" | "layers" | "saving" | "mode";
export const STATES: State[] = ["proposed", "unreviewed", "accepted", "corrected", "added", "rejected", "withheld"];
/** What counts as a detection. */
export const isKept = (each: Detection) => each.state !== "rejected" && each.state !== "withheld";

const newFilter = (): Filter => ({
  text: "",
  hiddenLabels: new Set(),
  minConfidence: 0,
  maxConfidence: 100,
  states: new Set<State>(STATES.filter((state) => state !== "withheld")),
  minSize: 0,
  thisPage: false,
  onlyOpen: false,
  onlyDifferent: false,
});

/** All that the page shows, and the only place that changes it. */
export class Store {
  listing: Listing = { documents: [], reviewer: "", formats: [] };
  documentId = "";
  opened: Opened | null = null;
  page: Page | null = null;
  detections = new Map<string, Detection>();
  /** What the filter leaves, in the order of the list. */
  shown: Detection[] = [];
  /** The same of the current page only. */
  onPage: Detection[] = [];
  filter = newFilter();
  sorting: Sorting = "confidence";
  selected = new Set<string>();
  current = "";
  layers: Layer[] = [];
  /** Numbers of the layers to show; null as the file itself shows them. */
  shownLayers: Set<number> | null = null;
  lowConfidence = 60;
  mode: "select" | "draw" = "select";
  saving: "" | "saving" | "saved" | "refused" | "failed" = "";
  onMessage: (text: string, isError: boolean) => void = () => {};
  private readonly listeners = new Map<Topic, (() => void)[]>();

  readonly teaching: Teaching;

  constructor(readonly backend: Backend) {
    this.teaching = new Teaching(backend);
    this.teaching.onProposals = (document) => this.showProposals(document);
    this.teaching.onMessage = (text, isError) => this.onMessage(text, isError);
  }

  on(topics: Topic[], listener: () => void): void {
    for (const topic of topics) this.listeners.set(topic, [...(this.listeners.get(topic) ?? []), listener]);
  }

  private tell(...topics: Topic[]): void {
    const called = new Set(topics.flatMap((topic) => this.listeners.get(topic) ?? []));
    called.forEach((listener) => listener());
  }

  async start(): Promise<void> {
    this.listing = await this.backend.listing();
    this.tell("documents");
  }

  async openDocument(id: string, page = 0, detection = ""): Promise<void> {
    if (id !== this.documentId || !this.opened) {
      const opened = await this.backend.open(id);
      this.documentId = id;
      this.take(opened);
      this.selected.clear();
      this.current = "";
      this.layers = [];
      this.shownLayers = null;
      this.filter.hiddenLabels.clear();
      void this.readLayers(id);
    }
    const target = this.detections.get(detection);
    this.setPage(target?.page ?? page, true);
    this.tell("documents", "document");
    if (target) this.select(target.id);
    else if (detection) this.onMessage("The detection of this link is not there any more.", true);
  }

  private take(opened: Opened): void {
    this.opened = opened;
    const proposed = this.teaching.of(this.documentId);
    this.detections = new Map([...opened.detections, ...proposed].map((each) => [each.id, each]));
    setLabels(this.labels());
  }

  private async readLayers(id: string): Promise<void> {
    try {
      const layers = await this.backend.layers(id);
      if (id !== this.documentId) return;
      this.layers = layers;
      this.tell("layers");
    } catch (error) {
      this.fail(error);
    }
  }

  labels(): string[] {
    return [...new Set([...this.detections.values()].map((each) => each.label))].sort();
  }

  setPage(number: number, isNew = false): void {
    const pages = this.opened?.pages ?? [];
    const page = pages.find((each) => each.page === number) ?? pages[0] ?? null;
    if (page === this.page && !isNew) return;
    this.page = page;
    this.tell("page");
    this.refilter();
  }

  setFilter(changed: Partial<Filter>): void {
    Object.assign(this.filter, changed);
    this.refilter();
  }

  clearFilter(): void {
    this.filter = newFilter();
    this.refilter();
  }

  setSorting(sorting: Sorting): void {
    this.sorting = sorting;
    this.refilter();
  }

  setLowConfidence(value: number): void {
    this.lowConfidence = value;
    this.tell("shown");
  }

  setMode(mode: "select" | "draw"): void {
    this.mode = mode;
    this.tell("mode");
  }

  setShownLayers(shown: Set<number> | null): void {
    this.shownLayers = shown;
    this.tell("layers", "page");
  }

  /** As the address of a tile has it. */
  layersKey(): string {
    return this.shownLayers === null ? "own" : [...this.shownLayers].sort((a, b) => a - b).join(",");
  }

  private refilter(): void {
    const filter = this.filter;
    const words = filter.text.trim().toUpperCase();
    const left = [...this.detections.values()].filter((each) => this.passes(each, words));
    this.onPage = left.filter((each) => each.page === this.page?.page);
    const listed = filter.thisPage ? this.onPage.slice() : left;
    this.shown = listed.sort(ORDERS[this.sorting]);
    this.tell("shown");
  }

  private passes(each: Detection, words: string): boolean {
    const filter = this.filter;
    return (
      filter.states.has(each.state) &&
      !filter.hiddenLabels.has(each.label) &&
      each.confidence >= filter.minConfidence &&
      each.confidence <= filter.maxConfidence &&
      (!words || each.text.toUpperCase().includes(words) || each.label.toUpperCase().includes(words)) &&
      Math.max(each.box[2] - each.box[0], each.box[3] - each.box[1]) >= filter.minSize &&
      (!filter.onlyOpen || each.openSides.length > 0) &&
      (!filter.onlyDifferent || Boolean(each.difference))
    );
  }

  counts(): Map<string, { shown: number; all: number }> {
    const counts = new Map<string, { shown: number; all: number }>();
    for (const each of this.detections.values()) {
      const count = counts.get(each.label) ?? { shown: 0, all: 0 };
      if (isKept(each)) count.all += 1;
      counts.set(each.label, count);
    }
    for (const each of this.shown) if (isKept(each)) counts.get(each.label)!.shown += 1;
    return counts;
  }

  select(id: string, how: "only" | "toggle" | "range" = "only"): void {
    if (how === "only") this.selected.clear();
    if (how === "range" && this.current) this.selectRange(id);
    else if (how === "toggle" && this.selected.has(id)) this.selected.delete(id);
    else if (id) this.selected.add(id);
    this.current = this.selected.has(id) ? id : ([...this.selected].pop() ?? "");
    const page = this.detections.get(this.current)?.page;
    if (page !== undefined) this.setPage(page);
    this.tell("selection");
  }

  private selectRange(id: string): void {
    const [from, to] = [this.current, id].map((each) => this.shown.findIndex((one) => one.id === each));
    if (from === undefined || to === undefined || from < 0 || to < 0) return;
    for (let at = Math.min(from, to); at <= Math.max(from, to); at += 1) this.selected.add(this.shown[at]!.id);
  }

  selectAllShown(): void {
    this.shown.forEach((each) => this.selected.add(each.id));
    this.current ||= this.shown[0]?.id ?? "";
    this.tell("selection");
  }

  step(by: number): void {
    if (!this.shown.length) return;
    const at = this.shown.findIndex((each) => each.id === this.current);
    const next = at < 0 ? 0 : Math.min(this.shown.length - 1, Math.max(0, at + by));
    this.select(this.shown[next]!.id);
  }

  selection(): Detection[] {
    return [...this.selected].map((id) => this.detections.get(id)).filter((each) => each !== undefined);
  }

  /** Looks for symbols like the selected ones: this page first, then the other pages and documents. */
  async findSimilar(): Promise<void> {
    const examples = this.selection().filter((each) => isKept(each) && each.state !== "proposed");
    const label = examples[0]?.label;
    if (!label || !this.page) return this.onMessage("Select a box round the symbol first.", false);
    const document = this.documentId;
    const places = examples.slice(0, 20).map(({ page, box }) => ({ document, page, box }));
    try {
      await this.teaching.find({ label, examples: places, first: { document, page: this.page.page } });
    } catch (error) {
      this.fail(error);
    }
  }

  async saveProfile(name: string): Promise<void> {
    try {
      await this.teaching.saveProfile(name);
    } catch (error) {
      this.fail(error);
    }
  }

  private showProposals(document: string): void {
    this.tell("documents");
    if (document !== this.documentId) return;
    for (const each of [...this.detections.values()]) if (each.state === "proposed") this.detections.delete(each.id);
    for (const each of this.teaching.of(document)) this.detections.set(each.id, each);
    this.refilter();
    this.tell("detections", "selection");
  }

  /** Proposals become boxes of this person, or examples of what is not meant. */
  private async decide(proposals: Detection[], changes: Omit<Edit, "id" | "version">): Promise<boolean> {
    const document = this.documentId;
    const judged = new Set(proposals.map((each) => each.id));
    const at = this.shown.findIndex((each) => each.id === this.current);
    const next = this.shown.slice(at + 1).find((each) => each.state === "proposed" && !judged.has(each.id));
    // Before anything is awaited: the next key is meant for the next one.
    this.select(next?.id ?? "");
    const isRejected = changes.verdict === "rejected";
    if (!isRejected) {
      const edits = proposals.map((each) => ({
        id: `drawn-${crypto.randomUUID()}`, version: 0, page: each.page, verdict: "accepted" as const,
        box: changes.box ?? each.box, label: changes.label ?? each.label, text: changes.text ?? each.text,
      }));
      if (!(await this.save(edits))) return false;
    }
    this.teaching.judged(document, proposals, isRejected);
    return true;
  }

  /** Makes one edit of each detection; all are undone together. */
  async edit(changes: Omit<Edit, "id" | "version">, of = this.selection()): Promise<boolean> {
    const proposals = of.filter((each) => each.state === "proposed");
    if (proposals.length) return this.decide(proposals, changes);
    if (!of.length) return false;
    return this.save(of.map((each) => ({ id: each.id, version: each.version, ...asDrawn(each), ...changes })));
  }

  async draw(box: Edit["box"], label: string, text = ""): Promise<string> {
    const id = `drawn-${crypto.randomUUID()}`;
    const drawn = { id, version: 0, page: this.page!.page, verdict: "accepted" as const, box, label, text };
    if (!(await this.save([drawn]))) return "";
    this.select(id);
    return id;
  }

  private async save(edits: Edit[]): Promise<boolean> {
    const group = crypto.randomUUID();
    const size = 150;
    for (let at = 0; at < edits.length; at += size) {
      const part = edits.slice(at, at + size);
      const saved = await this.send((document, after) => this.backend.edit(document, after, group, part));
      if (!saved) return false;
    }
    return true;
  }

  undo(): Promise<boolean> {
    return this.send((document, after) => this.backend.undo(document, after, crypto.randomUUID()));
  }

  redo(): Promise<boolean> {
    return this.send((document, after) => this.backend.redo(document, after, crypto.randomUUID()));
  }

  private async send(request: (document: string, after: number) => Promise<Changes>): Promise<boolean> {
    if (!this.opened) return false;
    const document = this.documentId;
    this.setSaving("saving");
    try {
      this.apply(document, await request(document, this.opened.number));
      this.setSaving("saved");
      return true;
    } catch (error) {
      this.setSaving(error instanceof Refused && error.status ? "refused" : "failed");
      this.fail(error);
      await this.refresh();
      return false;
    }
  }

  /** Takes in what others did since. */
  async refresh(): Promise<void> {
    if (!this.opened || !this.backend.canEdit) return;
    const document = this.documentId;
    try {
      const changes = await this.backend.changes(document, this.opened.number);
      if (document !== this.documentId) return;
      if (changes.resultId !== this.opened.resultId) await this.reload();
      else this.apply(document, changes);
      if (this.saving === "failed") this.setSaving("saved");
    } catch (error) {
      this.setSaving("failed");
      if (error instanceof Refused && error.status) this.fail(error);
    }
  }

  private async reload(): Promise<void> {
    const page = this.page?.page;
    this.take(await this.backend.open(this.documentId));
    const different = [...this.detections.values()].filter((each) => each.difference).length;
    this.onMessage(`A new run replaced the detections; it differs under ${different} reviewed ones.`, false);
    this.setPage(page ?? 1, true);
    this.tell("document", "detections");
  }

  private apply(document: string, changes: Changes): void {
    if (document !== this.documentId || !this.opened) return;
    this.opened.number = Math.max(this.opened.number, changes.number);
    if (!changes.detections.length && !changes.removed.length) return;
    for (const each of changes.detections) {
      const known = this.detections.get(each.id);
      if (!known || known.version <= each.version) this.detections.set(each.id, each);
    }
    for (const id of changes.removed) {
      this.detections.delete(id);
      this.selected.delete(id);
      if (this.current === id) this.current = "";
    }
    this.refilter();
    this.tell("detections", "selection");
  }

  private setSaving(saving: Store["saving"]): void {
    this.saving = saving;
    this.tell("saving");
  }

  fail(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    this.onMessage(error.message, true);
  }
}

/** Who judges a withheld place makes a box of it. */
function asDrawn({ state, page, label, text, box }: Detection): Partial<Edit> {
  return state === "withheld" ? { page, label, text, box, verdict: "accepted" } : {};
}

const byPosition = (a: Detection, b: Detection) => a.page - b.page || a.box[1] - b.box[1] || a.box[0] - b.box[0];
const ORDERS: Record<Sorting, (a: Detection, b: Detection) => number> = {
  confidence: (a, b) => a.confidence - b.confidence || byPosition(a, b),
  position: byPosition,
  label: (a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : byPosition(a, b)),
  text: (a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : byPosition(a, b)),
  recent: (a, b) => (b.at ?? 0) - (a.at ?? 0) || byPosition(a, b),
};
