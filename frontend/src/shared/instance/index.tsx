import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "@/api/client";
import { useResource } from "@/api/queries";
import { DiagramViewer, type DiagramViewerProps } from "@/shared/diagram";
import { ErrorState, LoadingState } from "@/shared/states";
import { badgesOf, passedElements } from "./picture";

interface Props extends Omit<DiagramViewerProps, "xml" | "badges" | "path"> {
  processInstanceKey: string;
  processDefinitionKey: string;
}

/** The keys of the queries that say where an instance is, for `useLive`. */
export function pictureKeys(processInstanceKey: string): string[][] {
  return [
    ["process-instances", processInstanceKey, "statistics"],
    ["process-instances", processInstanceKey, "sequence-flows"],
  ];
}

/** The file of a definition never changes. */
export function useDefinitionXml(processDefinitionKey: string) {
  return useQuery({
    queryKey: ["process-definitions", processDefinitionKey, "xml"],
    queryFn: ({ signal }) => api.getText("/v2/process-definitions/{processDefinitionKey}/xml", { path: { processDefinitionKey }, signal }),
    staleTime: Infinity,
  });
}

/** Where an instance is: tokens, incidents, and the path that it has taken. */
export function InstanceDiagram({ processInstanceKey, processDefinitionKey, ...viewer }: Props) {
  const xml = useDefinitionXml(processDefinitionKey);
  const statistics = useResource("/v2/process-instances/{processInstanceKey}/statistics/element-instances", {
    path: { processInstanceKey },
  });
  const flows = useResource("/v2/process-instances/{processInstanceKey}/sequence-flows", { path: { processInstanceKey } });
  const badges = useMemo(() => badgesOf(statistics.data?.items ?? []), [statistics.data]);
  const path = useMemo(
    () => ({ elementIds: passedElements(statistics.data?.items ?? []), flowIds: flows.data?.items.map((each) => each.elementId) }),
    [statistics.data, flows.data],
  );
  if (xml.isError) return <ErrorState error={xml.error} what="diagram" compact retry={() => void xml.refetch()} />;
  if (xml.data === undefined) return <LoadingState label="Loading the diagram" lines={3} />;
  return <DiagramViewer xml={xml.data} badges={badges} path={path} {...viewer} />;
}

export { badgesOf, passedElements } from "./picture";
