import { Button } from "@carbon/react";
import { RelativeDate } from "@/shared/time";
import type { IncidentGroup } from "./groups";
import "./IncidentGroups.scss";

interface Props {
  groups: readonly IncidentGroup[];
  processName: (processDefinitionId: string) => string;
  isChosen: (group: IncidentGroup) => boolean;
  choose: (group: IncidentGroup) => void;
  retry: (group: IncidentGroup) => void;
}

/** Incidents with the same error at the same element of a process: one line to look at, one button to try all of them again. */
export function IncidentGroups({ groups, processName, isChosen, choose, retry }: Props) {
  return (
    <ul className="sw-errors" aria-label="By error, process and element">
      {groups.map((group) => {
        const count = group.activeIncidentCount.toLocaleString("en");
        return (
          <li key={`${group.processDefinitionId} ${group.elementId} ${group.errorMessage}`}>
            <button
              type="button"
              className="sw-errors__choose"
              aria-pressed={isChosen(group)}
              title={group.errorMessage}
              onClick={() => choose(group)}
            >
              <strong>{count}</strong>
              <span className="sw-errors__what">
                <span className="sw-errors__message">{group.errorMessage}</span>
                <span className="sw-quiet">
                  {processName(group.processDefinitionId)}, {group.elementId},{" "}
                  <RelativeDate value={group.oldestCreationTime} prefix="since" />
                </span>
              </span>
            </button>
            <Button
              size="sm"
              kind="ghost"
              aria-label={`Retry ${count}: ${group.errorMessage} at ${group.elementId}`}
              onClick={() => retry(group)}
            >
              Retry {count}
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
