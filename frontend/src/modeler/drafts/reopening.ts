import { createContext } from "react";

/** What is said after reopening, with the way back to another content. */
export interface WayBack {
  title: string;
  action: string;
  content: string;
}

/** Opens the editor anew with another content, such as the one that someone else has saved. */
export const Reopening = createContext<(content: string, wayBack?: WayBack) => void>(() => undefined);
