import { h, printable, replace } from "./dom";
import type { Store } from "./store";

/** Name of the document, tools, undo and redo, exports, theme. */
export class Topbar {
  readonly element = h("header", { className: "topbar" });
  onHelp: () => void = () => {};
  onPanel: (side: "left" | "right") => void = () => {};
  private readonly name = h("h1", {});
  private readonly saving = h("output", { className: "saving" });
  private readonly draw: HTMLButtonElement;

  constructor(private readonly store: Store) {
    const button = (title: string, hint: string, action: () => void) =>
      h("button", { type: "button", title: hint, "aria-label": hint, onclick: action }, title);
    this.draw = button("▭ Draw", "Draw a box (D)", () => store.setMode(store.mode === "draw" ? "select" : "draw"));
    const canEdit = store.backend.canEdit;
    this.element.append(
      button("☰", "Documents and pages", () => this.onPanel("left")),
      this.name,
      this.saving,
      h("span", { className: "grow" }),
    );
    if (canEdit) {
      this.element.append(
        this.draw,
        button("↶ Undo", "Undo (Ctrl+Z)", () => void store.undo()),
        button("↷ Redo", "Redo (Ctrl+Y)", () => void store.redo()),
        this.exports(),
      );
    }
    this.element.append(
      button("◐", "Dark or light (T)", () => toggleTheme()),
      button("?", "Keys (?)", () => this.onHelp()),
      button("☷", "Detections", () => this.onPanel("right")),
    );
    store.on(["document", "page"], () => this.renderName());
    store.on(["saving"], () => this.renderSaving());
    store.on(["mode"], () => this.draw.setAttribute("aria-pressed", String(store.mode === "draw")));
  }

  private renderName(): void {
    const document = this.store.listing.documents.find((each) => each.id === this.store.documentId);
    const page = this.store.page;
    const name = printable(document?.name ?? "");
    window.document.title = name ? `${name} - Tilescout` : "Tilescout";
    replace(this.name, h("bdi", {}, name), h("small", {}, page ? ` page ${page.page}, ${page.width.toLocaleString()} × ${page.height.toLocaleString()} px` : ""));
  }

  private renderSaving(): void {
    const texts = { "": "", saving: "saving…", saved: "saved ✓", refused: "not saved", failed: "not saved, no answer" };
    this.saving.textContent = texts[this.store.saving];
    this.saving.className = `saving ${this.store.saving}`;
  }

  private exports(): HTMLElement {
    const all = h("input", { type: "checkbox" });
    const images = h("input", { type: "checkbox", checked: true });
    const menu = h("div", { className: "menu" });
    const details = h("details", { className: "exports" }, h("summary", { title: "Export (X)" }, "Export"), menu);
    this.store.on(["documents"], () => {
      const links = this.store.listing.formats.map(({ name, title }) =>
        h("button", { type: "button", onclick: () => {
          details.open = false;
          void this.download(name, all.checked, images.checked);
        } }, title));
      replace(menu, h("label", {}, all, " all documents"), h("label", {}, images, " with pictures of the pages"), ...links);
    });
    return details;
  }

  private async download(format: string, all: boolean, images: boolean): Promise<void> {
    const documents = all ? [] : [this.store.documentId];
    this.store.onMessage("The export is being written…", false);
    const response = await fetch(this.store.backend.exportUrl(format, documents, images));
    if (!response.ok) {
      const told = response.status === 422 ? ((await response.json()) as { error: string }).error : `The server answered ${response.status}.`;
      return this.store.onMessage(told, true);
    }
    const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? `export.${format}`;
    const url = URL.createObjectURL(await response.blob());
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    this.store.onMessage(`${name} is written.`, false);
  }
}

export function toggleTheme(): void {
  const root = document.documentElement;
  const isDark = getComputedStyle(root).colorScheme.includes("dark") && !root.dataset.theme
    ? matchMedia("(prefers-color-scheme: dark)").matches
    : root.dataset.theme === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  try {
    localStorage.setItem("tilescout-theme", root.dataset.theme);
  } catch {
    // A page opened from a file may have no storage; the theme lasts until it is closed.
  }
}
