import { debounced, h, printable, replace } from "./dom";
import { STATE_SIGNS } from "./list";
import { look } from "./palette";
import { STATES, type Sorting, type Store } from "./store";
import type { State } from "./types";

const ORDERS: [Sorting, string][] = [
  ["confidence", "Least sure first"],
  ["position", "By place"],
  ["label", "By label"],
  ["text", "By text"],
  ["recent", "Last reviewed first"],
];

const MEANINGS: Record<State, string> = {
  proposed: "Like the symbol that was looked for; kept once it is accepted",
  unreviewed: "Found, and nobody looked at it yet",
  accepted: "A person agreed",
  corrected: "A person changed it",
  added: "A person drew it",
  rejected: "A person took it out",
  withheld: "Looks like something and is no detection; click to see why, accept to make it one",
};

/** What narrows the list and the boxes down, with counts by label. */
export class Filters {
  readonly element = h("section", { className: "filters" });
  readonly search = h("input", { type: "search", placeholder: "Text or label (/)", className: "grow" });
  private readonly labels = h("div", { className: "chips" });
  private readonly states = h("div", { className: "chips" });
  private readonly count = h("output", { className: "count" });
  private readonly least = h("input", { type: "number", min: "0", max: "100", value: "0" });
  private readonly most = h("input", { type: "number", min: "0", max: "100", value: "100" });
  private readonly size = h("input", { type: "number", min: "0", value: "0" });
  private readonly thisPage = h("input", { type: "checkbox" });
  private readonly open = h("input", { type: "checkbox" });
  private readonly different = h("input", { type: "checkbox" });
  private readonly sorting = h("select", { "aria-label": "Order" });

  constructor(private readonly store: Store) {
    this.search.setAttribute("aria-label", "Filter by text or label");
    ORDERS.forEach(([value, title]) => this.sorting.append(h("option", { value }, title)));
    const reset = h("button", { type: "button", onclick: () => this.reset() }, "Reset");
    this.element.append(
      h("div", { className: "line" }, this.search, this.sorting),
      h("details", { className: "more" },
        h("summary", {}, "More filters"),
        h("div", { className: "line" },
          h("label", {}, "Confidence ", this.least, " to ", this.most, " %"),
          h("label", {}, "Long side at least ", this.size, " px")),
        h("div", { className: "line" },
          h("label", {}, this.open, " open sides"),
          h("label", {}, this.different, " changed by a new run"))),
      this.states,
      this.labels,
      h("div", { className: "line" }, h("label", {}, this.thisPage, " this page only"), this.count, reset),
    );
    this.listen();
    store.on(["shown", "document"], () => this.render());
  }

  private listen(): void {
    const store = this.store;
    const text = debounced(() => store.setFilter({ text: this.search.value }), 120);
    this.search.addEventListener("input", text);
    this.sorting.addEventListener("change", () => store.setSorting(this.sorting.value as Sorting));
    const numbers = debounced(
      () => store.setFilter({
        minConfidence: Number(this.least.value) || 0,
        maxConfidence: this.most.value === "" ? 100 : Number(this.most.value),
        minSize: Number(this.size.value) || 0,
      }),
      150,
    );
    [this.least, this.most, this.size].forEach((each) => each.addEventListener("input", numbers));
    const boxes = () => store.setFilter({
      thisPage: this.thisPage.checked, onlyOpen: this.open.checked, onlyDifferent: this.different.checked,
    });
    [this.thisPage, this.open, this.different].forEach((each) => each.addEventListener("change", boxes));
  }

  private reset(): void {
    this.search.value = "";
    [this.least.value, this.most.value, this.size.value] = ["0", "100", "0"];
    [this.thisPage, this.open, this.different].forEach((each) => (each.checked = false));
    this.store.clearFilter();
  }

  private render(): void {
    const counts = this.store.counts();
    const labels = [...counts.keys()].sort();
    replace(this.labels, ...labels.map((label) => this.labelChip(label, counts.get(label)!)));
    const every = [...this.store.detections.values()];
    const countOf = (state: State) => every.filter((each) => each.state === state).length;
    const states = STATES.filter((state) => !["proposed", "withheld"].includes(state) || countOf(state));
    replace(this.states, ...states.map((state) => this.stateChip(state, countOf(state))));
    const total = every.length - (this.store.filter.states.has("withheld") ? 0 : countOf("withheld"));
    this.count.textContent = `${this.store.shown.length.toLocaleString()} of ${total.toLocaleString()}`;
  }

  private labelChip(label: string, count: { shown: number; all: number }): HTMLElement {
    const { sign, colour } = look(label);
    const hidden = this.store.filter.hiddenLabels;
    const isOn = !hidden.has(label);
    const mark = h("span", { className: "sign" }, sign);
    mark.style.color = colour;
    const toggle = (event: MouseEvent) => {
      const next = new Set(hidden);
      if (event.altKey) this.store.labels().forEach((each) => (each === label ? next.delete(each) : next.add(each)));
      else if (isOn) next.add(label);
      else next.delete(label);
      this.store.setFilter({ hiddenLabels: next });
    };
    const number = count.shown === count.all ? `${count.all}` : `${count.shown} / ${count.all}`;
    return h("button", {
      type: "button", className: "chip", "aria-pressed": String(isOn), onclick: toggle,
      title: "Click to show or hide; Alt-click to show only this label",
    }, mark, ` ${printable(label).slice(0, 60)} `, h("b", {}, number));
  }

  private stateChip(state: State, count: number): HTMLElement {
    const isOn = this.store.filter.states.has(state);
    const toggle = () => {
      const next = new Set(this.store.filter.states);
      if (isOn) next.delete(state);
      else next.add(state);
      this.store.setFilter({ states: next });
    };
    return h("button", { type: "button", className: `chip ${state}`, "aria-pressed": String(isOn), onclick: toggle, title: MEANINGS[state] },
      `${STATE_SIGNS[state]} ${state} `, h("b", {}, `${count}`));
  }
}
