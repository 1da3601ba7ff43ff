const TYPES: Record<string, string> = { svg: "image/svg+xml", png: "image/png", form: "application/json" };

/** Offers a file to save. The name loses what file systems refuse. */
export function download(fileName: string, content: string | Blob): void {
  const type = TYPES[fileName.split(".").at(-1) ?? ""] ?? "application/xml";
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName.replace(/[\\/:*?"<>|]/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
