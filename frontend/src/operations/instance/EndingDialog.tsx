import { Modal } from "@carbon/react";
import type { ReactNode } from "react";

interface Props {
  heading: string;
  button: string;
  isPending: boolean;
  confirm: () => void;
  close: () => void;
  /** What will be gone. */
  children: ReactNode;
}

/** Asks before what cannot be undone. */
export function EndingDialog({ heading, button, isPending, confirm, close, children }: Props) {
  return (
    <Modal
      open
      danger
      size="xs"
      modalHeading={heading}
      primaryButtonText={button}
      secondaryButtonText="Not now"
      primaryButtonDisabled={isPending}
      onRequestClose={close}
      onRequestSubmit={confirm}
    >
      {children}
    </Modal>
  );
}
