import type { DiagramAnswer, DiagramColours, DiagramRequest } from "~/conversation/diagram";

export type Drawing = { svg: string; width: number; height: number };

export type DiagramRenderer = {
  /** Rejects where the source is no diagram, and where drawing takes too long. */
  draw: (source: string, colours: DiagramColours) => Promise<Drawing>;
};

/** The first has to wait for Mermaid. */
const DEADLINE_MS = 20_000;
const LARGEST_SVG = 3_000_000;
const LARGEST_SIDE = 20_000;

type Waiting = { resolve: (drawing: Drawing) => void; reject: (error: Error) => void };

/**
 * Draws diagrams in a frame that has no access to this page. What comes back is text of a stranger: it is for
 * an `img` only, in which an SVG runs and loads nothing.
 */
export function createDiagramRenderer(document: Document): DiagramRenderer {
  let frame: Promise<{ port: MessagePort; element: HTMLIFrameElement }> | null = null;
  let lastId = 0;
  const waiting = new Map<number, Waiting>();

  function open() {
    const element = document.createElement("iframe");
    element.sandbox.add("allow-scripts");
    element.src = "/diagrams";
    element.title = "Diagrams";
    element.tabIndex = -1;
    element.setAttribute("aria-hidden", "true");
    // Laid out, since texts are measured in it, but never seen.
    Object.assign(element.style, {
      position: "fixed",
      insetBlockStart: "0",
      insetInlineStart: "0",
      inlineSize: "60rem",
      blockSize: "40rem",
      border: "0",
      visibility: "hidden",
      pointerEvents: "none",
      zIndex: "-1",
    });
    return new Promise<{ port: MessagePort; element: HTMLIFrameElement }>((resolve) => {
      element.addEventListener(
        "load",
        () => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }: MessageEvent<DiagramAnswer>) => settle(data);
          // Its origin has no name. What is told there is what a model said, and how the page looks.
          element.contentWindow?.postMessage("port", "*", [port2]);
          resolve({ port: port1, element });
        },
        { once: true },
      );
      document.body.append(element);
    });
  }

  function settle(answer: DiagramAnswer) {
    const request = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (!request) return;
    const drawing = "svg" in answer ? toDrawing(answer) : null;
    if (drawing) request.resolve(drawing);
    else request.reject(new Error("This is no diagram."));
  }

  /** A frame that does not answer is busy for ever: the next diagram gets another one. */
  function giveUp(id: number, opened: NonNullable<typeof frame>) {
    const request = waiting.get(id);
    if (!request) return;
    waiting.delete(id);
    request.reject(new Error("The diagram took too long."));
    if (frame !== opened) return;
    frame = null;
    for (const other of document.querySelectorAll('iframe[src="/diagrams"]')) other.remove();
  }

  return {
    async draw(source, colours) {
      const id = ++lastId;
      const opened = (frame ??= open());
      const drawn = new Promise<Drawing>((resolve, reject) => waiting.set(id, { resolve, reject }));
      const timer = setTimeout(() => giveUp(id, opened), DEADLINE_MS);
      const request: DiagramRequest = { id, source, colours };
      void opened.then(({ port }) => port.postMessage(request));
      return drawn.finally(() => clearTimeout(timer));
    },
  };
}

function toDrawing({ svg, width, height }: Drawing): Drawing | null {
  const isSide = (side: number) => Number.isFinite(side) && side > 0 && side <= LARGEST_SIDE;
  return typeof svg === "string" && svg.length <= LARGEST_SVG && isSide(width) && isSide(height)
    ? { svg, width, height }
    : null;
}
