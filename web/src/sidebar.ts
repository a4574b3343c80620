import { debounced, h, printable, replace } from "./dom";
import { isKept, type Store } from "./store";

/** Documents, pages, layers, and the search over all documents. */
export class Sidebar {
  readonly element = h("nav", { className: "sidebar" });
  readonly search = h("input", { type: "search", placeholder: "Search all (F)" });
  private readonly hits = h("div", { className: "hits" });
  private readonly documents = h("div", { className: "documents" });
  private readonly pages = h("div", { className: "pages" });
  private readonly layers = h("div", { className: "layers" });
  private readonly warnings = h("details", { className: "warnings" });
  private asked = "";

  constructor(private readonly store: Store) {
    this.element.setAttribute("aria-label", "Documents and pages");
    this.search.setAttribute("aria-label", "Search all documents");
    this.element.append(this.search, this.hits, h("h2", {}, "Documents"), this.documents, this.warnings, this.layers, h("h2", {}, "Pages"), this.pages);
    this.search.addEventListener("input", debounced(() => void this.find(), 250));
    store.on(["documents"], () => this.renderDocuments());
    store.on(["document", "page"], () => this.renderPages());
    store.on(["layers", "document"], () => this.renderLayers());
    store.on(["document"], () => this.renderWarnings());
  }

  private async find(): Promise<void> {
    const text = this.search.value.trim();
    this.asked = text;
    if (!text) return replace(this.hits);
    try {
      const { hits, total } = await this.store.backend.search(text);
      if (text !== this.asked) return;
      const rows = hits.map((hit) =>
        h("button", { type: "button", className: "hit", onclick: () => void this.store.openDocument(hit.document, hit.page, hit.id) },
          printable(hit.text || hit.label).slice(0, 80),
          h("small", {}, `${printable(this.name(hit.document))}, page ${hit.page}`)));
      const more = total > hits.length ? `${hits.length} of ${total.toLocaleString()} hits; write more of it` : `${total.toLocaleString()} hits`;
      replace(this.hits, h("div", { className: "note" }, more), ...rows);
    } catch (error) {
      this.store.fail(error);
    }
  }

  private name(document: string): string {
    const found = this.store.listing.documents.find((each) => each.id === document);
    return found ? `${found.name}${found.profile ? ` (${found.profile})` : ""}` : document;
  }

  private renderDocuments(): void {
    replace(this.documents, ...this.store.listing.documents.map((each) => {
      const count = each.detections === null ? "not detected" : `${each.detections.toLocaleString()} found`;
      const proposed = this.store.teaching.count(each.id);
      const judge = proposed ? ` · ${proposed.toLocaleString()} to judge` : "";
      const status = ["DONE", "NOT DETECTED"].includes(each.status) ? "" : ` · ${printable(each.status).slice(0, 200)}`;
      const button = h("button", {
        type: "button", className: "document", disabled: each.pages === 0,
        onclick: () => void this.store.openDocument(each.id).catch((error) => this.store.fail(error)),
      }, h("span", { dir: "auto" }, printable(each.name)), h("small", {}, `${each.profile ? `${each.profile} · ` : ""}${count}${judge}${status}`));
      if (each.id === this.store.documentId) button.setAttribute("aria-current", "true");
      return button;
    }));
  }

  private renderPages(): void {
    const counts = new Map<number, number>();
    for (const each of this.store.detections.values()) {
      if (isKept(each)) counts.set(each.page, (counts.get(each.page) ?? 0) + 1);
    }
    const known = new Map([...this.pages.children].map((each) => [(each as HTMLElement).dataset.key, each as HTMLElement]));
    replace(this.pages, ...(this.store.opened?.pages ?? []).map((page) => {
      const key = `${this.store.documentId}/${page.page}`;
      const button = known.get(key) ?? this.pageButton(key, page.page);
      const parts = [page.page, page.sheet && printable(page.sheet), (counts.get(page.page) ?? 0).toLocaleString()];
      button.querySelector("small")!.textContent = parts.filter((each) => each !== undefined && each !== "").join(" · ");
      if (page.page === this.store.page?.page) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      return button;
    }));
  }

  private pageButton(key: string, number: number): HTMLElement {
    const page = this.store.opened!.pages.find((each) => each.page === number)!;
    const src = this.store.backend.thumbnailUrl(this.store.documentId, page);
    const image = src ? h("img", { loading: "lazy", alt: `Page ${number}`, src }) : null;
    const button = h("button", { type: "button", className: "page", onclick: () => this.store.setPage(number) }, image, h("small"));
    button.dataset.key = key;
    return button;
  }

  /** What the run left out or could not read. */
  private renderWarnings(): void {
    const told = [this.store.opened?.reason ?? "", ...(this.store.opened?.warnings ?? [])].filter(Boolean);
    this.warnings.hidden = !told.length;
    const title = h("summary", { className: "warn" }, told.length === 1 ? "1 warning" : `${told.length} warnings`);
    replace(this.warnings, title, ...told.map((each) => h("p", { className: "note" }, printable(each))));
  }

  private renderLayers(): void {
    const { layers, shownLayers } = this.store;
    if (!layers.length) return replace(this.layers);
    const boxes = layers.map((layer) => {
      const isShown = shownLayers ? shownLayers.has(layer.number) : layer.isShown;
      const toggle = () => {
        const next = new Set(shownLayers ?? layers.filter((each) => each.isShown).map((each) => each.number));
        if (isShown) next.delete(layer.number);
        else next.add(layer.number);
        this.store.setShownLayers(next);
      };
      const note = layer.isShown ? "" : " — hidden in the file, so nothing was detected on it";
      return h("label", { className: "layer" }, h("input", { type: "checkbox", checked: isShown, onchange: toggle }),
        h("span", { dir: "auto" }, printable(layer.name).slice(0, 120)), note && h("small", {}, note));
    });
    const own = h("button", { type: "button", disabled: !shownLayers, onclick: () => this.store.setShownLayers(null) }, "As detected");
    const warning = shownLayers ? h("p", { className: "note warn" }, "The layers differ from those that were detected.") : null;
    replace(this.layers, h("h2", {}, "Layers"), ...boxes, warning, own);
  }
}
