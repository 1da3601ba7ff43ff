import { ToastNotification } from "@carbon/react";
import { useSyncExternalStore } from "react";
import { reasonOf } from "@/api/problems";
import "./notices.scss";

interface Notice {
  id: number;
  kind: "error" | "success" | "info";
  title: string;
  reason?: string;
}

const SHOWN = 4;
let notices: readonly Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function keep(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells that something went well. */
export function tell(title: string, kind: Notice["kind"] = "success"): void {
  keep([...notices, { id: ++last, kind, title }].slice(-SHOWN));
}

/** Tells what was refused, and why. */
export function tellRefusal(title: string, error: unknown): void {
  keep([...notices, { id: ++last, kind: "error" as const, title, reason: reasonOf(error) }].slice(-SHOWN));
}

/** Where notices appear; a page has one of it. Refusals stay until they are closed. */
export function Notices() {
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <div className="sw-notices">
      {shown.map((notice) => (
        <ToastNotification
          key={notice.id}
          kind={notice.kind}
          role={notice.kind === "error" ? "alert" : "status"}
          lowContrast
          title={notice.title}
          subtitle={notice.reason}
          timeout={notice.kind === "error" ? 0 : 5_000}
          onClose={() => {
            keep(notices.filter((each) => each.id !== notice.id));
            return false;
          }}
        />
      ))}
    </div>
  );
}
