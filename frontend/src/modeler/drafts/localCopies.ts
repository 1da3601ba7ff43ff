/** Unsaved content that outlives the page: what is kept here was not yet taken by the server. */
export interface LocalCopy {
  content: string;
  /** The server's revision that the content builds on. */
  revision: number;
  /** The print of what was sent to the server and not yet answered: when the server has that, it is this browser that saved it. */
  sent?: string;
}

/** Tells two contents apart: their length, and 53 bits of their text. */
export function printOf(content: string): string {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < content.length; index += 1) {
    const code = content.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return `${content.length}-${4294967296 * (2097151 & low) + (high >>> 0)}`;
}

export interface LocalCopies {
  keep(draftKey: string, copy: LocalCopy): void;
  find(draftKey: string): LocalCopy | undefined;
  forget(draftKey: string): void;
}

const PREFIX = "stepwell.draft.";

/** In the browser's storage. A full or forbidden storage costs the copy, never the work at hand. */
export const browserCopies: LocalCopies = {
  keep(draftKey, copy) {
    try {
      localStorage.setItem(PREFIX + draftKey, JSON.stringify(copy));
    } catch {
      // The draft is still in the editor and is still sent to the server.
    }
  },
  find(draftKey) {
    try {
      const text = localStorage.getItem(PREFIX + draftKey);
      return text === null ? undefined : (JSON.parse(text) as LocalCopy);
    } catch {
      return undefined;
    }
  },
  forget(draftKey) {
    try {
      localStorage.removeItem(PREFIX + draftKey);
    } catch {
      // Nothing was kept where nothing can be removed.
    }
  },
};
