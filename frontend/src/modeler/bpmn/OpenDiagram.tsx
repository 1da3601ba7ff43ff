import { useEffect, useState } from "react";
import { LoadingState } from "@/shared/states";
import type { EditorProps } from "../drafts/editorProps";
import { EditorHeader } from "../drafts/EditorHeader";
import { SourceEditor } from "../drafts/SourceEditor";
import { BpmnPage } from "./BpmnPage";
import { LossyDiagram } from "./LossyDiagram";
import { read, type Reading } from "./reading";

/** Reads a diagram before it is opened: the modeler gets what it can keep whole, or what the person gives up parts of. */
export default function OpenDiagram({ saver, content }: EditorProps) {
  const [reading, setReading] = useState<Reading>();
  const [failure, setFailure] = useState<Error>();
  const [anyway, setAnyway] = useState(false);

  useEffect(() => {
    let open = true;
    read(content).then(
      (found) => open && setReading(found),
      (error: Error) => open && setFailure(error),
    );
    return () => {
      open = false;
    };
  }, [content]);

  if (reading && reading.losses.length === 0) return <BpmnPage saver={saver} content={reading.content} notes={reading.notes} />;
  if (reading && anyway) return <BpmnPage saver={saver} content={reading.kept} notes={[]} />;
  if (reading) return <LossyDiagram saver={saver} content={content} reading={reading} openAnyway={() => setAnyway(true)} />;
  return (
    <div className="sw-editor">
      <EditorHeader saver={saver} />
      {failure ? (
        <SourceEditor saver={saver} content={content} reason={failure.message} />
      ) : (
        <LoadingState label="Opening the diagram" lines={3} />
      )}
    </div>
  );
}
