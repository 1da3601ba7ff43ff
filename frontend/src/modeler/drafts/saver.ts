import { ApiError, reasonOf } from "@/api/problems";
import type { Draft } from "../library/drafts";
import { printOf, type LocalCopies } from "./localCopies";

export type SaveState =
  | { kind: "saved"; at: string; by: string }
  | { kind: "unsaved" }
  | { kind: "saving" }
  /** Not on the server yet, but kept in this browser; it is tried again by itself. */
  | { kind: "offline"; reason: string }
  /** Someone else has saved meanwhile. Nothing is sent until the person has decided. */
  | { kind: "conflict"; reason: string }
  /** The server refused for good. */
  | { kind: "refused"; reason: string };

interface Server {
  put(draftKey: string, body: { revision: number; content?: string; name?: string }): Promise<Draft>;
  get(draftKey: string): Promise<Draft>;
}

interface Options {
  draft: Draft;
  server: Server;
  copies: LocalCopies;
  pauseMs?: number;
  retryMs?: number;
}

/**
 * Saves a draft by itself: a moment after the last change, one request at a time. What could not be sent is kept in the
 * browser and tried again; a draft that someone else has saved meanwhile is a conflict for the person to decide.
 */
export class DraftSaver {
  private draft: Draft;
  private content: string;
  private name: string;
  private state: SaveState;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  /** The editor has more than it has handed over. */
  private touched = false;
  /** The print of what was sent and never answered: the server may have it. */
  private sent: string | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly options: Required<Options>;

  constructor(options: Options) {
    this.options = { pauseMs: 800, retryMs: 5_000, ...options };
    this.draft = options.draft;
    this.content = options.draft.content;
    this.name = options.draft.name;
    this.state = savedState(options.draft);
  }

  /** Opens a draft with what this browser kept of it, if that was not all saved. */
  static open(options: Options): DraftSaver {
    const { draft, copies } = options;
    const copy = copies.find(draft.draftKey);
    if (copy?.content === draft.content) copies.forget(draft.draftKey);
    if (!copy || copy.content === draft.content) return new DraftSaver(options);
    // A copy builds on the revision that it names, or on what was sent when the page was closed. When the server has something
    // newer than both, the first save tells of the conflict.
    const own = copy.sent !== undefined && copy.sent === printOf(draft.content);
    const saver = new DraftSaver({ ...options, draft: own ? draft : { ...draft, revision: copy.revision } });
    saver.sent = copy.sent;
    saver.change(copy.content);
    return saver;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getState = (): SaveState => this.state;

  /** The draft as the server last had it. */
  readonly getDraft = (): Draft => this.draft;

  get current(): string {
    return this.content;
  }

  /** Something has changed that is not written out yet: what the page shows is no longer saved. */
  touch(): void {
    this.touched = true;
    if (this.state.kind === "saved") this.set({ kind: "unsaved" });
  }

  change(content: string): void {
    this.touched = false;
    if (content === this.content) {
      if (this.state.kind === "unsaved" && !this.dirty && !this.running) this.set(savedState(this.draft));
      return;
    }
    this.content = content;
    this.keep();
    this.schedule();
  }

  rename(name: string): void {
    if (name === this.name) return;
    this.name = name;
    this.schedule();
  }

  /** Sends what is unsaved now. Resolves when it was answered, for better or worse. */
  async flush(): Promise<SaveState> {
    clearTimeout(this.timer);
    if (this.state.kind === "conflict") return this.state;
    while (this.running) await this.running;
    if (this.dirty) {
      this.running = this.send().finally(() => (this.running = undefined));
      await this.running;
    }
    return this.state;
  }

  /** The person's own content goes over what the other one saved. */
  async overwrite(): Promise<SaveState> {
    const theirs = await this.options.server.get(this.draft.draftKey);
    this.draft = theirs;
    this.sent = undefined;
    this.set({ kind: "unsaved" });
    return this.flush();
  }

  /** What the other one saved goes over the person's own content; the editor is to show what is returned. */
  async takeTheirs(): Promise<Draft> {
    const theirs = await this.options.server.get(this.draft.draftKey);
    this.draft = theirs;
    this.content = theirs.content;
    this.name = theirs.name;
    this.sent = undefined;
    this.options.copies.forget(theirs.draftKey);
    this.set(savedState(theirs));
    return theirs;
  }

  /** Stops trying; what is unsaved stays in the browser. */
  dispose(): void {
    clearTimeout(this.timer);
    this.listeners.clear();
  }

  private get dirty(): boolean {
    return this.content !== this.draft.content || this.name !== this.draft.name;
  }

  private schedule(): void {
    if (this.state.kind === "conflict") return;
    if (this.state.kind !== "saving") this.set({ kind: "unsaved" });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), this.options.pauseMs);
  }

  private async send(): Promise<void> {
    const { content, name } = this;
    this.set({ kind: "saving" });
    const unanswered = this.sent;
    if (content !== this.draft.content) {
      this.sent = printOf(content);
      this.keep();
    }
    try {
      this.draft = await this.put(content, name, unanswered);
      this.sent = undefined;
      if (this.dirty) {
        this.keep();
        this.schedule();
      } else {
        this.options.copies.forget(this.draft.draftKey);
      }
      this.set(this.dirty || this.touched ? { kind: "unsaved" } : savedState(this.draft));
    } catch (error) {
      this.set(stateAfter(error));
      if (this.state.kind === "offline") this.timer = setTimeout(() => void this.flush(), this.options.retryMs);
    }
  }

  /**
   * Puts content and name on the server. A conflict with what this browser sent itself, in a request whose answer never came,
   * is none: then it goes on from there.
   */
  private async put(content: string, name: string, unanswered: string | undefined): Promise<Draft> {
    const { put, get } = this.options.server;
    const changes = (base: Draft) => ({
      revision: base.revision,
      content: content === base.content ? undefined : content,
      name: name === base.name ? undefined : name,
    });
    // The server may answer without the content's exact form; what was sent is what it has.
    try {
      return { ...(await put(this.draft.draftKey, changes(this.draft))), content, name };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      const theirs = await get(this.draft.draftKey);
      const own = theirs.content === content || (unanswered !== undefined && printOf(theirs.content) === unanswered);
      if (!own) throw error;
      const renamed = name !== this.draft.name;
      if (!renamed && this.name === name) this.name = theirs.name;
      const wanted = { ...theirs, content, name: renamed ? name : theirs.name };
      if (theirs.content === content && theirs.name === wanted.name) return theirs;
      return { ...(await put(theirs.draftKey, { ...changes(theirs), name: renamed ? name : undefined })), content, name: wanted.name };
    }
  }

  private keep(): void {
    this.options.copies.keep(this.draft.draftKey, { content: this.content, revision: this.draft.revision, sent: this.sent });
  }

  private set(state: SaveState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

function savedState(draft: Draft): SaveState {
  return { kind: "saved", at: draft.updatedAt, by: draft.updatedBy };
}

function stateAfter(error: unknown): SaveState {
  const reason = reasonOf(error);
  if (!(error instanceof ApiError)) return { kind: "refused", reason };
  if (error.status === 409) return { kind: "conflict", reason };
  const passing = error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
  return { kind: passing ? "offline" : "refused", reason };
}
