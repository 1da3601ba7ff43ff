import { withPlainColours } from "@/shared/diagram/theme";
import type { Modeler } from "./createModeler";

/** The diagram as SVG, in the colours of the light theme. */
export async function svgOf(modeler: Modeler): Promise<string> {
  return withPlainColours((await modeler.saveSVG()).svg);
}

/** The same as PNG, at twice its natural size, on white. */
export async function pngOf(modeler: Modeler): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([await svgOf(modeler)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Error("The picture could not be drawn."));
      image.src = url;
    });
    // Browsers refuse canvases beyond about 16,000 pixels a side.
    const scale = Math.min(2, 16_000 / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(image.width * scale);
    canvas.height = Math.ceil(image.height * scale);
    const context = canvas.getContext("2d")!;
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large."))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
