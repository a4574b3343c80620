export type State = "unreviewed" | "accepted" | "corrected" | "rejected" | "added" | "proposed" | "withheld";
export type Box = [number, number, number, number];

export interface Detection {
  id: string;
  page: number;
  label: string;
  text: string;
  /** Left, top, right, bottom in pixels of the page. */
  box: Box;
  confidence: number;
  state: State;
  openSides: string[];
  version: number;
  difference?: "" | "different" | "gone";
  found?: { label: string; text: string } | null;
  by?: string;
  at?: number;
  /** Why a place was withheld. */
  reason?: string;
  /** Width and height of the drawn thing, where the sheet tells its scale. */
  sizeMm?: [number, number];
  zone?: string;
  region?: string;
}

export interface Page {
  page: number;
  width: number;
  height: number;
  dpi: number;
  magnification: number;
  levels: number;
  tilePx: number;
  /** Drawing number and revision, empty or absent where the sheet tells none. */
  sheet?: string;
  /** Folder of the tiles of an exported page; empty where it has none. */
  tiles?: string;
}

export interface Summary {
  id: string;
  name: string;
  profile: string;
  status: string;
  pages: number;
  detections: number | null;
}

export interface Opened {
  resultId: string;
  number: number;
  reason: string;
  warnings: string[];
  pages: Page[];
  detections: Detection[];
}

export interface Changes {
  resultId: string;
  number: number;
  detections: Detection[];
  removed: string[];
}

export interface Edit {
  id: string;
  version: number;
  page?: number;
  verdict?: "open" | "accepted" | "rejected";
  label?: string;
  text?: string;
  box?: Box;
}

export interface Layer {
  number: number;
  name: string;
  isShown: boolean;
}

export interface Hit {
  document: string;
  id: string;
  page: number;
  label: string;
  text: string;
}

export interface Listing {
  documents: Summary[];
  reviewer: string;
  formats: { name: string; title: string }[];
}

export interface Similar {
  box: Box;
  score: number;
  doubt: string;
}

export interface SimilarPage {
  finds: Similar[];
  notes: string[];
}

/** What a search is about: its label, places that show the symbol, and places that do not. */
export interface Taught {
  label: string;
  page: number;
  examples: Place[];
  rejects: Place[];
}

export interface Place {
  document: string;
  page: number;
  box: Box;
}
