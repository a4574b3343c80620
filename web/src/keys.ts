import type { Details } from "./details";
import type { Filters } from "./filters";
import { h } from "./dom";
import type { Sidebar } from "./sidebar";
import type { Stage } from "./stage";
import type { Store } from "./store";
import { toggleTheme } from "./topbar";

export const KEYS: [string, string][] = [
  ["J, ↓ / K, ↑", "next, previous detection of the list"],
  ["Enter", "go to the selected detection"],
  ["A", "accept"],
  ["R, Delete", "reject"],
  ["E / L", "edit text, edit label; Enter saves, Escape leaves"],
  ["M", "move and resize with the mouse"],
  ["Alt+arrows", "move the box by 1 px, with Ctrl by 10"],
  ["Alt+Shift+arrows", "resize the box by 1 px, with Ctrl by 10"],
  ["Y", "find others like the selected symbol in all documents; A accepts and R rejects each, Escape ends the search"],
  ["P", "name a profile for the symbol that was looked for; Enter saves"],
  ["D / N", "draw a box with the mouse, in the middle of the view"],
  ["Ctrl+A, Shift+click, Ctrl+click", "select all listed, a range, one more"],
  ["Ctrl+Z / Ctrl+Y", "undo, redo"],
  ["/ and F", "filter the list, search all documents"],
  ["[ and ]", "previous, next page"],
  ["+, −, 0", "zoom in, out, whole page"],
  ["W, S, arrows on the drawing", "move the view"],
  ["T / X / ?", "dark or light, export, this list"],
];

interface Parts {
  store: Store;
  stage: Stage;
  details: Details;
  filters: Filters;
  sidebar: Sidebar;
  help: HTMLDialogElement;
}

export function helpDialog(): HTMLDialogElement {
  const rows = KEYS.map(([keys, told]) => h("div", {}, h("kbd", {}, keys), h("span", {}, told)));
  const close = h("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const dialog = h("dialog", { className: "help" }, h("h2", {}, "Keys"), h("div", { className: "keys" }, ...rows), close);
  return dialog;
}

export function listen(parts: Parts): void {
  document.addEventListener("keydown", (event) => {
    if (isWriting(event)) return leaveField(event, parts);
    const action = actionOf(event, parts);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function isWriting(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return target instanceof HTMLInputElement && target.type !== "checkbox" || target instanceof HTMLSelectElement;
}

function leaveField(event: KeyboardEvent, parts: Parts): void {
  if (event.key !== "Escape") return;
  (event.target as HTMLElement).blur();
  parts.stage.element.focus();
}

function actionOf(event: KeyboardEvent, parts: Parts): (() => void) | undefined {
  const { store, stage, details, filters, sidebar, help } = parts;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (help.open) return undefined;
  if (event.altKey) return ARROWS[key] && (() => nudge(store, event, ARROWS[key]!));
  if (event.ctrlKey || event.metaKey) return withControl(key, event.shiftKey, store);
  const onDrawing = document.activeElement === stage.element || stage.element.contains(document.activeElement);
  if (onDrawing && ARROWS[key]) return () => stage.panBy(...ARROWS[key]!);
  const current = () => store.detections.get(store.current);
  const keys: Record<string, () => void> = {
    j: () => store.step(1),
    ArrowDown: () => store.step(1),
    k: () => store.step(-1),
    ArrowUp: () => store.step(-1),
    PageDown: () => store.step(10),
    PageUp: () => store.step(-10),
    Enter: () => { const each = current(); if (each) stage.jumpTo(each); },
    a: () => void store.edit({ verdict: "accepted" }),
    r: () => void store.edit({ verdict: "rejected" }),
    Delete: () => void store.edit({ verdict: "rejected" }),
    Backspace: () => void store.edit({ verdict: "rejected" }),
    e: () => { details.text.focus(); details.text.select(); },
    l: () => { details.label.focus(); details.label.select(); },
    m: () => stage.startEditing(),
    y: () => { if (store.backend.canEdit) void store.findSimilar(); },
    d: () => { if (store.backend.canEdit) store.setMode(store.mode === "draw" ? "select" : "draw"); },
    n: () => { const box = stage.middleBox(); if (box && store.backend.canEdit) stage.onDrawn(box); },
    "/": () => filters.search.focus(),
    f: () => sidebar.search.focus(),
    "[": () => store.setPage((store.page?.page ?? 1) - 1 || 1),
    "]": () => turnPage(store, 1),
    "+": () => stage.zoomBy(1.5),
    "=": () => stage.zoomBy(1.5),
    "-": () => stage.zoomBy(1 / 1.5),
    "0": () => stage.fit(),
    w: () => stage.panBy(0, -1),
    s: () => stage.panBy(0, 1),
    p: () => document.querySelector<HTMLInputElement>(".profile:not([hidden]) input")?.focus(),
    t: () => toggleTheme(),
    x: () => { const menu = document.querySelector<HTMLDetailsElement>(".exports"); if (menu) menu.open = !menu.open; },
    "?": () => help.showModal(),
    Escape: () => escape(store, stage),
  };
  const isButton = event.target instanceof HTMLButtonElement || (event.target as Element).closest?.("summary");
  if (isButton && (key === "Enter" || key === " ")) return undefined;
  return keys[key];
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function withControl(key: string, shift: boolean, store: Store): (() => void) | undefined {
  if (key === "z") return () => void (shift ? store.redo() : store.undo());
  if (key === "y") return () => void store.redo();
  if (key === "a") return () => store.selectAllShown();
  return undefined;
}

function nudge(store: Store, event: KeyboardEvent, [x, y]: [number, number]): void {
  const each = store.detections.get(store.current);
  if (!each || !store.backend.canEdit) return;
  const by = event.ctrlKey ? 10 : 1;
  const [left, top, right, bottom] = each.box;
  const moved = event.shiftKey ? [left, top, right + x * by, bottom + y * by] : [left + x * by, top + y * by, right + x * by, bottom + y * by];
  void store.edit({ box: moved as [number, number, number, number] }, [each]);
}

function turnPage(store: Store, by: number): void {
  const pages = store.opened?.pages ?? [];
  const at = pages.findIndex((each) => each.page === store.page?.page);
  const next = pages[at + by];
  if (next) store.setPage(next.page);
}

function escape(store: Store, stage: Stage): void {
  if (store.mode === "draw") store.setMode("select");
  else if (!stage.stopEditing() && !store.teaching.stop()) store.select("");
}
