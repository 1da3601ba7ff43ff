import { DecisionTree, Document, FlowConnection } from "@carbon/icons-react";
import { KIND_NAMES, type DraftKind } from "./drafts";
import "./KindIcon.scss";

const ICONS = { BPMN: FlowConnection, DMN: DecisionTree, FORM: Document };

export function KindIcon({ kind }: { kind: DraftKind }) {
  const Icon = ICONS[kind];
  return <Icon className={`sw-kind sw-kind--${kind.toLowerCase()}`} aria-label={KIND_NAMES[kind]} />;
}
