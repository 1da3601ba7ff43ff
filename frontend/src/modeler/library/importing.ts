import { kindOfFile, nameOfFile } from "../drafts/fresh";
import type { NewDraft } from "./drafts";

const LARGEST = 10 * 1024 * 1024;

/** What files hold, as drafts for a folder; and a sentence for each file that is none. */
export async function readFiles(files: Iterable<File>, folder: string): Promise<{ drafts: NewDraft[]; refused: string[] }> {
  const drafts: NewDraft[] = [];
  const refused: string[] = [];
  for (const file of files) {
    if (file.size > LARGEST) {
      refused.push(`${file.name} is larger than 10 MB.`);
      continue;
    }
    const content = await file.text();
    const kind = kindOfFile(file.name, content);
    if (kind) drafts.push({ name: nameOfFile(file.name, content, kind), kind, folder, content });
    else refused.push(`${file.name} is neither a BPMN diagram, a DMN decision nor a form.`);
  }
  return { drafts, refused };
}
