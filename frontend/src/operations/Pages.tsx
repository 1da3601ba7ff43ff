import { Button } from "@carbon/react";
import "./Pages.scss";

/** To the next page, and back to the first; the browser's own way goes back one. */
export function Pages({
  after,
  next,
  go,
}: {
  after: string | null;
  next: string | null | undefined;
  go: (after: string | undefined) => void;
}) {
  if (!after && !next) return null;
  return (
    <nav className="sw-operations__pages" aria-label="Pages">
      <Button size="sm" kind="ghost" disabled={!after} onClick={() => go(undefined)}>
        First page
      </Button>
      <Button size="sm" kind="ghost" disabled={!next} onClick={() => next && go(next)}>
        Next page
      </Button>
    </nav>
  );
}
