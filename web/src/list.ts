import { h, printable } from "./dom";
import { look } from "./palette";
import type { Store } from "./store";
import type { Detection } from "./types";

const ROW = 40;
export const STATE_SIGNS = { proposed: "?", unreviewed: "·", accepted: "✓", corrected: "✎", added: "+", rejected: "✗", withheld: "◌" };

/** The list of detections; only the rows in view are elements, so 20,000 cost nothing. */
export class List {
  readonly element = h("div", { className: "list", tabIndex: 0, role: "listbox" });
  onJump: (each: Detection) => void = () => {};
  private readonly space = h("div", { className: "space" });

  constructor(private readonly store: Store) {
    this.element.setAttribute("aria-label", "Detections");
    this.element.setAttribute("aria-multiselectable", "true");
    this.element.append(this.space);
    this.element.addEventListener("scroll", () => this.render());
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.element.addEventListener("dblclick", () => this.jump());
    new ResizeObserver(() => this.render()).observe(this.element);
    store.on(["shown", "detections"], () => this.render());
    store.on(["selection"], () => this.reveal());
  }

  private clicked(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>("[data-id]");
    if (!row) return;
    const how = event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "only";
    this.store.select(row.dataset.id!, how);
    if (how === "only") this.jump();
  }

  private jump(): void {
    const each = this.store.detections.get(this.store.current);
    if (each) this.onJump(each);
  }

  private reveal(): void {
    const at = this.store.shown.findIndex((each) => each.id === this.store.current);
    const { scrollTop, clientHeight } = this.element;
    if (at >= 0 && (at * ROW < scrollTop || (at + 1) * ROW > scrollTop + clientHeight)) {
      this.element.scrollTop = at * ROW - clientHeight / 2;
    }
    this.render();
  }

  private render(): void {
    const { scrollTop, clientHeight } = this.element;
    const shown = this.store.shown;
    this.space.style.height = `${shown.length * ROW}px`;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - 4);
    const last = Math.min(shown.length, Math.ceil((scrollTop + clientHeight) / ROW) + 4);
    const rows = shown.slice(first, last).map((each, index) => this.row(each, first + index));
    if (!shown.length) rows.push(h("p", { className: "none" }, this.emptyText()));
    this.space.replaceChildren(...rows);
    const active = shown.findIndex((each) => each.id === this.store.current);
    if (active >= first && active < last) this.element.setAttribute("aria-activedescendant", `row-${active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private emptyText(): string {
    return this.store.detections.size ? "No detection passes the filter." : "This document has no detections.";
  }

  private row(each: Detection, at: number): HTMLElement {
    const { colour, sign } = look(each.label);
    const mark = h("span", { className: "sign" }, sign);
    mark.style.color = colour;
    const text = h("span", { className: "text", dir: "auto" }, printable(each.text || each.label).slice(0, 200));
    const open = each.openSides.length ? h("span", { className: "badge", title: `open: ${each.openSides.join(", ")}` }, "open") : null;
    const different = each.difference
      ? h("span", { className: "badge warn" }, each.difference === "gone" ? "not found now" : "found otherwise")
      : null;
    const sure = h("span", { className: "sure" }, each.state === "added" ? "drawn" : `${Math.round(each.confidence)} %`);
    const row = h(
      "div",
      { className: `row ${each.state}`, role: "option", id: `row-${at}` },
      mark,
      h("span", { className: "what" }, text, h("span", { className: "label" }, `${printable(each.label).slice(0, 80)} · page ${each.page}${why(each)}`)),
      open,
      different,
      sure,
      h("span", { className: "state", title: each.state }, STATE_SIGNS[each.state]),
    );
    row.dataset.id = each.id;
    row.style.top = `${at * ROW}px`;
    row.setAttribute("aria-selected", String(this.store.selected.has(each.id)));
    row.classList.toggle("selected", this.store.selected.has(each.id));
    row.classList.toggle("current", each.id === this.store.current);
    row.classList.toggle("low", each.state === "unreviewed" && each.confidence < this.store.lowConfidence);
    return row;
  }
}

function why(each: Detection): string {
  return each.reason ? ` · ${printable(each.reason).slice(0, 120)}` : "";
}
