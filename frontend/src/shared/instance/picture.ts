import type { Schemas } from "@/api/contract";
import type { Badge } from "@/shared/diagram";

type Statistics = Schemas["ElementStatistics"];

/** Badges for tokens and incidents; those of elements that are done only where an element was passed more than once, or `all`. */
export function badgesOf(statistics: readonly Statistics[], { all = false }: { all?: boolean } = {}): Badge[] {
  return statistics.flatMap(({ elementId, active, incidents, completed, canceled }) => {
    const badges: Badge[] = [];
    if (active > 0) badges.push({ elementId, status: "running", text: active });
    if (incidents > 0)
      badges.push({ elementId, status: "incident", text: incidents, title: incidents === 1 ? "1 incident" : `${incidents} incidents` });
    if (completed > (all ? 0 : 1)) badges.push({ elementId, status: "completed", text: completed });
    if (canceled > 0) badges.push({ elementId, status: "cancelled", text: canceled });
    return badges;
  });
}

export function passedElements(statistics: readonly Statistics[]): string[] {
  return statistics.filter((each) => each.completed > 0).map((each) => each.elementId);
}
