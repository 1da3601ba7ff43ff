import { Select, SelectItem } from "@carbon/react";
import { Link, useSearchParams } from "react-router";
import { useLive } from "@/api/live";
import { useSearch } from "@/api/queries";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag, statusOf } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { requestFrom, STATE_LABELS, STATES, type ProcessInstance } from "./instances";

const LIVE = [["process-instances"]] as const;

interface ProcessDefinition {
  processDefinitionKey: string;
  processDefinitionId: string;
  name: string | null;
}

/** All process instances, newest first; the URL holds the filters. */
export function InstancesPage() {
  const [params, setParams] = useSearchParams();
  const instances = useSearch<ProcessInstance>("process-instances", requestFrom(params));
  const definitions = useSearch<ProcessDefinition>("process-definitions", { filter: { isLatestVersion: true }, page: { limit: 200 } });
  useLive(LIVE);

  function choose(name: string, value: string) {
    const next = new URLSearchParams(params);
    if (value) next.set(name, value);
    else next.delete(name);
    setParams(next);
  }

  const items = instances.data?.items;
  return (
    <div className="operations">
      <h1>Process instances</h1>
      <div className="operations__filters">
        <Select id="process" labelText="Process" value={params.get("process") ?? ""} onChange={(event) => choose("process", event.target.value)}>
          <SelectItem value="" text="All processes" />
          {definitions.data?.items.map((each) => (
            <SelectItem key={each.processDefinitionKey} value={each.processDefinitionId} text={each.name ?? each.processDefinitionId} />
          ))}
        </Select>
        <Select id="state" labelText="State" value={params.get("state") ?? "ALL"} onChange={(event) => choose("state", event.target.value)}>
          {STATES.map((each) => (
            <SelectItem key={each} value={each} text={STATE_LABELS[each]} />
          ))}
        </Select>
      </div>
      {instances.isPending && <LoadingState label="Loading the instances" />}
      {instances.isError && <ErrorState error={instances.error} what="list" retry={() => void instances.refetch()} />}
      {items?.length === 0 && <EmptyState title="No instances">None match these filters. Start a process, or choose other filters.</EmptyState>}
      {items !== undefined && items.length > 0 && (
        <div className="operations__scroll" role="region" aria-label="Process instances" tabIndex={0}>
          <table className="operations__table">
            <thead>
              <tr>
                <th scope="col">Process</th>
                <th scope="col">State</th>
                <th scope="col">Key</th>
                <th scope="col">Business id</th>
                <th scope="col">Version</th>
                <th scope="col">Started</th>
                <th scope="col">Ended</th>
              </tr>
            </thead>
            <tbody>
              {items.map((each) => (
                <tr key={each.processInstanceKey}>
                  <td>{each.processDefinitionName ?? each.processDefinitionId}</td>
                  <td>
                    <StatusTag status={statusOf(each.state, each.hasIncident)} size="sm" />
                  </td>
                  <td>
                    <Link to={`/operations/instances/${each.processInstanceKey}`}>{each.processInstanceKey}</Link>
                  </td>
                  <td>{each.businessId ?? "–"}</td>
                  <td>{each.processDefinitionVersion}</td>
                  <td>
                    <RelativeDate value={each.startDate} />
                  </td>
                  <td>
                    <RelativeDate value={each.endDate} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
