import { CheckmarkFilled, CircleDash, ErrorFilled, InProgress, PauseFilled, Time } from "@carbon/icons-react";
import type { ComponentType } from "react";
import { STATUS_WORDS, type Status } from "./status";
import "./tags.scss";

const ICONS: Record<Status, ComponentType<{ size?: number }>> = {
  running: InProgress,
  completed: CheckmarkFilled,
  incident: ErrorFilled,
  waiting: Time,
  suspended: PauseFilled,
  cancelled: CircleDash,
};

/** A status as colour, sign and word. `label` says it more exactly, such as "Waiting for message". */
export function StatusTag({ status, label, size = "md" }: { status: Status; label?: string; size?: "sm" | "md" }) {
  const Icon = ICONS[status];
  return (
    <span className={`sw-status sw-status--${status} sw-status--${size}`}>
      <Icon size={16} />
      <span>{label ?? STATUS_WORDS[status]}</span>
    </span>
  );
}

/** The sign alone, for dense lists; the word is there for a screen reader and on hover. */
export function StatusIcon({ status, label }: { status: Status; label?: string }) {
  const Icon = ICONS[status];
  const word = label ?? STATUS_WORDS[status];
  return (
    <span className={`sw-status-icon sw-status--${status}`} role="img" aria-label={word} title={word}>
      <Icon size={16} />
    </span>
  );
}
