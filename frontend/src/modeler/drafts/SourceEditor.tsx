import { Button, InlineNotification, TextArea } from "@carbon/react";
import { use, useState } from "react";
import { Reopening } from "./reopening";
import type { DraftSaver } from "./saver";
import "./SourceEditor.scss";

interface Props {
  saver: DraftSaver;
  content: string;
  /** Why the editor is not shown instead. */
  reason: string;
  title?: string;
}

/** For a draft that its editor cannot read: the text itself, to be mended and opened again. */
export function SourceEditor({ saver, content, reason, title = "This draft cannot be shown." }: Props) {
  const reopen = use(Reopening);
  const [text, setText] = useState(content);
  return (
    <div className="sw-source">
      <InlineNotification kind="error" lowContrast hideCloseButton title={title} subtitle={reason} />
      <TextArea
        id="source"
        labelText="Source"
        rows={20}
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          saver.change(event.target.value);
        }}
      />
      <Button size="md" onClick={() => reopen(text)}>
        Open again
      </Button>
    </div>
  );
}
