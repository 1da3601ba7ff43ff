import { useState } from "react";
import { indented, typeOfJson } from "./values";
import "./values.scss";

const LONG = 120;

/** A value as JSON shows it, in one line; a long one opens. */
export function ValueText({ json, truncated = false, more }: { json: string; truncated?: boolean; more?: () => void }) {
  const [open, setOpen] = useState(false);
  const type = typeOfJson(json);
  const long = json.length > LONG || truncated;
  if (!long && !(type === "json" && open)) return <code className={`sw-value-text sw-value-text--${type}`}>{json}</code>;
  return (
    <div className="sw-value-long">
      <code className={`sw-value-text sw-value-text--${type}`}>{open ? indented(json) : `${json.slice(0, LONG)} …`}</code>
      <button
        type="button"
        className="sw-value-more"
        aria-expanded={open}
        onClick={() => {
          if (!open && truncated) more?.();
          setOpen(!open);
        }}
      >
        {open ? "Show less" : "Show all"}
      </button>
    </div>
  );
}
