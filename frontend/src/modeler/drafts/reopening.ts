import { createContext } from "react";

/** Opens the editor anew with another content, such as the one that someone else has saved. */
export const Reopening = createContext<(content: string) => void>(() => undefined);
