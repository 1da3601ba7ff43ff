import { inReadersWords } from "@/shared/bpmn/references";
import { newLibrary, Schema, type Library } from "@/shared/bpmn/schema";
import { readSource } from "@/shared/xml/source";
import { lossesBetween, type Loss } from "./losses";
import { nameBySchema } from "./schemaNames";

/** A file as the modeler can open it. */
export interface Reading {
  /** The same diagram in the reader's words. */
  content: string;
  /** What a save would leave of it. */
  kept: string;
  /** What a save would take out of the file. */
  losses: Loss[];
  /** What the person is told beside it: nothing of the diagram is lost by that. */
  notes: string[];
}

/**
 * Reads a diagram and writes it again, as a save does, and says what is not in it any more. Throws the reason where nothing
 * at all can be read.
 */
export async function read(content: string): Promise<Reading> {
  readSource(content);
  const readable = inReadersWords(content);
  const source = readSource(readable);
  const library = modelersLibrary();
  const { rootElement, warnings } = await library.fromXML(readable);
  const { xml } = await library.toXML(rootElement, { format: true });
  const losses = lossesBetween(source, readSource(xml).document, new Schema(library));
  return {
    content: readable,
    kept: xml,
    losses,
    notes: [...(losses.length === 0 ? warnings.flatMap(plain) : []), ...comments(source.document)],
  };
}

function modelersLibrary(): Library {
  const library = newLibrary();
  nameBySchema(library as unknown as Parameters<typeof nameBySchema>[0]);
  return library;
}

/** What the reader warns of though nothing is lost. A draft is a text, whatever encoding its file had and says. */
function plain({ message }: { message: string }): string[] {
  return /document encoding/.test(message) ? [] : [`The reader says: ${message.replace(/\s+/g, " ")}.`];
}

function comments(document: Document): string[] {
  let count = 0;
  const found = document.createNodeIterator(document, NodeFilter.SHOW_COMMENT);
  while (found.nextNode()) count += 1;
  if (count === 0) return [];
  return [
    count === 1
      ? "A comment in the source is not kept when you change the diagram."
      : `${count} comments in the source are not kept when you change the diagram.`,
  ];
}
