import { FolderBackend, ServerBackend } from "./backend";
import { Details } from "./details";
import { h } from "./dom";
import { Filters } from "./filters";
import { helpDialog, listen } from "./keys";
import { List } from "./list";
import { Sidebar } from "./sidebar";
import { Stage } from "./stage";
import { Store } from "./store";
import "./style.css";
import { Topbar } from "./topbar";
import type { Box } from "./types";

const LOOK_FOR_CHANGES_MS = 2_000;

function start(): void {
  restoreTheme();
  const exported = window.TILESCOUT_EXPORT;
  const store = new Store(exported ? new FolderBackend(exported.documents) : new ServerBackend());
  const stage = new Stage(store);
  const list = new List(store);
  const filters = new Filters(store);
  const details = new Details(store);
  const sidebar = new Sidebar(store);
  const topbar = new Topbar(store);
  const help = helpDialog();
  const messages = h("div", { className: "messages", role: "status" });
  const right = h("aside", { className: "right" }, filters.element, list.element, details.element);
  right.setAttribute("aria-label", "Detections");
  const app = document.getElementById("app")!;
  app.append(topbar.element, sidebar.element, h("main", {}, stage.element), right, messages, help);

  store.onMessage = (text, isError) => message(messages, text, isError);
  list.onJump = (each) => stage.jumpTo(each);
  details.onEditBox = () => stage.startEditing();
  details.onJump = () => list.onJump(store.detections.get(store.current)!);
  topbar.onHelp = () => help.showModal();
  topbar.onPanel = (side) => app.classList.toggle(`toggled-${side}`);
  stage.onDrawn = (box) => void drawn(store, details, box);
  store.on(["selection"], () => {
    const each = store.detections.get(store.current);
    if (each) stage.reveal(each);
  });
  listen({ store, stage, details, filters, sidebar, help });
  followAddress(store);
  if (store.backend.canEdit) {
    window.setInterval(() => { if (!document.hidden) void store.refresh(); }, LOOK_FOR_CHANGES_MS);
  }
  // Tests and measurements wait for these.
  (window as unknown as { tilescout: unknown }).tilescout = { store, stage };
  void open(store).catch((error) => store.fail(error));
}

async function open(store: Store): Promise<void> {
  await store.start();
  const wanted = address();
  const first = store.listing.documents.find((each) => each.pages > 0);
  const id = wanted.document || first?.id;
  if (id) await store.openDocument(id, wanted.page, wanted.detection);
  else store.onMessage("There is no document to show.", true);
}

/** A box that was drawn gets the label of the last one until the person names it. */
let lastLabel = "";
async function drawn(store: Store, details: Details, box: Box): Promise<void> {
  const label = lastLabel || store.detections.get(store.current)?.label || store.labels()[0] || "object";
  store.setMode("select");
  const id = await store.draw(box, label);
  if (!id) return;
  details.label.focus();
  details.label.select();
  details.label.addEventListener("change", () => (lastLabel = details.label.value.trim()), { once: true });
}

function address(): { document: string; page: number; detection: string } {
  const told = new URLSearchParams(location.hash.slice(1));
  return { document: told.get("d") ?? "", page: Number(told.get("p") ?? 0), detection: told.get("s") ?? "" };
}

/** The address always leads back to what is shown. */
function followAddress(store: Store): void {
  store.on(["page", "selection", "document"], () => {
    if (!store.documentId) return;
    const told = new URLSearchParams({ d: store.documentId, p: String(store.page?.page ?? 1) });
    if (store.current) told.set("s", store.current);
    history.replaceState(null, "", `#${told}`);
  });
  window.addEventListener("hashchange", () => {
    const wanted = address();
    if (wanted.document) void store.openDocument(wanted.document, wanted.page, wanted.detection).catch((error) => store.fail(error));
  });
}

function message(parent: HTMLElement, text: string, isError: boolean): void {
  const shown = h("div", { className: isError ? "message error" : "message" }, text, h("button", { type: "button", "aria-label": "Close", onclick: () => shown.remove() }, "×"));
  parent.append(shown);
  while (parent.childElementCount > 4) parent.firstElementChild!.remove();
  setTimeout(() => shown.remove(), isError ? 12_000 : 5_000);
}

function restoreTheme(): void {
  try {
    const theme = localStorage.getItem("tilescout-theme");
    if (theme) document.documentElement.dataset.theme = theme;
  } catch {
    // A page opened from a file may have no storage; it starts in the system's theme.
  }
}

try {
  start();
} catch (error) {
  document.getElementById("app")!.textContent = error instanceof Error ? error.message : String(error);
  throw error;
}
