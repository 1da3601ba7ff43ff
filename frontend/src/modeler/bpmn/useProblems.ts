import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { bundleOf, validate } from "../deploy/deployments";
import type { DraftSaver } from "../drafts/saver";
import { problemsOf, type Problem } from "../problems/problems";
import type { Modeler } from "./createModeler";
import { problemsFrom, type LintIssues } from "./linting";

/** What stands against the drawing, at once; and against its deployment, as the server says after each save. */
export function useProblems(modeler: Modeler | undefined, saver: DraftSaver): { problems: Problem[]; note?: string } {
  const client = useQueryClient();
  const [drawing, setDrawing] = useState<Problem[]>([]);
  const draft = useSyncExternalStore(saver.subscribe, saver.getDraft);

  useEffect(() => {
    if (!modeler) return;
    const take = ({ issues }: { issues: LintIssues }) => setDrawing(problemsFrom(issues, (id) => nameOf(modeler, id)));
    modeler.on("linting.completed", take as never);
    return () => modeler.off("linting.completed", take as never);
  }, [modeler]);

  const validation = useQuery({
    queryKey: ["deployment-validation", draft.draftKey, draft.revision],
    queryFn: async ({ signal }) => {
      const bundle = await bundleOf(client, draft, draft.content);
      const found = await validate([bundle.main, ...bundle.linked], signal);
      return problemsOf(found, bundle.main.resourceName);
    },
    placeholderData: (before) => before,
    refetchOnWindowFocus: false,
    retry: false,
  });

  const problems = useMemo(() => [...drawing, ...(validation.data ?? [])], [drawing, validation.data]);
  return { problems, note: validation.isError ? "The server's check is not available just now." : undefined };
}

function nameOf(modeler: Modeler, elementId: string): string | undefined {
  const element = modeler.get("elementRegistry").get(elementId) as { businessObject?: { name?: string } } | undefined;
  return element?.businessObject?.name;
}
