import { useSyncExternalStore } from "react";

/** What the person chose; `system` follows the operating system's setting. */
export type ThemeChoice = "system" | "light" | "dark";
export type CarbonTheme = "white" | "g100";

const STORAGE_KEY = "stepwell.theme";
const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function themeChoice(): ThemeChoice {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function carbonTheme(): CarbonTheme {
  const choice = themeChoice();
  return choice === "dark" || (choice === "system" && darkSystem.matches) ? "g100" : "white";
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === "system") localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, choice);
  applyStoredTheme();
}

/** Sets the theme's class on the root element, so that dialogs outside React's root have it too. */
export function applyStoredTheme(): void {
  const theme = carbonTheme();
  const root = document.documentElement;
  root.classList.toggle("cds--white", theme === "white");
  root.classList.toggle("cds--g100", theme === "g100");
  root.dataset.theme = theme;
  for (const listener of listeners) listener();
}

darkSystem.addEventListener("change", applyStoredTheme);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): { choice: ThemeChoice; theme: CarbonTheme } {
  const choice = useSyncExternalStore(subscribe, themeChoice);
  const theme = useSyncExternalStore(subscribe, carbonTheme);
  return { choice, theme };
}
