import { api } from "@/api/client";
import type { Schemas } from "@/api/contract";
import type { FormData } from "@/shared/forms";

/** What was filled in so far, and when. */
export type FormDraft = Schemas["UserTaskDraftResult"];

/** `local`: in this browser alone, because the server did not take it. */
export type DraftState = "none" | "pending" | "saved" | "local";

const PAUSE_MS = 800;

function place(username: string, userTaskKey: string): string {
  return `stepwell.form.${username}.${userTaskKey}`;
}

/** The draft of a task: the server's, or the copy in this browser where that is newer or the server has none to give. */
export async function loadDraft(username: string, userTaskKey: string, signal?: AbortSignal): Promise<FormDraft | null> {
  const local = localDraft(username, userTaskKey);
  const remote = await api.get("/v2/user-tasks/{userTaskKey}/draft", { path: { userTaskKey }, signal }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    return undefined;
  });
  if (!remote) return local;
  return local && Date.parse(local.savedAt) > Date.parse(remote.savedAt) ? local : remote;
}

export function localDraft(username: string, userTaskKey: string): FormDraft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(place(username, userTaskKey)) ?? "null") as FormDraft | null;
    return draft && typeof draft.variables === "object" && typeof draft.savedAt === "string" ? draft : null;
  } catch {
    return null;
  }
}

/**
 * Keeps what is filled in: in this browser at once, so that a reload in the next moment loses nothing, and on the server after a
 * pause in typing. What the form holds when it opens is no draft: `open` says what that is.
 */
export class DraftSaver {
  private known?: string;
  private waiting?: FormData;
  private timer?: ReturnType<typeof setTimeout>;
  private ended = false;

  constructor(
    private readonly username: string,
    private readonly userTaskKey: string,
    private readonly tell: (state: DraftState) => void,
  ) {}

  /** The form was opened, or opened anew, with these values. */
  open(values: FormData): void {
    this.known = JSON.stringify(values);
  }

  get isOpen(): boolean {
    return this.known !== undefined;
  }

  change(values: FormData): void {
    const text = JSON.stringify(values);
    if (this.ended || text === this.known) return;
    this.known = text;
    this.waiting = values;
    this.keepLocally(values);
    this.tell("pending");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    const values = this.waiting;
    if (values === undefined || this.ended) return;
    this.waiting = undefined;
    try {
      await api.put("/v2/user-tasks/{userTaskKey}/draft", { path: { userTaskKey: this.userTaskKey }, body: { variables: values } });
      if (this.waiting === undefined) {
        this.forgetLocally();
        this.tell("saved");
      }
    } catch {
      if (this.waiting === undefined) this.tell("local");
    }
  }

  /** The task was completed, which ends its drafts; nothing more is sent. */
  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.forgetLocally();
  }

  private keepLocally(variables: FormData): void {
    try {
      localStorage.setItem(place(this.username, this.userTaskKey), JSON.stringify({ variables, savedAt: new Date().toISOString() }));
    } catch {
      // The browser's storage is full or forbidden: the server's copy is left.
    }
  }

  private forgetLocally(): void {
    localStorage.removeItem(place(this.username, this.userTaskKey));
  }
}
