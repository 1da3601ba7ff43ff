import { Button, Checkbox, Modal } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { useCurrentUser } from "@/api/session";
import { tell, tellRefusal } from "@/shared/notices";
import { StatusTag } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { follow } from "../batch";
import type { ProcessDefinition } from "../types";

/** Whether a version is suspended, and the way to change it for those who run processes. */
export function Suspension({ definition }: { definition: ProcessDefinition }) {
  const user = useCurrentUser().data;
  const mayOperate = user?.roles?.includes("admin") || user?.groups?.includes("operators");
  const [asking, setAsking] = useState(false);
  return (
    <span className="sw-operations__buttons">
      {definition.isSuspended && (
        <>
          <StatusTag status="suspended" />
          <span>
            <RelativeDate value={definition.suspendedDate} /> by {definition.suspendedBy}
          </span>
        </>
      )}
      {mayOperate && (
        <Button kind="ghost" size="sm" onClick={() => setAsking(true)}>
          {definition.isSuspended ? "Resume version" : "Suspend version"}
        </Button>
      )}
      {asking && <SuspensionDialog definition={definition} close={() => setAsking(false)} />}
    </span>
  );
}

function SuspensionDialog({ definition, close }: { definition: ProcessDefinition; close: () => void }) {
  const client = useQueryClient();
  const [withInstances, setWithInstances] = useState(true);
  const resumes = definition.isSuspended;
  const moving = useMutation({
    mutationFn: () =>
      api.post(`/v2/process-definitions/{processDefinitionKey}/${resumes ? "resumption" : "suspension"}`, {
        path: { processDefinitionKey: definition.processDefinitionKey },
        body: { includeProcessInstances: withInstances },
      }),
    onSuccess: (created) => {
      close(); // before the version is read again: the words of this dialog go by its state
      if (created) follow(created.batchOperationKey);
      else tell(resumes ? "The version was resumed" : "The version was suspended");
      return client.invalidateQueries({ queryKey: ["process-definitions"] });
    },
    onError: (error) => {
      close();
      tellRefusal(resumes ? "The version was not resumed" : "The version was not suspended", error);
    },
  });
  return (
    <Modal
      open
      size="sm"
      modalHeading={`${resumes ? "Resume" : "Suspend"} version ${definition.version}?`}
      primaryButtonText={resumes ? "Resume version" : "Suspend version"}
      secondaryButtonText="Not now"
      primaryButtonDisabled={moving.isPending}
      onRequestClose={close}
      onRequestSubmit={() => moving.mutate()}
    >
      <div className="sw-retention">
        <p>
          {resumes
            ? "Instances can be started by it again. Messages that were kept and start timers that fell due start theirs now."
            : "Nothing starts by it until it is resumed: who starts it by hand is refused, a call activity has an incident, messages that are kept and start timers wait, signals start nothing."}
        </p>
        <Checkbox
          id="with-instances"
          labelText={resumes ? "Resume its suspended instances as well" : "Suspend its running instances as well"}
          checked={withInstances}
          onChange={(_, { checked }) => setWithInstances(checked)}
        />
      </div>
    </Modal>
  );
}
