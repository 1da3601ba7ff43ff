import { Button, Modal } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api } from "@/api/client";
import { useCurrentUser } from "@/api/session";
import { tell, tellRefusal } from "@/shared/notices";

/** An administrator deletes an instance that has ended. */
export function Deletion({ processInstanceKey }: { processInstanceKey: string }) {
  const isAdmin = useCurrentUser().data?.roles?.includes("admin") ?? false;
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const deleting = useMutation({
    mutationFn: () => api.post(`/v2/process-instances/${processInstanceKey}/deletion`, {}),
    onSuccess: () => {
      tell("The instance was deleted");
      void navigate("/operations/instances", { replace: true });
      void client.invalidateQueries({ queryKey: ["process-instances", "search"] });
    },
    onError: (error) => tellRefusal("The instance was not deleted", error),
    onSettled: () => setAsking(false),
  });
  if (!isAdmin) return null;
  return (
    <span className="sw-operations__buttons">
      <Button kind="danger--ghost" size="sm" onClick={() => setAsking(true)}>
        Delete instance
      </Button>
      {asking && (
        <Modal
          open
          danger
          size="xs"
          modalHeading="Delete this instance?"
          primaryButtonText="Delete instance"
          secondaryButtonText="Not now"
          primaryButtonDisabled={deleting.isPending}
          onRequestClose={() => setAsking(false)}
          onRequestSubmit={() => deleting.mutate()}
        >
          Its journal, variables, user tasks, comments and incidents are deleted for good, and all that it called. Nothing of it is archived.
        </Modal>
      )}
    </span>
  );
}
