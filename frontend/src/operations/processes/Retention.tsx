import { Button, Checkbox, Modal, NumberInput, RadioButton, RadioButtonGroup } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { useResource } from "@/api/queries";
import type { Schemas } from "@/api/contract";
import { useIsAdmin } from "@/api/session";
import { tellRefusal } from "@/shared/notices";
import { keptText, type Kept } from "./kept";
import "./Retention.scss";

type Settings = Schemas["RetentionResult"];
type How = "installation" | "forever" | "days";

/** How long ended instances are kept: of a process, or of the installation (null). Administrators change it. */
export function Retention({ processId }: { processId: string | null }) {
  const isAdmin = useIsAdmin();
  const found = useResource("/v2/retention", {}, { staleTime: 30_000, retry: false });
  const [changing, setChanging] = useState(false);
  const settings = found.data?.items.find((each) => each.processDefinitionId === processId);
  const installation = found.data?.items[0];
  if (!settings || !installation) return null; // modelers see the process, and not this
  return (
    <span className="sw-operations__buttons">
      <span>
        {processId === null ? "Ended instances are kept" : "Ended ones are kept"} {keptText(settings)}
      </span>
      {isAdmin && (
        <Button kind="ghost" size="sm" onClick={() => setChanging(true)}>
          Change
        </Button>
      )}
      {changing && (
        <RetentionDialog processId={processId} settings={settings} installation={installation} close={() => setChanging(false)} />
      )}
    </span>
  );
}

function RetentionDialog({
  processId,
  settings,
  installation,
  close,
}: {
  processId: string | null;
  settings: Settings;
  installation: Kept;
  close: () => void;
}) {
  const client = useQueryClient();
  const [how, setHow] = useState<How>(settings.isInherited ? "installation" : settings.historyTimeToLive === null ? "forever" : "days");
  const [days, setDays] = useState(settings.historyTimeToLive ?? 90);
  const [isArchived, setArchived] = useState(settings.isArchived);
  const saving = useMutation({
    mutationFn: () => keep(processId, how === "installation" ? null : { historyTimeToLive: how === "forever" ? null : days, isArchived }),
    onSuccess: () => {
      close();
      return client.invalidateQueries({ queryKey: ["retention"] });
    },
    onError: (error) => tellRefusal("The retention stays as it was", error),
  });
  return (
    <Modal
      open
      size="sm"
      modalHeading={processId === null ? "How long are ended instances kept?" : "How long are its ended instances kept?"}
      primaryButtonText="Save"
      secondaryButtonText="Not now"
      primaryButtonDisabled={saving.isPending || (how === "days" && !(Number.isInteger(days) && days >= 0 && days <= 36_500))}
      onRequestClose={close}
      onRequestSubmit={() => saving.mutate()}
    >
      <div className="sw-retention">
        <RadioButtonGroup
          legendText="Journal, variables, user tasks and incidents"
          name="how"
          orientation="vertical"
          valueSelected={how}
          onChange={(value) => setHow(value as How)}
        >
          {processId !== null ? <RadioButton value="installation" labelText={`As all processes: ${keptText(installation)}`} /> : <></>}
          <RadioButton value="forever" labelText="For ever" />
          <RadioButton value="days" labelText="For some days after the end" />
        </RadioButtonGroup>
        {how === "days" && (
          <NumberInput
            id="days"
            label="Days"
            min={0}
            max={36_500}
            value={days}
            allowEmpty={false}
            onChange={(_, { value }) => setDays(Number(value))}
          />
        )}
        {how === "days" && (
          <Checkbox
            id="archived"
            labelText="Write them into the archive before they are deleted"
            checked={isArchived}
            onChange={(_, { checked }) => setArchived(checked)}
          />
        )}
      </div>
    </Modal>
  );
}

/** Without settings of its own a process is kept as the installation says; the installation always has some. */
function keep(processDefinitionId: string | null, changeset: Kept | null): Promise<unknown> {
  if (processDefinitionId === null) return api.patch("/v2/retention", { body: { changeset: changeset ?? {} } });
  const path = { processDefinitionId };
  if (changeset === null) return api.delete("/v2/retention/{processDefinitionId}", { path });
  return api.patch("/v2/retention/{processDefinitionId}", { path, body: { changeset } });
}
