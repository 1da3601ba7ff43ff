import { useCallback } from "react";
import { useSearchParams } from "react-router";

/** What a page keeps in its address: names and texts; an empty text is left out. */
export type AddressChange = Readonly<Record<string, string | undefined>>;

/** `params` with the changes in it. */
export function changed(params: URLSearchParams, change: AddressChange): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return next;
}

/** The page's part of the address, and the way to change it: into the browser's history unless `replace`. */
export function useAddress(): [URLSearchParams, (change: AddressChange, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const change = useCallback(
    (given: AddressChange, { replace = false }: { replace?: boolean } = {}) => setParams((before) => changed(before, given), { replace }),
    [setParams],
  );
  return [params, change];
}
