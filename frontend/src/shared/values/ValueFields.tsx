import { Select, SelectItem, TextArea, TextInput } from "@carbon/react";
import { VALUE_TYPES, type ValueType } from "./values";
import "./values.scss";

interface Props {
  id: string;
  /** What a screen reader says that is edited: the variable's name. */
  name: string;
  type: ValueType;
  text: string;
  mistake?: string;
  onChange: (type: ValueType, text: string) => void;
}

/** The type of a value, and the field that fits it. */
export function ValueFields({ id, name, type, text, mistake, onChange }: Props) {
  const common = { id, labelText: `Value of ${name}`, hideLabel: true, invalid: mistake !== undefined, invalidText: mistake };
  return (
    <div className="sw-value">
      <Select
        id={`${id}-type`}
        className="sw-value__type"
        size="sm"
        labelText={`Type of ${name}`}
        hideLabel
        value={type}
        onChange={(event) => onChange(event.target.value as ValueType, text)}
      >
        {VALUE_TYPES.map((each) => (
          <SelectItem key={each.id} value={each.id} text={each.name} />
        ))}
      </Select>
      <div className="sw-value__text">
        {type === "json" && (
          <TextArea
            {...common}
            className="sw-value__json"
            rows={Math.min(12, Math.max(3, text.split("\n").length))}
            spellCheck={false}
            value={text}
            onChange={(event) => onChange(type, event.target.value)}
          />
        )}
        {type === "boolean" && (
          <Select
            {...common}
            size="sm"
            value={text === "true" || text === "false" ? text : ""}
            onChange={(event) => onChange(type, event.target.value)}
          >
            <SelectItem value="" text="Choose" hidden />
            <SelectItem value="true" text="true" />
            <SelectItem value="false" text="false" />
          </Select>
        )}
        {(type === "text" || type === "number") && (
          <TextInput
            {...common}
            size="sm"
            inputMode={type === "number" ? "decimal" : "text"}
            autoComplete="off"
            value={text}
            onChange={(event) => onChange(type, event.target.value)}
          />
        )}
        {type === "null" && <span className="sw-value__null">null</span>}
      </div>
    </div>
  );
}
