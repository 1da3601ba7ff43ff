import { InlineNotification, Modal, TextInput } from "@carbon/react";
import { useState } from "react";
import { reasonOf } from "@/api/problems";
import { KIND_NAMES, type DraftSummary } from "./drafts";

interface NameDialogProps {
  title: string;
  action: string;
  label: string;
  helper?: string;
  value?: string;
  close: () => void;
  submit: (name: string) => Promise<unknown>;
}

/** Asks for a name. Stays open with the reason when it was refused. */
export function NameDialog({ title, action, label, helper, value = "", close, submit }: NameDialogProps) {
  const [name, setName] = useState(value);
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function send() {
    if (!name.trim() || busy) return;
    setBusy(true);
    try {
      await submit(name.trim());
      close();
    } catch (error) {
      setFailure(reasonOf(error));
      setBusy(false);
    }
  }

  return (
    <Modal
      open
      size="xs"
      modalHeading={title}
      primaryButtonText={action}
      secondaryButtonText="Cancel"
      primaryButtonDisabled={!name.trim() || busy}
      shouldSubmitOnEnter
      selectorPrimaryFocus="#name"
      onRequestClose={close}
      onRequestSubmit={() => void send()}
    >
      <TextInput
        id="name"
        labelText={label}
        helperText={helper}
        value={name}
        maxLength={255}
        autoComplete="off"
        invalid={failure !== undefined}
        invalidText={failure}
        onChange={(event) => {
          setName(event.target.value);
          setFailure(undefined);
        }}
      />
    </Modal>
  );
}

export function DeleteDialog({ draft, close, submit }: { draft: DraftSummary; close: () => void; submit: () => Promise<unknown> }) {
  const [failure, setFailure] = useState<string>();
  return (
    <Modal
      open
      danger
      size="xs"
      modalHeading={`Delete “${draft.name}”?`}
      primaryButtonText="Delete"
      secondaryButtonText="Cancel"
      onRequestClose={close}
      onRequestSubmit={() => submit().then(close, (error: unknown) => setFailure(reasonOf(error)))}
    >
      <p>The draft of this {KIND_NAMES[draft.kind].toLowerCase()} is deleted for everyone. What was deployed from it goes on running.</p>
      {failure && <InlineNotification kind="error" lowContrast hideCloseButton title={failure} />}
    </Modal>
  );
}
