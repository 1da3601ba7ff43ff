import { CheckmarkFilled, ChevronDown, ChevronUp, ErrorFilled, InformationFilled, WarningFilled } from "@carbon/icons-react";
import { arranged, counts, countsInWords, type Problem } from "./problems";
import "./problems.scss";

const ICONS = { error: ErrorFilled, warning: WarningFilled, info: InformationFilled };

interface Props {
  problems: readonly Problem[];
  /** Why the server's check is missing, if it is. */
  note?: string;
  open: boolean;
  setOpen: (open: boolean) => void;
  /** Selects the element and brings it into view. */
  show: (elementId: string) => void;
}

/** The line below the editor that counts problems, and above it on demand their list; each leads to its element. */
export function ProblemsPanel({ problems, note, open, setOpen, show }: Props) {
  const lines = arranged(problems);
  const found = counts(lines);
  const worst = found.error > 0 ? "error" : found.warning > 0 ? "warning" : "info";
  const Icon = lines.length === 0 ? CheckmarkFilled : ICONS[worst];
  return (
    <section className="sw-problems" aria-label="Problems">
      <button type="button" className="sw-problems__bar" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon className={`sw-severity--${lines.length === 0 ? "none" : worst}`} />
        <span role="status">{countsInWords(lines)}</span>
        {note && <span className="sw-quiet">{note}</span>}
        {open ? <ChevronDown /> : <ChevronUp />}
      </button>
      {open && (
        <ul className="sw-problems__list">
          {lines.length === 0 && <li className="sw-problems__none">Nothing stands against a deployment.</li>}
          {lines.map((problem, index) => (
            <li key={index}>
              <ProblemLine problem={problem} show={show} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function ProblemLine({ problem, show }: { problem: Problem; show?: (elementId: string) => void }) {
  const Icon = ICONS[problem.severity];
  const { elementId, elementName, resourceName, line } = problem;
  const place = [resourceName, elementName || elementId, line ? `line ${line}` : undefined].filter(Boolean).join(" · ");
  const content = (
    <>
      <Icon className={`sw-severity--${problem.severity}`} aria-label={problem.severity === "info" ? "hint" : problem.severity} />
      <span className="sw-problem__message">{problem.message}</span>
      {place && <span className="sw-quiet">{place}</span>}
    </>
  );
  if (!show || !elementId || resourceName) return <div className="sw-problem">{content}</div>;
  return (
    <button type="button" className="sw-problem" onClick={() => show(elementId)}>
      {content}
    </button>
  );
}
