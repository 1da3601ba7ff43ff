import { ComboBox, Modal } from "@carbon/react";
import { useState } from "react";
import { reasonOf } from "@/api/problems";
import type { DraftSummary } from "./drafts";
import { asPath } from "./folders";
import "./MoveDialog.scss";

const TOP = "Library";

/** Asks for a folder: one that is there, or a new one by its path. */
export function MoveDialog({
  draft,
  folders,
  close,
  submit,
}: {
  draft: DraftSummary;
  folders: string[];
  close: () => void;
  submit: (path: string) => Promise<unknown>;
}) {
  const [path, setPath] = useState(draft.folder);
  const [failure, setFailure] = useState<string>();
  return (
    <Modal
      open
      size="xs"
      modalHeading={`Move “${draft.name}”`}
      primaryButtonText="Move"
      secondaryButtonText="Cancel"
      onRequestClose={close}
      onRequestSubmit={() => submit(path).then(close, (error: unknown) => setFailure(reasonOf(error)))}
      hasScrollingContent={false}
    >
      <ComboBox
        id="folder"
        titleText="Folder"
        helperText="Pick one, or type a new one. A slash makes folders within folders."
        items={[TOP, ...folders]}
        initialSelectedItem={draft.folder || TOP}
        allowCustomValue
        invalid={failure !== undefined}
        invalidText={failure}
        onChange={({ selectedItem }) => setPath(!selectedItem || selectedItem === TOP ? "" : asPath(selectedItem))}
        onInputChange={(typed) => setPath(!typed || typed === TOP ? "" : asPath(typed))}
      />
      <div className="sw-move-space" />
    </Modal>
  );
}
