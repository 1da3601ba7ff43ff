import { Modal } from "@carbon/react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { tellRefusal } from "@/shared/notices";
import { begin, type Batch, type InstanceAction } from "./followed";

interface Words {
  ask: (count: string) => string;
  button: string;
  danger?: boolean;
  about: ReactNode;
}

const OF_INSTANCES: Record<InstanceAction, Words> = {
  cancellation: {
    ask: (count) => `Cancel ${count}?`,
    button: "Cancel instances",
    danger: true,
    about: "Those that run end, with what they have called: their jobs, timers and user tasks are withdrawn. This cannot be undone.",
  },
  "incident-resolution": {
    ask: (count) => `Retry the incidents of ${count}?`,
    button: "Retry incidents",
    about: "What failed is tried again, with its retries renewed. Instances without incidents stay as they are.",
  },
  suspension: {
    ask: (count) => `Suspend ${count}?`,
    button: "Suspend instances",
    about: "What comes for those that run waits until they are resumed, and their jobs are handed out no more.",
  },
  resumption: {
    ask: (count) => `Resume ${count}?`,
    button: "Resume instances",
    about: "Those that are suspended go on with what has come meanwhile.",
  },
  deletion: {
    ask: (count) => `Delete ${count}?`,
    button: "Delete instances",
    danger: true,
    about:
      "Those that have ended are deleted for good, with what they called: journal, variables, user tasks, comments, incidents. Nothing of them is archived.",
  },
};

const RETRY: Words = {
  ask: (count) => `Retry ${count}?`,
  button: "Retry",
  about: "What failed is tried again, with its retries renewed. What fails once more becomes an incident once more.",
};

interface Props {
  batch: Batch;
  /** "12 instances", "1 incident" */
  count: string;
  begun: () => void;
  close: () => void;
}

/** Asks, and lets the server do it in the background. */
export function BatchDialog({ batch, count, begun, close }: Props) {
  const words = batch.to === "incidents" ? RETRY : OF_INSTANCES[batch.action];
  const beginning = useMutation({
    mutationFn: () => begin(batch),
    onSuccess: begun,
    onError: (error) => tellRefusal("Nothing was begun", error),
    onSettled: close,
  });
  return (
    <Modal
      open
      size="sm"
      danger={words.danger}
      modalHeading={words.ask(count)}
      primaryButtonText={words.button}
      secondaryButtonText="Not now"
      primaryButtonDisabled={beginning.isPending}
      onRequestClose={close}
      onRequestSubmit={() => beginning.mutate()}
    >
      {words.about}
    </Modal>
  );
}
