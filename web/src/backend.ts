import type { Changes, Edit, Hit, Layer, Listing, Opened, Page, SimilarPage, Summary, Taught } from "./types";

/** What the viewer asks: a server on this machine, or the data of an exported folder. */
export interface Backend {
  readonly canEdit: boolean;
  listing(): Promise<Listing>;
  open(document: string): Promise<Opened>;
  layers(document: string): Promise<Layer[]>;
  changes(document: string, after: number): Promise<Changes>;
  edit(document: string, after: number, group: string, edits: Edit[]): Promise<Changes>;
  undo(document: string, after: number, group: string): Promise<Changes>;
  redo(document: string, after: number, group: string): Promise<Changes>;
  search(text: string): Promise<{ hits: Hit[]; total: number }>;
  similar(document: string, taught: Taught): Promise<SimilarPage>;
  saveProfile(name: string, taught: Taught): Promise<{ told: string }>;
  tileUrl(document: string, page: Page, layers: string, level: number, x: number, y: number): string;
  thumbnailUrl(document: string, page: Page): string;
  exportUrl(format: string, documents: string[], images: boolean): string;
}

/** A request that the server refused; the message is for the person. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function answer<T>(url: string, body?: unknown): Promise<T> {
  const options: RequestInit =
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        };
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Refused("The viewer's server does not answer; is `tilescout view` still running?", 0);
  }
  if (response.ok) return (await response.json()) as T;
  throw new Refused(await reason(response), response.status);
}

async function reason(response: Response): Promise<string> {
  if (response.status === 403) return "Open the viewer again with the address that `tilescout view` printed.";
  try {
    return ((await response.json()) as { error: string }).error;
  } catch {
    return `The server answered ${response.status}.`;
  }
}

const at = (document: string) => `/api/documents/${encodeURIComponent(document)}`;

export class ServerBackend implements Backend {
  readonly canEdit = true;

  listing(): Promise<Listing> {
    return answer("/api/documents");
  }
  open(document: string): Promise<Opened> {
    return answer(at(document));
  }
  async layers(document: string): Promise<Layer[]> {
    return (await answer<{ layers: Layer[] }>(`${at(document)}/layers`)).layers;
  }
  changes(document: string, after: number): Promise<Changes> {
    return answer(`${at(document)}/changes?after=${after}`);
  }
  edit(document: string, after: number, group: string, edits: Edit[]): Promise<Changes> {
    return answer(`${at(document)}/edits?after=${after}`, { group, edits });
  }
  undo(document: string, after: number, group: string): Promise<Changes> {
    return answer(`${at(document)}/undo?after=${after}`, { group });
  }
  redo(document: string, after: number, group: string): Promise<Changes> {
    return answer(`${at(document)}/redo?after=${after}`, { group });
  }
  search(text: string): Promise<{ hits: Hit[]; total: number }> {
    return answer(`/api/search?text=${encodeURIComponent(text)}`);
  }
  similar(document: string, taught: Taught): Promise<SimilarPage> {
    return answer(`${at(document)}/similar`, taught);
  }
  saveProfile(name: string, taught: Taught): Promise<{ told: string }> {
    return answer("/api/profiles", { name, ...taught });
  }
  tileUrl(document: string, page: Page, layers: string, level: number, x: number, y: number): string {
    return `${at(document)}/pages/${page.page}/tiles/${level}/${x}/${y}?layers=${layers}`;
  }
  thumbnailUrl(document: string, page: Page): string {
    return `${at(document)}/pages/${page.page}/thumbnail`;
  }
  exportUrl(format: string, documents: string[], images: boolean): string {
    const chosen = documents.map(encodeURIComponent).join(",");
    return `/api/exports/${format}?documents=${chosen}&images=${images ? 1 : 0}`;
  }
}

interface ExportedDocument extends Omit<Opened, "resultId" | "number" | "reason"> {
  id: string;
  name: string;
  profile: string;
  status: string;
}

declare global {
  interface Window {
    TILESCOUT_EXPORT?: { documents: ExportedDocument[] };
  }
}

const readOnly = () => Promise.reject(new Refused("An exported folder cannot be corrected.", 0));

/** An exported folder: nothing is asked of any server, and nothing can be changed. */
export class FolderBackend implements Backend {
  readonly canEdit = false;

  constructor(private readonly documents: ExportedDocument[]) {}

  async listing(): Promise<Listing> {
    const documents: Summary[] = this.documents.map((each) => ({
      id: each.id,
      name: each.name,
      profile: each.profile,
      status: each.status,
      pages: each.pages.length,
      detections: each.detections.length,
    }));
    return { documents, reviewer: "", formats: [] };
  }
  async open(document: string): Promise<Opened> {
    const found = this.documents.find((each) => each.id === document);
    if (!found) throw new Refused("There is no such document in this folder.", 404);
    const detections = found.detections.map((each) => ({ ...each, version: 0 }));
    return { resultId: found.id, number: 0, reason: "", warnings: found.warnings, pages: found.pages, detections };
  }
  async layers(): Promise<Layer[]> {
    return [];
  }
  changes = readOnly;
  edit = readOnly;
  undo = readOnly;
  redo = readOnly;
  similar = readOnly;
  saveProfile = readOnly;
  async search(text: string): Promise<{ hits: Hit[]; total: number }> {
    const wanted = text.toUpperCase();
    const hits = this.documents.flatMap((document) =>
      document.detections
        .filter((each) => `${each.text}\n${each.label}`.toUpperCase().includes(wanted))
        .map((each) => ({ document: document.id, id: each.id, page: each.page, label: each.label, text: each.text })),
    );
    return { hits: hits.slice(0, 500), total: hits.length };
  }
  tileUrl(_document: string, page: Page, _layers: string, level: number, x: number, y: number): string {
    return `${page.tiles}/${level}/${x}_${y}.png`;
  }
  thumbnailUrl(_document: string, page: Page): string {
    const level = Math.min(page.levels - 1, 8);
    return page.tiles ? `${page.tiles}/${level}/0_0.png` : "";
  }
  exportUrl(): string {
    return "";
  }
}
