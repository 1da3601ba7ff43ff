import { Button } from "@carbon/react";
import { useMutation, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import type { ApiError } from "@/api/problems";
import type { Found } from "@/api/contract";
import { tell, tellRefusal } from "@/shared/notices";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { retry } from "../incidents/retry";
import type { ElementInstance, Incident } from "../types";
import "./Incidents.scss";

interface Props {
  found: UseQueryResult<Found<"incidents">, ApiError>;
  elements: readonly ElementInstance[];
  elementId: string | undefined;
}

/** What failed, why, and the way on. Change the variables that are wrong first: they are the tab beside. */
export function Incidents({ found, elements, elementId }: Props) {
  if (found.isPending) return <LoadingState label="Loading the incidents" />;
  if (found.isError) return <ErrorState error={found.error} what="list" retry={() => void found.refetch()} compact />;
  const rows = found.data.items.filter((each) => elementId === undefined || each.elementId === elementId);
  if (rows.length === 0) return <EmptyState title={elementId ? "No incidents at this element" : "No incidents"} compact />;
  const nameOf = (id: string) => elements.find((each) => each.elementId === id)?.elementName || id;
  return rows.map((each) => <OneIncident key={each.incidentKey} incident={each} name={nameOf(each.elementId)} />);
}

/** Tries an incident of the element `name` again, and says so. */
export function useRetry(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: retry,
    onError: (error) => tellRefusal("It was not tried again", error),
    onSuccess: () => {
      tell(`“${name}” is tried again`, "info");
      return client.invalidateQueries({ queryKey: ["incidents"] });
    },
  });
}

function OneIncident({ incident, name }: { incident: Incident; name: string }) {
  const open = incident.state === "ACTIVE";
  const retrying = useRetry(name);
  return (
    <article className="sw-incident">
      <header>
        <h3>{name}</h3>
        <StatusTag status={open ? "incident" : "completed"} label={open ? "Open" : "Resolved"} size="sm" />
        <span className="sw-quiet">
          {incident.errorType.toLowerCase().replaceAll("_", " ")}, <RelativeDate value={incident.creationTime} />
          {incident.resolvedAt && (
            <>
              {", "}
              <RelativeDate value={incident.resolvedAt} prefix="resolved" /> by {incident.resolvedBy}
            </>
          )}
        </span>
        {open && (
          <Button size="sm" kind="tertiary" disabled={retrying.isPending} onClick={() => retrying.mutate(incident.incidentKey)}>
            Retry
          </Button>
        )}
      </header>
      <p>{incident.errorMessage}</p>
      {incident.stackTrace && (
        <details>
          <summary>Stack trace</summary>
          <pre tabIndex={0}>{incident.stackTrace}</pre>
        </details>
      )}
      {incident.attempts.length > 0 && (
        <details>
          <summary>{incident.attempts.length === 1 ? "1 attempt" : `${incident.attempts.length} attempts`}</summary>
          <ol>
            {incident.attempts.map((each, at) => (
              <li key={at}>
                <RelativeDate value={each.endedAt} /> {each.worker && <span className="sw-quiet">by {each.worker}</span>} {each.message}
              </li>
            ))}
          </ol>
        </details>
      )}
    </article>
  );
}
