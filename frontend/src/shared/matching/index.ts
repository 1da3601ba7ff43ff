/** Whether `part` stands in `text`, whatever the case of the letters: how a list on the page is searched. */
export function contains(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** The same as a condition of a search on the server. `*` and `?` stand for themselves. */
export function containing(part: string): { $like: string } {
  return { $like: `*${literal(part)}*` };
}

/** What begins with `part`, as a condition of a search on the server. */
export function beginningWith(part: string): { $like: string } {
  return { $like: `${literal(part)}*` };
}

function literal(text: string): string {
  return text.replace(/[\\*?]/g, "\\$&");
}
