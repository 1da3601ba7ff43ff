import { useEffect, useRef, useState, type RefObject } from "react";
import { withPicture } from "@/shared/diagram/layout";
import type { DraftSaver } from "../drafts/saver";
import { createModeler, currentXml, type Modeler } from "./createModeler";
import type { FormChoice } from "./formPicker";
import { undrawnIn } from "./undrawn";
import { fitToCanvas, NARROW } from "./view";

interface Places {
  canvas: RefObject<HTMLDivElement | null>;
  properties: RefObject<HTMLDivElement | null>;
  popups: RefObject<HTMLDivElement | null>;
}

export interface OpenModeler {
  modeler: Modeler | undefined;
  /** The diagram has been read and is on the canvas. */
  ready: boolean;
  /** Why the diagram could not be read. */
  failure: Error | undefined;
  /** What is in the file and not on the canvas, in sentences. */
  undrawn: string[];
  /** Grows with each change, undo and redo among them. */
  changes: number;
  /** Hands the diagram as it stands to the saver, and returns it. */
  sync: () => Promise<string>;
}

const PAUSE_MS = 300;

/**
 * Opens a draft in a modeler that lives as long as the page, and hands each change to the saver. What nobody has changed is
 * not saved, not even the picture of a file that had none.
 */
export function useModeler(places: Places, content: string, saver: DraftSaver, forms: readonly FormChoice[]): OpenModeler {
  const [modeler, setModeler] = useState<Modeler>();
  const [ready, setReady] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const [undrawn, setUndrawn] = useState<string[]>([]);
  const [changes, setChanges] = useState(0);
  const choices = useRef(forms);
  useEffect(() => {
    choices.current = forms;
  });

  useEffect(() => {
    const created = createModeler({
      canvas: places.canvas.current!,
      properties: places.properties.current!,
      popups: places.popups.current!,
      formChoices: () => choices.current,
    });
    let open = true;
    let dirty = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function hand(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      if (!dirty) return;
      dirty = false;
      saver.change(await currentXml(created));
    }

    created.on("commandStack.changed", () => {
      dirty = true;
      saver.touch();
      // Not put off by the next change: who draws without a pause is saved too.
      timer ??= setTimeout(() => void hand(), PAUSE_MS);
      setChanges((count) => count + 1);
    });
    const resizing = new ResizeObserver(() => created.get("canvas").resized());
    resizing.observe(places.canvas.current!);

    withPicture(content)
      .then(async (drawn) => {
        if (!open) return;
        await created.importXML(drawn);
        if (!open) return;
        setUndrawn(undrawnIn(created));
        if (places.canvas.current!.clientWidth <= NARROW) created.get("palette").close();
        fitToCanvas(created);
        setReady(true);
      })
      .catch((error: Error) => open && setFailure(error));
    setModeler(created);

    return () => {
      open = false;
      resizing.disconnect();
      setReady(false);
      setModeler(undefined);
      void hand().finally(() => created.destroy());
    };
    // One modeler per opening: the places are refs, and another content comes with another key.
  }, [places.canvas, places.properties, places.popups, content, saver]);

  async function sync(): Promise<string> {
    if (!modeler || !ready) return saver.current;
    const xml = await currentXml(modeler);
    if (changes > 0) saver.change(xml);
    return saver.current;
  }

  return { modeler, ready, failure, undrawn, changes, sync };
}
