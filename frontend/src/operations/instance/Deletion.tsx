import { Button } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api } from "@/api/client";
import { useIsAdmin } from "@/api/session";
import { tell, tellRefusal } from "@/shared/notices";
import { EndingDialog } from "./EndingDialog";

/** An administrator deletes an instance that has ended. */
export function Deletion({ processInstanceKey }: { processInstanceKey: string }) {
  const isAdmin = useIsAdmin();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const deleting = useMutation({
    mutationFn: () => api.post("/v2/process-instances/{processInstanceKey}/deletion", { path: { processInstanceKey }, body: {} }),
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
        <EndingDialog
          heading="Delete this instance?"
          button="Delete instance"
          isPending={deleting.isPending}
          confirm={() => deleting.mutate()}
          close={() => setAsking(false)}
        >
          Its journal, variables, user tasks, comments and incidents are deleted for good, and all that it called. Nothing of it is
          archived.
        </EndingDialog>
      )}
    </span>
  );
}
