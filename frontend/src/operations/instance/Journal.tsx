import { Button } from "@carbon/react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import type { ElementInstance, ProcessInstance } from "../types";
import { causeOf, effectsOf } from "./journal";
import "./Journal.scss";

const PAGE = 100;

/** Every transition: what came in, from whom, and what followed. */
export function Journal({ instance, elements }: { instance: ProcessInstance; elements: readonly ElementInstance[] }) {
  const key = instance.processInstanceKey;
  const found = useInfiniteQuery({
    queryKey: ["process-instances", key, "journal"],
    queryFn: ({ pageParam, signal }) =>
      api.get("/v2/process-instances/{processInstanceKey}/journal", {
        path: { processInstanceKey: key },
        query: { after: pageParam, limit: PAGE },
        signal,
      }),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.items.length === PAGE ? last.items.at(-1)!.sequence : undefined),
  });
  if (found.isPending) return <LoadingState label="Loading the journal" />;
  if (found.isError) return <ErrorState error={found.error} what="journal" retry={() => void found.refetch()} compact />;
  const names = new Map(elements.map((each) => [each.elementId, each.elementName || each.elementId]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const entries = found.data.pages.flatMap((page) => page.items);
  if (entries.length === 0) return <EmptyState title="The journal is empty" compact />;
  return (
    <>
      <ol className="sw-journal" aria-label="Journal">
        {entries.map((entry) => (
          <li key={entry.sequence}>
            <p>
              <span className="sw-journal__number">{entry.sequence}</span> <strong>{causeOf(entry, nameOf)}</strong>{" "}
              <span className="sw-quiet">
                by {entry.by}, <RelativeDate value={entry.at} />
              </span>
            </p>
            <ul>
              {effectsOf(entry, nameOf).map((line, at) => (
                <li key={at}>{line}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      <div className="sw-operations__buttons">
        {found.hasNextPage && (
          <Button size="sm" kind="ghost" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Show more
          </Button>
        )}
        <a href={`/v2/process-instances/${key}/journal?limit=1000`} download={`journal-${key}.json`}>
          Save as JSON
        </a>
      </div>
    </>
  );
}
