import { EditorHeader } from "../drafts/EditorHeader";
import type { EditorProps } from "../drafts/DraftPage";

export default function BpmnPage({ saver }: EditorProps) {
  return <EditorHeader saver={saver} />;
}
