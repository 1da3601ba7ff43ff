import type { DraftSaver } from "./saver";

/** What the page of a draft gives to each of the editors. */
export interface EditorProps {
  saver: DraftSaver;
  /** What the editor is to open with: the server's content, or what this browser kept of it. */
  content: string;
}
