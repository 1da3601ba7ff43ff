import { Button, InlineNotification, TextArea } from "@carbon/react";
import { use, useState } from "react";
import { Reopening } from "./reopening";
import type { DraftSaver } from "./saver";
import "./SourceEditor.scss";

/** For a draft that its editor cannot read: the text itself, to be mended and opened again. */
export function SourceEditor({ saver, content, reason }: { saver: DraftSaver; content: string; reason: string }) {
  const reopen = use(Reopening);
  const [text, setText] = useState(content);
  return (
    <div className="sw-source">
      <InlineNotification kind="error" lowContrast hideCloseButton title="This draft cannot be shown." subtitle={reason} />
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
