import { h, printable, replace } from "./dom";
import type { Store } from "./store";
import type { Box } from "./types";

/** The selected detections, and what can be done to them. */
export class Details {
  readonly element = h("section", { className: "details" });
  readonly label = h("input", { name: "label", list: "labels", autocomplete: "off", maxLength: 2000 });
  readonly text = h("input", { name: "text", autocomplete: "off", maxLength: 2000 });
  onEditBox: () => void = () => {};
  onJump: () => void = () => {};
  private readonly known = h("datalist", { id: "labels" });
  private readonly head = h("div", { className: "head" });
  private readonly facts = h("div", { className: "facts" });
  private readonly sides = ["left", "top", "right", "bottom"].map((name) =>
    h("input", { type: "number", step: "any", name, title: `${name}, px` }),
  );
  private readonly form: HTMLFormElement;
  private readonly profile: HTMLFormElement;

  constructor(private readonly store: Store) {
    const canEdit = store.backend.canEdit;
    const button = (title: string, key: string, action: () => void, className = "") =>
      h("button", { type: "button", className, onclick: action, title: `${title} (${key})` }, title);
    const apply = h("button", { type: "submit", className: "primary" }, "Save");
    const fields = [this.label, this.text, ...this.sides];
    fields.forEach((each) => (each.disabled = !canEdit));
    this.form = h("form", {},
      h("label", {}, h("span", {}, "Label"), this.label),
      h("label", {}, h("span", {}, "Text"), this.text),
      h("div", { className: "sides" }, h("span", {}, "Box, px"), ...this.sides),
      canEdit && h("div", { className: "line buttons" },
        button("Accept", "A", () => void store.edit({ verdict: "accepted" }), "accept"),
        button("Reject", "R", () => void store.edit({ verdict: "rejected" }), "reject"),
        button("Move", "M", () => this.onEditBox()),
        button("Go to", "Enter", () => this.onJump()),
        apply),
      canEdit && h("div", { className: "line buttons" },
        button("Find others like this", "Y", () => void store.findSimilar())),
      !canEdit && h("div", { className: "line buttons" }, button("Go to", "Enter", () => this.onJump())),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
    this.profile = this.saveAsProfile();
    this.element.append(this.known, this.head, this.form, this.profile, this.facts);
    store.on(["selection", "detections", "document"], () => this.render());
    this.render();
  }

  /** Names a profile for the symbol that was looked for last; shown once one was. */
  private saveAsProfile(): HTMLFormElement {
    const name = h("input", { name: "profile", autocomplete: "off", maxLength: 100, placeholder: "name of a profile" });
    const form = h("form", { className: "line profile" }, name,
      h("button", { type: "submit", title: "Write a profile of the stack that finds this symbol (P)" }, "Save as profile"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (name.value.trim()) void this.store.saveProfile(name.value.trim());
    });
    return form;
  }

  private async save(): Promise<void> {
    const many = this.store.selection();
    if (!many.length) return;
    if (many.length > 1) {
      if (this.label.value.trim()) await this.store.edit({ label: this.label.value.trim() });
      return;
    }
    const [each] = many;
    const box = this.sides.map((side) => Number(side.value)) as Box;
    const moved = box.some((side, at) => Math.abs(side - each!.box[at]!) > 0.005);
    const saved = await this.store.edit({
      label: this.label.value.trim(),
      text: this.text.value,
      ...(moved ? { box } : {}),
    });
    if (saved) this.text.blur();
  }

  private render(): void {
    const many = this.store.selection();
    this.element.classList.toggle("empty", many.length === 0);
    this.profile.hidden = !this.store.teaching.label;
    replace(this.known, ...this.store.labels().map((label) => h("option", { value: label })));
    if (!many.length) {
      replace(this.head, h("span", {}, "Nothing selected. Click a box, or press J."));
      replace(this.facts);
      return;
    }
    const one = many.length === 1 ? many[0]! : null;
    this.text.disabled = !one || !this.store.backend.canEdit;
    this.sides.forEach((side) => (side.disabled = !one || !this.store.backend.canEdit));
    const title = one ? `${one.state}, ${one.state === "added" ? "drawn" : `${one.confidence} % sure`}` : `${many.length} selected`;
    replace(this.head, h("strong", {}, title));
    const labels = new Set(many.map((each) => each.label));
    this.label.value = labels.size === 1 ? [...labels][0]! : "";
    this.label.placeholder = one ? "" : `one label for all ${many.length}`;
    this.text.value = one?.text ?? "";
    this.sides.forEach((side, at) => (side.value = one ? String(one.box[at]) : ""));
    replace(this.facts, ...(one ? facts(one) : []));
  }
}

function facts(one: import("./types").Detection): HTMLElement[] {
  const told: string[] = [];
  if (one.reason) told.push(`withheld: ${one.reason}`);
  if (one.sizeMm) told.push(`${one.sizeMm.map((side) => side.toLocaleString()).join(" × ")} mm by the scale of the sheet`);
  if (one.by) told.push(`${one.by}, ${new Date((one.at ?? 0) * 1000).toLocaleString()}`);
  const place = [one.zone && `zone ${one.zone}`, one.region && one.region !== "drawing" && one.region].filter(Boolean);
  if (place.length) told.push(place.join(", "));
  if (one.openSides.length) told.push(`may go on at: ${one.openSides.join(", ")}`);
  if (one.difference === "gone") told.push("the newest run does not find it");
  if (one.difference === "different" && one.found) told.push(`the newest run reads ${one.found.label} “${one.found.text}”`);
  return told.map((line) => h("div", {}, printable(line)));
}
