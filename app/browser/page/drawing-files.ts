import type { Drawing } from "./diagram-renderer";

/** Pixels of a picture for each of the drawing, so that it is sharp on dense screens. */
const SCALE = 2;
/** Browsers draw nothing on a larger canvas. */
const LARGEST_SIDE = 8_000;

/** An address of the drawing. Not a blob: opened in another tab, that would be a page of this origin. */
export function drawingUrl({ svg }: Drawing): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

export function drawingSvg({ svg }: Drawing): Blob {
  return new Blob([svg], { type: "image/svg+xml" });
}

/** The drawing as a picture, on the colour of the page, for which its own colours are made. */
export async function drawingPng(drawing: Drawing, ground: string): Promise<Blob> {
  const { width, height } = drawing;
  const image = new Image();
  image.src = drawingUrl(drawing);
  await image.decode();
  const scale = Math.min(SCALE, LARGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext("2d")!;
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large."))),
      "image/png",
    );
  });
}
