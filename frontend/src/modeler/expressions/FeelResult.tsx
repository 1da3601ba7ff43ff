import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type RefObject } from "react";
import { createPortal } from "react-dom";
import { reasonOf } from "@/api/problems";
import { evaluate } from "./evaluation";
import { current, fieldAround, type FeelField } from "./feelField";

const PAUSE_MS = 300;

/** Shows, below the FEEL field of the properties panel that was entered last, what its expression gives with the sample values;
 *  nothing while those are no JSON. */
export function FeelResult({ panel, context }: { panel: RefObject<HTMLElement | null>; context: string | undefined }) {
  const field = useFeelField(panel);
  if (!field?.expression.trim() || context === undefined) return null;
  // At the end of the panel's own entry, which leaves what it did not make alone.
  return createPortal(<Result expression={field.expression} context={context} />, field.entry);
}

function Result({ expression, context }: { expression: string; context: string }) {
  const asked = usePaused(JSON.stringify([expression, context]));
  const evaluation = useQuery({
    queryKey: ["expression", asked],
    queryFn: ({ signal }) => evaluate(...(JSON.parse(asked) as [string, string]), signal),
    retry: false,
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
  if (evaluation.isError)
    return (
      <p role="status" className="sw-feel-result sw-feel-result--error">
        {reasonOf(evaluation.error)}
      </p>
    );
  if (!evaluation.data) return <p className="sw-feel-result sw-quiet">…</p>;
  const { result, warnings } = evaluation.data;
  return (
    <div role="status" className="sw-feel-result">
      <pre tabIndex={0} aria-label="Result with the sample values">
        {result}
      </pre>
      {warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </div>
  );
}

/** The field that was entered last, with what is in it now. */
function useFeelField(panel: RefObject<HTMLElement | null>): FeelField | undefined {
  const [field, setField] = useState<FeelField>();

  useEffect(() => {
    const place = panel.current;
    if (!place) return;
    const enter = (event: Event) => {
      const entered = fieldAround(event.target);
      if (entered) setField(entered);
    };
    const follow = () =>
      setField((before) => {
        const now = before && current(before);
        return now && now.expression === before.expression ? before : now;
      });
    place.addEventListener("focusin", enter);
    place.addEventListener("input", follow);
    const watch = new MutationObserver(follow);
    watch.observe(place, { childList: true, characterData: true, subtree: true, attributeFilter: ["class"] });
    return () => {
      place.removeEventListener("focusin", enter);
      place.removeEventListener("input", follow);
      watch.disconnect();
    };
  }, [panel]);
  return field;
}

/** The value, once it has stood still for a moment. */
function usePaused(value: string): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}
