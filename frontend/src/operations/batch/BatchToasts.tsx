import { Close } from "@carbon/icons-react";
import { IconButton, ProgressBar } from "@carbon/react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { useResource } from "@/api/queries";
import { doingOf, failedAgainText, hasEnded, nameOf, progressText } from "./batch";
import { unfollow, useFollowed } from "./followed";
import { useRepeatedFailures } from "./RepeatedFailures";
import "./batch.scss";

const CLOSES_AFTER_MS = 8_000;

/** How far the batch operations are that were begun here; one that did all closes by itself. */
export function BatchToasts() {
  const followed = useFollowed();
  return (
    <div className="sw-batch-toasts">
      {followed.map((key) => (
        <BatchToast key={key} operationKey={key} />
      ))}
    </div>
  );
}

function BatchToast({ operationKey }: { operationKey: string }) {
  const client = useQueryClient();
  const found = useResource(
    "/v2/batch-operations/{batchOperationKey}",
    { path: { batchOperationKey: operationKey } },
    { refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : 700) },
  );
  const operation = found.data;
  const over = operation !== undefined && hasEnded(operation);
  const repeated = useRepeatedFailures(operation);
  const again = operation && repeated && failedAgainText(operation.operationsCompletedCount, repeated);
  const well = over && operation.state === "COMPLETED" && operation.operationsFailedCount === 0 && !again;

  useEffect(() => {
    if (!over) return;
    void client.invalidateQueries({ queryKey: ["process-instances"] });
    void client.invalidateQueries({ queryKey: ["incidents"] });
    void client.invalidateQueries({ queryKey: ["batch-operations"] });
    if (!well) return;
    const timer = setTimeout(() => unfollow(operationKey), CLOSES_AFTER_MS);
    return () => clearTimeout(timer);
  }, [client, operationKey, over, well]);

  if (!operation) return null;
  const { operationsTotalCount: total, operationsCompletedCount: done, operationsFailedCount: failed } = operation;
  return (
    <section className="sw-batch-toast" aria-label={nameOf(operation)}>
      <ProgressBar
        size="small"
        label={over ? nameOf(operation) : doingOf(operation)}
        helperText={(over && again) || progressText(operation)}
        value={operation.state === "CREATED" ? undefined : over ? Math.max(total, 1) : done + failed}
        max={Math.max(total, 1)}
        status={over ? (well ? "finished" : "error") : "active"}
      />
      <Link to={`/operations/batch-operations?operation=${operationKey}`}>Show each</Link>
      <IconButton kind="ghost" size="sm" label="Close" align="left" onClick={() => unfollow(operationKey)}>
        <Close />
      </IconButton>
    </section>
  );
}
