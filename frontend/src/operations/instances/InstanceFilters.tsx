import { Button, Select, SelectItem, TextInput } from "@carbon/react";
import { useState } from "react";
import { useSearch } from "@/api/queries";
import { useAddress } from "@/shared/address";
import { countOf, FILTERS, STATE_LABELS, STATES, type Filters } from "./filters";

/** The filters of the list, which live in the address. Texts are taken up by Enter, or when their field is left. */
export function InstanceFilters() {
  const [params, change] = useAddress();
  const [open, setOpen] = useState(() =>
    ["business", "element", "error", "variable", "from", "to", "version"].some((name) => params.has(name)),
  );
  const definitions = useSearch("process-definitions", { filter: { isLatestVersion: true }, page: { limit: 500 } }, { staleTime: 60_000 });
  const count = countOf(params);

  function choose(filters: Filters) {
    change({ ...filters, after: undefined });
  }

  function text(name: keyof Filters, label: string, placeholder = "", type = "text") {
    return (
      <TextInput
        key={`${name} ${params.get(name) ?? ""}`}
        id={`filter-${name}`}
        type={type}
        labelText={label}
        placeholder={placeholder}
        defaultValue={params.get(name) ?? ""}
        onBlur={(event) => event.target.value !== (params.get(name) ?? "") && choose({ [name]: event.target.value })}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
    );
  }

  return (
    <section aria-label="Filters">
      <div className="sw-operations__filters">
        <Select
          id="filter-process"
          labelText="Process"
          value={params.get("process") ?? ""}
          onChange={(event) => choose({ process: event.target.value, version: undefined })}
        >
          <SelectItem value="" text="All processes" />
          {definitions.data?.items.map((each) => (
            <SelectItem key={each.processDefinitionKey} value={each.processDefinitionId} text={each.name || each.processDefinitionId} />
          ))}
        </Select>
        <Select
          id="filter-state"
          labelText="State"
          value={params.get("state") ?? "ALL"}
          onChange={(event) => choose({ state: event.target.value })}
        >
          {STATES.map((each) => (
            <SelectItem key={each} value={each} text={STATE_LABELS[each]} />
          ))}
        </Select>
        {text("business", "Business id", "Its beginning, or 3 letters of it")}
        <div className="sw-operations__buttons">
          <Button kind="ghost" size="md" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Fewer filters" : "More filters"}
          </Button>
          {count > 0 && (
            <Button kind="ghost" size="md" onClick={() => choose(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}>
              Clear {count === 1 ? "the filter" : `${count} filters`}
            </Button>
          )}
        </div>
      </div>
      {open && (
        <div className="sw-operations__filters">
          {text("version", "Version")}
          {text("element", "Stands at element", "Element id")}
          {text("error", "Error message", "A part of it")}
          {text("variable", "Variable", "Name")}
          {text("value", "Value of the variable", 'JSON, as 12 or "Ada"')}
          {text("from", "Started from", "", "date")}
          {text("to", "Started until", "", "date")}
        </div>
      )}
    </section>
  );
}
