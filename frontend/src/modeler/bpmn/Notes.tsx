import { InlineNotification } from "@carbon/react";
import { useState } from "react";

/** What is to be known about the file, until the person has read it. */
export function Notes({ notes }: { notes: readonly string[] }) {
  const [read, setRead] = useState<readonly string[]>([]);
  const left = notes.filter((note) => !read.includes(note));
  if (left.length === 0) return undefined;
  return (
    <InlineNotification
      kind="info"
      lowContrast
      title="About this file"
      subtitle={left.join(" ")}
      onClose={() => {
        setRead(notes);
        return true;
      }}
    />
  );
}
