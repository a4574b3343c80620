import { Refused, type Backend } from "./backend";
import type { Detection, Place, Similar, Taught } from "./types";

interface PageToSearch {
  document: string;
  page: number;
}

/** What a search is about: places that show the symbol, and the page and document to begin with. */
export interface Search {
  label: string;
  examples: Place[];
  first: PageToSearch;
}

/** Symbols like one that a person boxed, on every page of every document, until the person judges them. */
export class Teaching {
  onProposals: (document: string) => void = () => {};
  onMessage: (text: string, isError: boolean) => void = () => {};
  /** Places that are not what was looked for; kept until another symbol is looked for. */
  private rejects: Place[] = [];
  private last: Search | undefined;
  private readonly proposals = new Map<string, Map<string, Detection>>();
  private number = 0;
  private isSearching = false;

  constructor(private readonly backend: Backend) {}

  /** The label of the symbol that was looked for last, which can be saved as a profile. */
  get label(): string {
    return this.last?.label ?? "";
  }

  of(document: string): Detection[] {
    return [...(this.proposals.get(document)?.values() ?? [])];
  }

  count(document: string): number {
    return this.proposals.get(document)?.size ?? 0;
  }

  /** Takes proposals off the list; rejected ones teach what is not meant. */
  judged(document: string, proposals: Detection[], isRejected: boolean): void {
    if (isRejected) this.rejects.push(...proposals.map(({ page, box }) => ({ document, page, box })));
    for (const each of proposals) this.proposals.get(document)?.delete(each.id);
    this.onProposals(document);
  }

  /** Ends the search, if one runs; what it found stays. */
  stop(): boolean {
    const wasSearching = this.isSearching;
    this.number += 1;
    this.isSearching = false;
    if (wasSearching) this.onMessage("The search was ended; what it found can be judged.", false);
    return wasSearching;
  }

  /** Searches the first page, then the rest of its document, then the other documents. */
  async find(search: Search): Promise<void> {
    if (this.label !== search.label) this.rejects = [];
    this.last = search;
    this.forgetProposals();
    const number = ++this.number;
    this.isSearching = true;
    try {
      await this.searchAll(search, number);
    } finally {
      if (number === this.number) this.isSearching = false;
    }
  }

  /** Writes the symbol that was looked for last, and what is not meant, as a profile of the stack. */
  async saveProfile(name: string): Promise<void> {
    if (!this.last) return;
    this.onMessage("The profile is being written…", false);
    const { told } = await this.backend.saveProfile(name, this.taught(this.last, this.last.first.page));
    this.onMessage(told[0]!.toUpperCase() + told.slice(1), false);
  }

  private taught({ label, examples }: Search, page: number): Taught {
    return { label, page, examples, rejects: this.rejects };
  }

  private async searchAll(search: Search, number: number): Promise<void> {
    const pages = await this.pages(search.first);
    const told = new Set<string>();
    let found = 0, failed = 0;
    for (const [at, place] of pages.entries()) {
      if (number !== this.number) return;
      try {
        const { finds, notes } = await this.backend.similar(place.document, this.taught(search, place.page));
        if (number !== this.number) return;
        found += finds.length;
        this.propose(place, search.label, finds);
        notes.filter((note) => !told.has(note)).forEach((note) => this.onMessage(note, false));
        notes.forEach((note) => told.add(note));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.onMessage(error.message, true);
        if (at === 0) return;
        failed += 1;
      }
      this.onMessage(progress(at + 1, pages.length, found, failed, search.label), false);
    }
  }

  private async pages(first: PageToSearch): Promise<PageToSearch[]> {
    const { documents } = await this.backend.listing();
    const searched = documents.map(({ id, pages }) => Array.from({ length: pages }, (_, at) => ({ document: id, page: at + 1 })));
    const rank = (each: PageToSearch) => (each.document !== first.document ? 2 : each.page !== first.page ? 1 : 0);
    return searched.flat().sort((a, b) => rank(a) - rank(b));
  }

  private propose({ document, page }: PageToSearch, label: string, finds: Similar[]): void {
    const known = this.proposals.get(document) ?? new Map<string, Detection>();
    for (const [at, each] of finds.entries()) {
      const id = `proposal-${page}-${at}`;
      known.set(id, {
        id, page, label, text: "", box: each.box, confidence: Math.round(each.score * 1000) / 10,
        state: "proposed", openSides: [], version: 0,
      });
    }
    this.proposals.set(document, known);
    this.onProposals(document);
  }

  private forgetProposals(): void {
    const documents = [...this.proposals.keys()];
    this.proposals.clear();
    documents.forEach((each) => this.onProposals(each));
  }
}

function progress(done: number, all: number, found: number, failed: number, label: string): string {
  const unread = failed ? `, ${failed} could not be searched` : "";
  return `Page ${done} of ${all} searched${unread}, ${found} more like “${label}”. A accepts, R rejects; the least sure come first.`;
}
