import { CheckmarkFilled, ErrorFilled } from "@carbon/icons-react";
import { InlineLoading, Modal, ProgressBar } from "@carbon/react";
import { useState, type ReactNode } from "react";
import { forEach, refusedFirst, type Outcome } from "./each";
import "./bulk.scss";

interface Props<Item> {
  /** "Cancel 12 instances?" */
  heading: string;
  /** What will happen, before it does. */
  children?: ReactNode;
  /** "Cancel instances" */
  button: string;
  danger?: boolean;
  items: readonly Item[];
  name: (item: Item) => ReactNode;
  keyOf: (item: Item) => string;
  action: (item: Item) => Promise<unknown>;
  /** All have an outcome. */
  finished?: (outcomes: Outcome<Item>[]) => void;
  close: () => void;
}

/** Asks, does the same to each item, and shows what became of each. */
export function BulkDialog<Item>({ heading, children, button, danger = false, items, name, keyOf, action, finished, close }: Props<Item>) {
  // What was selected when it was opened: the lists behind it go on changing.
  const [chosen] = useState(items);
  const [outcomes, setOutcomes] = useState<Outcome<Item>[]>();
  const ended = outcomes?.filter((each) => each.state !== "waiting").length ?? 0;
  const refused = outcomes?.filter((each) => each.state === "refused").length ?? 0;
  const over = outcomes !== undefined && ended === chosen.length;

  async function carryOut(which: readonly Item[]) {
    const done = await forEach(which, action, setOutcomes);
    finished?.(done);
  }

  return (
    <Modal
      open
      size="sm"
      danger={danger && !outcomes}
      modalHeading={heading}
      primaryButtonText={over ? "Close" : outcomes ? "Working …" : button}
      secondaryButtonText={over ? undefined : outcomes ? "Close, and let it go on" : "Not now"}
      primaryButtonDisabled={outcomes !== undefined && !over}
      onRequestClose={close}
      onRequestSubmit={() => (over ? close() : void carryOut(chosen))}
    >
      {!outcomes && children}
      {outcomes && (
        <>
          <ProgressBar
            label={`${ended} of ${chosen.length}`}
            helperText={refused > 0 ? `${refused} refused` : over ? "All done" : " "}
            value={ended}
            max={chosen.length}
            status={over ? (refused > 0 ? "error" : "finished") : "active"}
          />
          <ul className="sw-bulk" aria-label="Results">
            {(over ? refusedFirst(outcomes) : outcomes).map(({ item, state, reason }) => (
              <li key={keyOf(item)} className={`sw-bulk__item sw-bulk__item--${state}`}>
                {state === "waiting" && <InlineLoading description="" iconDescription="Waiting" />}
                {state === "done" && <CheckmarkFilled aria-label="Done" />}
                {state === "refused" && <ErrorFilled aria-label="Refused" />}
                <span className="sw-bulk__name">{name(item)}</span>
                {reason && <span className="sw-bulk__reason">{reason}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
    </Modal>
  );
}
