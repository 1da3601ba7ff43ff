import type { DeploymentProblem } from "@/api/problems";

/** One line of the problems panel: from the linter of the drawing, or from the server's check of a deployment. */
export interface Problem {
  source: "drawing" | "deployment";
  code: string;
  severity: "error" | "warning" | "info";
  message: string;
  elementId?: string | null;
  elementName?: string | null;
  /** The file, when it is another one than the open one. */
  resourceName?: string | null;
  line?: number | null;
}

const ORDER = { error: 0, warning: 1, info: 2 };

/** The server's findings as lines of the panel; those about `openResource` lose the file's name. */
export function problemsOf(found: readonly DeploymentProblem[], openResource: string): Problem[] {
  return found.map((problem) => ({
    ...problem,
    source: "deployment",
    severity: problem.severity === "error" ? "error" : "warning",
    resourceName: problem.resourceName === openResource ? null : problem.resourceName,
  }));
}

/** Errors first, the server's before the linter's. What both say about an element in the same words is said once. */
export function arranged(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return [...problems]
    .sort((a, b) => ORDER[a.severity] - ORDER[b.severity] || a.source.localeCompare(b.source))
    .filter((problem) => {
      const key = `${problem.resourceName ?? ""} ${problem.elementId ?? ""} ${problem.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

export function counts(problems: readonly Problem[]): Record<Problem["severity"], number> {
  const found = { error: 0, warning: 0, info: 0 };
  for (const { severity } of problems) found[severity] += 1;
  return found;
}

/** "2 errors, 1 warning", "No problems". */
export function countsInWords(problems: readonly Problem[]): string {
  const found = counts(problems);
  const words = [
    [found.error, "error"],
    [found.warning, "warning"],
    [found.info, "hint"],
  ] as const;
  const parts = words.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`);
  return parts.join(", ") || "No problems";
}
