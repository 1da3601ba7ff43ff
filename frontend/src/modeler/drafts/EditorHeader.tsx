import { Breadcrumb, BreadcrumbItem } from "@carbon/react";
import { useState, useSyncExternalStore, type ReactNode } from "react";
import { Link } from "react-router";
import { useShortcut } from "@/app/shortcuts";
import { wayTo } from "../library/folders";
import { ConflictDialog } from "./ConflictDialog";
import { SaveIndicator } from "./SaveIndicator";
import type { DraftSaver } from "./saver";
import "./EditorHeader.scss";

/** Above each editor: where the draft is, its name to be changed in place, whether it is saved; and the editor's own tools. */
export function EditorHeader({ saver, children }: { saver: DraftSaver; children?: ReactNode }) {
  const state = useSyncExternalStore(saver.subscribe, saver.getState);
  const draft = useSyncExternalStore(saver.subscribe, saver.getDraft);
  const [name, setName] = useState(draft.name);
  useShortcut("mod+s", () => void saver.flush());

  return (
    <header className="sw-editor-header">
      <div className="sw-editor-header__place">
        <Breadcrumb noTrailingSlash aria-label="Place in the library">
          <BreadcrumbItem>
            <Link to="/modeler">Library</Link>
          </BreadcrumbItem>
          {wayTo(draft.folder).map((step) => (
            <BreadcrumbItem key={step.path}>
              <Link to={`/modeler?folder=${encodeURIComponent(step.path)}`}>{step.name}</Link>
            </BreadcrumbItem>
          ))}
        </Breadcrumb>
        <div className="sw-editor-header__line">
          <input
            className="sw-editor-header__name"
            aria-label="Name of the draft"
            value={name}
            maxLength={255}
            size={Math.min(40, Math.max(8, name.length))}
            onChange={(event) => setName(event.target.value)}
            onBlur={() => (name.trim() ? saver.rename(name.trim()) : setName(draft.name))}
            onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
          />
          <SaveIndicator state={state} retry={() => void saver.flush()} />
        </div>
      </div>
      <div className="sw-editor-header__tools">{children}</div>
      {state.kind === "conflict" && <ConflictDialog saver={saver} reason={state.reason} />}
    </header>
  );
}
