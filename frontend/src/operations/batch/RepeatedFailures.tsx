import { InlineNotification } from "@carbon/react";
import { useResource } from "@/api/queries";
import { failedAgainText, hasEnded, retries, type BatchOperation, type RepeatedFailures } from "./batch";

const ASKED_FOR_MS = 60_000;
const EVERY_MS = 2_000;

/** What failed again after a batch of retries: a retry takes its time, so that this is asked for a minute after the end of the batch. */
export function useRepeatedFailures(operation: BatchOperation | undefined): RepeatedFailures | undefined {
  const wanted = operation !== undefined && retries(operation);
  const found = useResource(
    "/v2/batch-operations/{batchOperationKey}/repeated-failures",
    { path: { batchOperationKey: operation?.batchOperationKey ?? "" } },
    { enabled: wanted, refetchInterval: () => (operation && isFresh(operation) ? EVERY_MS : false) },
  );
  return wanted ? found.data : undefined;
}

function isFresh(operation: BatchOperation): boolean {
  return !hasEnded(operation) || Date.now() - Date.parse(operation.endDate ?? "") < ASKED_FOR_MS;
}

/** How many failed again, with the reasons. */
export function RepeatedFailuresNotice({ operation }: { operation: BatchOperation | undefined }) {
  const again = useRepeatedFailures(operation);
  const text = operation && again && failedAgainText(operation.operationsCompletedCount, again);
  if (!text) return null;
  return (
    <InlineNotification kind="warning" lowContrast hideCloseButton title={text} className="sw-batch-again">
      <ul>
        {again.reasons.map((each) => (
          <li key={each.errorMessage}>
            {`${each.count.toLocaleString("en")} × ${each.errorMessage}`}
            {each.isSameReason && <span className="sw-quiet"> as before</span>}
          </li>
        ))}
      </ul>
    </InlineNotification>
  );
}
