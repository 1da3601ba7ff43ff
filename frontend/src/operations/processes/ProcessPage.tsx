import { Button, Select, SelectItem, Toggle } from "@carbon/react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { api } from "@/api/client";
import { useLive } from "@/api/live";
import { useSearch } from "@/api/queries";
import { useAddress } from "@/shared/address";
import { DiagramViewer } from "@/shared/diagram";
import { badgesOf, useDefinitionXml } from "@/shared/instance";
import { ErrorState, LoadingState, NotFoundState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import { instancesAddress } from "../instances/filters";
import type { ProcessDefinition } from "../types";
import { Retention } from "./Retention";
import { Suspension } from "./Suspension";
import { Versions } from "./Versions";
import "./ProcessPage.scss";

const LIVE = [["process-definitions", "elements"]] as const;

/** Where all instances of a process stand, on its diagram: one version at a time. */
export function ProcessPage() {
  const { id = "" } = useParams();
  const versions = useSearch("process-definitions", {
    filter: { processDefinitionId: id },
    sort: [{ field: "version", order: "DESC" }],
    page: { limit: 500 },
  });
  if (versions.isPending) return <LoadingState label="Loading the process" />;
  if (versions.isError)
    return <ErrorState error={versions.error} what="process" backTo="/operations" retry={() => void versions.refetch()} />;
  if (versions.data.items.length === 0) return <NotFoundState what="process" backTo="/operations" />;
  return <Process versions={versions.data.items} />;
}

function Process({ versions }: { versions: readonly ProcessDefinition[] }) {
  const [params, change] = useAddress();
  const shown = versions.find((each) => String(each.version) === params.get("version")) ?? versions[0]!;
  const all = params.get("ended") === "yes";
  const element = params.get("element") ?? undefined;
  const navigate = useNavigate();
  useLive(LIVE);
  const xml = useDefinitionXml(shown.processDefinitionKey);
  const statistics = useQuery({
    queryKey: ["process-definitions", "elements", shown.processDefinitionKey],
    queryFn: ({ signal }) =>
      api.post("/v2/process-definitions/{processDefinitionKey}/statistics/element-instances", {
        path: { processDefinitionKey: shown.processDefinitionKey },
        body: {},
        signal,
      }),
  });
  const badges = useMemo(
    () =>
      badgesOf(
        all ? (statistics.data?.items ?? []) : (statistics.data?.items ?? []).map((each) => ({ ...each, completed: 0, canceled: 0 })),
        { all: true },
      ),
    [statistics.data, all],
  );
  const chosen = statistics.data?.items.find((each) => each.elementId === element);
  const filters = { process: shown.processDefinitionId, version: String(shown.version) };

  return (
    <div className="sw-operations__page">
      <header className="sw-operations__head">
        <p>
          <Link to="/operations">Processes</Link>
        </p>
        <h1>{shown.name || shown.processDefinitionId}</h1>
        <div className="sw-operations__facts">
          <Select
            id="version"
            size="sm"
            inline
            labelText="Version"
            value={String(shown.version)}
            onChange={(event) => change({ version: event.target.value, element: undefined })}
          >
            {versions.map((each) => (
              <SelectItem
                key={each.processDefinitionKey}
                value={String(each.version)}
                text={each.versionTag ? `${each.version} (${each.versionTag})` : String(each.version)}
              />
            ))}
          </Select>
          <span>
            <RelativeDate value={shown.deployedAt} prefix="Deployed" /> by {shown.deployedBy}
          </span>
          <Link to={instancesAddress(filters)}>All instances of this version</Link>
          <Suspension key={shown.processDefinitionKey} definition={shown} />
          <Retention processId={shown.processDefinitionId} />
          <Toggle
            id="ended"
            size="sm"
            labelA="Without what has ended"
            labelB="With what has ended"
            aria-label="Count what has ended"
            toggled={all}
            onToggle={(on) => change({ ended: on ? "yes" : undefined }, { replace: true })}
          />
        </div>
      </header>
      {xml.isError && <ErrorState error={xml.error} what="diagram" compact retry={() => void xml.refetch()} />}
      {xml.data === undefined && !xml.isError && <LoadingState label="Loading the diagram" lines={3} />}
      {xml.data !== undefined && (
        <div className="sw-operations__diagram sw-operations__diagram--tall">
          <DiagramViewer
            key={shown.processDefinitionKey}
            xml={xml.data}
            label="Instances by element"
            badges={badges}
            selected={element}
            onSelect={(id) => change({ element: id }, { replace: true })}
          />
        </div>
      )}
      {element ? (
        <section className="sw-operations__choice" aria-live="polite">
          <h2>{element}</h2>
          <p>
            {chosen?.active ?? 0} running, {chosen?.incidents ?? 0} with incidents, {chosen?.completed ?? 0} completed,{" "}
            {chosen?.canceled ?? 0} cancelled
          </p>
          <Button
            size="sm"
            kind="tertiary"
            disabled={!chosen || chosen.active + chosen.incidents === 0}
            onClick={() => void navigate(instancesAddress({ ...filters, element }))}
          >
            Show instances that are here
          </Button>
        </section>
      ) : (
        <p className="sw-quiet">Choose an element to see the instances that are there.</p>
      )}
      <Versions versions={versions} shown={shown.version} show={(version) => change({ version: String(version), element: undefined })} />
    </div>
  );
}
