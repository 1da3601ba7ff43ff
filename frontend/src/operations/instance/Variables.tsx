import { Add, Edit } from "@carbon/icons-react";
import { Button, IconButton, Search, Select, SelectItem, TextInput } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { useSearch } from "@/api/queries";
import { contains } from "@/shared/matching";
import { tellRefusal } from "@/shared/notices";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import { editableText, parseValue, typeOfJson, ValueFields, ValueText, type ValueType } from "@/shared/values";
import type { ElementInstance, ProcessInstance, Variable } from "../types";
import "./Variables.scss";

interface Props {
  instance: ProcessInstance;
  elements: readonly ElementInstance[];
  elementId: string | undefined;
}

/** The variables of a scope: the process, or an element that has its own. Running instances' can be changed. */
export function Variables({ instance, elements, elementId }: Props) {
  const key = instance.processInstanceKey;
  const [text, setText] = useState("");
  const [scopeKey, setScopeKey] = useState<string>();
  const [editing, setEditing] = useState<string>();
  const found = useSearch("variables", {
    filter: { processInstanceKey: key },
    sort: [{ field: "name", order: "ASC" }],
    page: { limit: 1000 },
  });
  if (found.isPending) return <LoadingState label="Loading the variables" />;
  if (found.isError) return <ErrorState error={found.error} what="list" retry={() => void found.refetch()} compact />;

  const scopes = [key, ...new Set(found.data.items.map((each) => each.scopeKey))].filter((each, at, all) => all.indexOf(each) === at);
  const ofElement = scopes.find((each) =>
    elements.some((element) => element.elementInstanceKey === each && element.elementId === elementId),
  );
  const shown = scopeKey !== undefined && scopes.includes(scopeKey) ? scopeKey : (ofElement ?? key);
  const rows = found.data.items.filter((each) => each.scopeKey === shown && contains(each.name, text));
  const scope = elements.find((each) => each.elementInstanceKey === shown);
  const changeable = instance.endDate === null && (shown === key || scope?.state === "ACTIVE");

  return (
    <div>
      <div className="sw-variables__tools">
        <Search
          size="sm"
          labelText="Search by name"
          placeholder="Search by name"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {scopes.length > 1 && (
          <Select
            id="variable-scope"
            size="sm"
            labelText="Scope"
            hideLabel
            value={shown}
            onChange={(event) => setScopeKey(event.target.value)}
          >
            {scopes.map((each) => (
              <SelectItem key={each} value={each} text={each === key ? "The process" : scopeName(each, elements)} />
            ))}
          </Select>
        )}
        {changeable && (
          <Button size="sm" kind="ghost" renderIcon={Add} onClick={() => setEditing("")}>
            Add
          </Button>
        )}
      </div>
      {editing === "" && <Editor scopeKey={shown} taken={rows.map((each) => each.name)} close={() => setEditing(undefined)} />}
      {rows.length === 0 && editing !== "" && <EmptyState title={text ? "No variable has such a name" : "No variables"} compact />}
      <dl>
        {rows.map((each) => (
          <div key={each.variableKey} className="sw-variables__row">
            <dt>{each.name}</dt>
            <dd>
              {editing === each.name ? (
                <Editor scopeKey={shown} variable={each} close={() => setEditing(undefined)} />
              ) : (
                <>
                  <ValueText json={each.value} truncated={each.isTruncated} />
                  <span className="sw-variables__when">
                    <RelativeDate value={each.updatedAt} />
                  </span>
                  {changeable && (
                    <IconButton kind="ghost" size="sm" align="left" label={`Change ${each.name}`} onClick={() => setEditing(each.name)}>
                      <Edit />
                    </IconButton>
                  )}
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function scopeName(scopeKey: string, elements: readonly ElementInstance[]): string {
  const element = elements.find((each) => each.elementInstanceKey === scopeKey);
  return element ? `${element.elementName || element.elementId} (${scopeKey})` : scopeKey;
}

/** A value, checked before it is sent. The whole of a truncated one is fetched first. */
function Editor({
  scopeKey,
  variable,
  taken = [],
  close,
}: {
  scopeKey: string;
  variable?: Variable;
  taken?: readonly string[];
  close: () => void;
}) {
  const client = useQueryClient();
  const [name, setName] = useState(variable?.name ?? "");
  const [type, setType] = useState<ValueType>(variable ? typeOfJson(variable.value) : "text");
  const [text, setText] = useState(variable && !variable.isTruncated ? editableText(variable.value) : "");
  const [mistakes, setMistakes] = useState<{ name?: string; value?: string }>({});
  const [loaded, setLoaded] = useState(!variable?.isTruncated);
  const loading = useMutation({
    mutationFn: () => api.get("/v2/variables/{variableKey}", { path: { variableKey: variable!.variableKey } }),
    onSuccess: (whole) => {
      setType(typeOfJson(whole.value));
      setText(editableText(whole.value));
      setLoaded(true);
    },
    onError: (error) => tellRefusal("The value could not be read", error),
  });
  const saving = useMutation({
    mutationFn: (value: unknown) =>
      api.put("/v2/element-instances/{elementInstanceKey}/variables", {
        path: { elementInstanceKey: scopeKey },
        body: { variables: { [name]: value }, local: true },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["variables"] });
      close();
    },
    onError: (error) => tellRefusal(`“${name}” was not changed`, error),
  });

  function save() {
    const parsed = parseValue(type, text);
    const wrong = {
      name: variable
        ? undefined
        : name.trim() === ""
          ? "Expected a name."
          : taken.includes(name)
            ? "This variable is there already; change it below."
            : undefined,
      value: "mistake" in parsed ? parsed.mistake : undefined,
    };
    setMistakes(wrong);
    if (wrong.name === undefined && "value" in parsed) saving.mutate(parsed.value);
  }

  if (!loaded) {
    return (
      <div className="sw-variables__editor">
        <p>This value is long; only its beginning is here.</p>
        <Button size="sm" kind="tertiary" disabled={loading.isPending} onClick={() => loading.mutate()}>
          Get the whole value
        </Button>
        <Button size="sm" kind="ghost" onClick={close}>
          Leave it
        </Button>
      </div>
    );
  }
  return (
    <form
      className="sw-variables__editor"
      aria-label={variable ? `Change ${variable.name}` : "New variable"}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      {!variable && (
        <TextInput
          id="variable-name"
          size="sm"
          labelText="Name"
          autoComplete="off"
          data-modal-primary-focus
          value={name}
          invalid={mistakes.name !== undefined}
          invalidText={mistakes.name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <ValueFields
        id="variable-value"
        name={name || "the new variable"}
        type={type}
        text={text}
        mistake={mistakes.value}
        onChange={(nextType, nextText) => {
          setType(nextType);
          setText(nextText);
          setMistakes({ ...mistakes, value: undefined });
        }}
      />
      <div className="sw-operations__buttons">
        <Button size="sm" type="submit" disabled={saving.isPending}>
          Save
        </Button>
        <Button size="sm" kind="ghost" onClick={close}>
          Leave it
        </Button>
      </div>
    </form>
  );
}
