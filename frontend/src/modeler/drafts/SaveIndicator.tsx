import { Checkmark, CloudOffline, InProgress, WarningAlt, WarningFilled } from "@carbon/icons-react";
import { absoluteTime } from "@/shared/time";
import type { SaveState } from "./saver";
import "./SaveIndicator.scss";

/** Whether the server has what is on the screen, in a word; the whole reason on hover. */
export function SaveIndicator({ state, retry }: { state: SaveState; retry: () => void }) {
  const { icon, word, title } = lookOf(state);
  return (
    <span className={`sw-save sw-save--${state.kind}`} role="status" title={title}>
      {icon}
      <span>{word}</span>
      {(state.kind === "offline" || state.kind === "refused") && (
        <button type="button" className="sw-link" onClick={retry}>
          Try again
        </button>
      )}
    </span>
  );
}

function lookOf(state: SaveState) {
  switch (state.kind) {
    case "saved":
      return { icon: <Checkmark />, word: "Saved", title: `Saved by ${state.by}, ${absoluteTime(state.at)}` };
    case "unsaved":
      return { icon: <InProgress />, word: "Changed", title: "It is saved in a moment" };
    case "saving":
      return { icon: <InProgress />, word: "Saving …", title: "It is being saved" };
    case "offline":
      return { icon: <CloudOffline />, word: "Kept in this browser", title: `${state.reason} It is tried again by itself.` };
    case "conflict":
      return { icon: <WarningAlt />, word: "Someone else has saved", title: state.reason };
    case "refused":
      return { icon: <WarningFilled />, word: "Not saved", title: state.reason };
  }
}
