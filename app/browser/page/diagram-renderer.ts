import type { DiagramAnswer, DiagramColours, DiagramRequest } from "~/conversation/diagram";

import type { PageClock } from "./page-clock";

export type Drawing = { svg: string; width: number; height: number };

export type DiagramRenderer = {
  /** Rejects with `InvalidDiagram` if the source is not a diagram, with another error if drawing takes too long. */
  draw: (source: string, colours: DiagramColours) => Promise<Drawing>;
};

/** Mermaid cannot draw the source. The message is its own. */
export class InvalidDiagram extends Error {}

/** For each diagram, from its turn on. The first one includes the time to load Mermaid. */
const DEADLINE_MS = 20_000;
const LARGEST_SVG = 3_000_000;
const LARGEST_SIDE = 20_000;

type Frame = { element: HTMLIFrameElement; port: Promise<MessagePort> };

type Waiting = {
  request: DiagramRequest;
  resolve: (drawing: Drawing) => void;
  reject: (error: Error) => void;
};

/**
 * Draws diagrams in a sandboxed frame without access to this page. The result is untrusted: it may be used only in an
 * `img`, where an SVG runs no scripts and loads nothing.
 */
export function createDiagramRenderer(document: Document, clock: Pick<PageClock, "after">): DiagramRenderer {
  let frame: Frame | null = null;
  let lastId = 0;
  /** In the order of the requests: the frame draws one diagram at a time. */
  const waiting = new Map<number, Waiting>();
  let stopDeadline = () => {};

  function open(): Frame {
    const element = document.createElement("iframe");
    element.sandbox.add("allow-scripts");
    element.src = "/diagrams";
    element.title = "Diagrams";
    element.tabIndex = -1;
    element.setAttribute("aria-hidden", "true");
    // Laid out, since Mermaid measures texts, but never visible.
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
    const port = new Promise<MessagePort>((resolve) => {
      element.addEventListener(
        "load",
        () => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }: MessageEvent<DiagramAnswer>) => settle(data);
          // The frame has an opaque origin, which only "*" matches. Messages hold a model's text and the page's colours.
          element.contentWindow?.postMessage("port", "*", [port2]);
          resolve(port1);
        },
        { once: true },
      );
    });
    document.body.append(element);
    return { element, port };
  }

  function settle(answer: DiagramAnswer) {
    const request = waiting.get(answer.id);
    if (!request) return;
    waiting.delete(answer.id);
    restartDeadline();
    const drawing = "svg" in answer ? toDrawing(answer) : null;
    if (drawing) request.resolve(drawing);
    else request.reject(new InvalidDiagram("error" in answer ? answer.error : "Nothing was drawn."));
  }

  function restartDeadline() {
    stopDeadline();
    if (waiting.size > 0) stopDeadline = clock.after(DEADLINE_MS, giveUp);
  }

  /** A frame that does not answer hangs in the oldest diagram: the others are sent to a new frame. */
  function giveUp() {
    const [oldest] = waiting.values();
    if (!oldest) return;
    waiting.delete(oldest.request.id);
    oldest.reject(new Error("The diagram took too long."));
    frame?.element.remove();
    frame = null;
    for (const { request } of waiting.values()) send(request);
    restartDeadline();
  }

  function send(request: DiagramRequest) {
    frame ??= open();
    void frame.port.then((port) => port.postMessage(request));
  }

  return {
    draw(source, colours) {
      const request: DiagramRequest = { id: ++lastId, source, colours };
      return new Promise((resolve, reject) => {
        waiting.set(request.id, { request, resolve, reject });
        if (waiting.size === 1) restartDeadline();
        send(request);
      });
    },
  };
}

function toDrawing({ svg, width, height }: Drawing): Drawing | null {
  const isSide = (side: number) => Number.isFinite(side) && side > 0 && side <= LARGEST_SIDE;
  return typeof svg === "string" && svg.length <= LARGEST_SVG && isSide(width) && isSide(height)
    ? { svg, width, height }
    : null;
}
