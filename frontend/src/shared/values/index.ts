export { ValueFields } from "./ValueFields";
export { ValueText } from "./ValueText";
export {
  editableText,
  indented,
  mistakeInName,
  parseJson,
  parseValue,
  typeOfJson,
  VALUE_TYPES,
  type Parsed,
  type ValueType,
} from "./values";
