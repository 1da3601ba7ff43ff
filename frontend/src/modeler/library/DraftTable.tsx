import { Folder as FolderIcon } from "@carbon/icons-react";
import { OverflowMenu, OverflowMenuItem } from "@carbon/react";
import { Link } from "react-router";
import { RelativeDate } from "@/shared/time";
import { fetchDraft, KIND_NAMES, type DraftSummary, type NewDraft } from "./drafts";
import type { Folder } from "./folders";
import { KindIcon } from "./KindIcon";
import { download } from "../drafts/download";
import "./DraftTable.scss";

interface Props {
  folders: readonly Folder[];
  drafts: readonly DraftSummary[];
  showFolder: boolean;
  openFolder: (path: string) => void;
  ask: (action: "rename" | "move" | "delete", draft: DraftSummary) => void;
  duplicate: (draft: NewDraft) => void;
}

export function DraftTable({ folders, drafts, showFolder, openFolder, ask, duplicate }: Props) {
  const someDeployed = drafts.some((draft) => draft.deployedAt);

  async function copy(draft: DraftSummary) {
    const { name, kind, folder, content } = await fetchDraft(draft.draftKey);
    // Loaded when it is needed: the reader of diagrams is large.
    const { withOwnIds } = await import("./duplicating");
    duplicate({ name: `${name} (copy)`, kind, folder, content: withOwnIds(kind, content) });
  }

  async function save(draft: DraftSummary) {
    const { name, kind, content } = await fetchDraft(draft.draftKey);
    download(`${name}.${kind.toLowerCase()}`, content);
  }

  return (
    <table className="sw-draft-table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" className="sw-wide">
            Kind
          </th>
          <th scope="col">Changed</th>
          <th scope="col" className="sw-wide">
            By
          </th>
          {someDeployed && (
            <th scope="col" className="sw-wide">
              Deployed
            </th>
          )}
          <th scope="col">
            <span className="sw-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {folders.map((folder) => (
          <tr key={folder.path}>
            <td>
              <button type="button" className="sw-name" onClick={() => openFolder(folder.path)}>
                <FolderIcon aria-label="Folder" />
                <span>{folder.name}</span>
              </button>
            </td>
            <td className="sw-wide">Folder</td>
            <td colSpan={someDeployed ? 4 : 3} className="sw-quiet">
              {folder.count === 1 ? "1 draft" : `${folder.count} drafts`}
            </td>
          </tr>
        ))}
        {drafts.map((draft) => (
          <tr key={draft.draftKey}>
            <td>
              <Link className="sw-name" to={`/modeler/drafts/${draft.draftKey}`}>
                <KindIcon kind={draft.kind} />
                <span>
                  {draft.name}
                  {showFolder && draft.folder && <span className="sw-quiet"> in {draft.folder}</span>}
                </span>
              </Link>
            </td>
            <td className="sw-wide">{KIND_NAMES[draft.kind]}</td>
            <td>
              <RelativeDate value={draft.updatedAt} />
            </td>
            <td className="sw-wide">{draft.updatedBy}</td>
            {someDeployed && (
              <td className="sw-wide">
                {draft.deployedAt ? <RelativeDate value={draft.deployedAt} /> : <span className="sw-quiet">not yet</span>}
              </td>
            )}
            <td className="sw-actions">
              <OverflowMenu
                size="sm"
                flipped
                aria-label={`Actions for ${draft.name}`}
                iconDescription={`Actions for ${draft.name}`}
                align="left"
              >
                <OverflowMenuItem itemText="Rename" onClick={() => ask("rename", draft)} />
                <OverflowMenuItem itemText="Move to folder" onClick={() => ask("move", draft)} />
                <OverflowMenuItem itemText="Duplicate" onClick={() => void copy(draft)} />
                <OverflowMenuItem itemText="Download" onClick={() => void save(draft)} />
                <OverflowMenuItem hasDivider isDelete itemText="Delete" onClick={() => ask("delete", draft)} />
              </OverflowMenu>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
