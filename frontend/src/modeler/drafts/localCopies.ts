/** Unsaved content that outlives the page: what is kept here was not yet taken by the server. */
export interface LocalCopy {
  content: string;
  /** The server's revision that the content builds on. */
  revision: number;
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
