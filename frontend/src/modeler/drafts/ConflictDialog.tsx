import { Button, ComposedModal, InlineNotification, ModalBody, ModalFooter, ModalHeader } from "@carbon/react";
import { use, useState } from "react";
import { useNavigate } from "react-router";
import { reasonOf } from "@/api/problems";
import { createDraft } from "../library/drafts";
import { Reopening } from "./reopening";
import type { DraftSaver } from "./saver";
import "./ConflictDialog.scss";

/** Someone else has saved the draft: keep one's own, take theirs, or keep both. There is no way around deciding. */
export function ConflictDialog({ saver, reason }: { saver: DraftSaver; reason: string }) {
  const navigate = useNavigate();
  const reopen = use(Reopening);
  const [failure, setFailure] = useState<string>();

  async function attempt(action: () => Promise<unknown>) {
    setFailure(undefined);
    try {
      await action();
    } catch (error) {
      setFailure(reasonOf(error));
    }
  }

  async function keepBoth() {
    const { name, kind, folder } = saver.getDraft();
    const copy = await createDraft({ name: `${name} (my version)`, kind, folder, content: saver.current });
    await saver.takeTheirs();
    void navigate(`/modeler/drafts/${copy.draftKey}`);
  }

  return (
    <ComposedModal open size="sm" preventCloseOnClickOutside aria-label="Someone else has saved this draft">
      <ModalHeader title="Someone else has saved this draft" buttonOnClick={() => undefined} className="sw-no-close" />
      <ModalBody>
        <p>{reason}</p>
        <p>Your version is still here, and a copy of it is kept in this browser.</p>
        {failure && <InlineNotification kind="error" lowContrast hideCloseButton title={failure} />}
      </ModalBody>
      <ModalFooter>
        <Button kind="secondary" onClick={() => void attempt(async () => reopen((await saver.takeTheirs()).content))}>
          Take theirs
        </Button>
        <Button kind="secondary" onClick={() => void attempt(keepBoth)}>
          Keep both
        </Button>
        <Button kind="danger" onClick={() => void attempt(() => saver.overwrite())}>
          Replace with mine
        </Button>
      </ModalFooter>
    </ComposedModal>
  );
}
