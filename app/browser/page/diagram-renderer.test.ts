import { beforeEach, expect, test, vi } from "vitest";
import type { DiagramAnswer, DiagramColours, DiagramRequest } from "~/conversation/diagram";
import { pageClock } from "./page-clock";
import { createDiagramRenderer, InvalidDiagram } from "./diagram-renderer";

const COLOURS = {} as DiagramColours;

/** A document whose frames draw what does not ask for silence, one after another. */
function fakeDocument() {
  const frames: { isThere: boolean; drew: string[] }[] = [];
  const document = {
    createElement() {
      const frame = { isThere: true, drew: [] as string[] };
      let isStuck = false;
      frames.push(frame);
      let loaded = () => {};
      queueMicrotask(() => loaded());
      return {
        sandbox: { add: () => {} },
        style: {},
        setAttribute: () => {},
        addEventListener: (_: string, listener: () => void) => (loaded = listener),
        remove: () => (frame.isThere = false),
        contentWindow: {
          postMessage(_: string, __: string, [port]: [MessagePort]) {
            port.onmessage = ({ data: { id, source } }: MessageEvent<DiagramRequest>) => {
              isStuck ||= source === "endless";
              if (isStuck) return;
              frame.drew.push(source);
              const answer: DiagramAnswer =
                source === "nonsense" ? { id, error: "no" } : { id, svg: source, width: 1, height: 1 };
              port.postMessage(answer);
            };
          },
        },
      };
    },
    body: { append: () => {} },
  };
  return { frames, renderer: createDiagramRenderer(document as unknown as Document, pageClock) };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

test("draws all diagrams in one frame, and rejects a source that is not a diagram", async () => {
  const { frames, renderer } = fakeDocument();
  const drawings = ["a", "nonsense", "b"].map((source) => renderer.draw(source, COLOURS));
  await expect(drawings[0]).resolves.toMatchObject({ svg: "a" });
  await expect(drawings[1]).rejects.toEqual(new InvalidDiagram("no"));
  await expect(drawings[2]).resolves.toMatchObject({ svg: "b" });
  expect(frames).toEqual([{ isThere: true, drew: ["a", "nonsense", "b"] }]);
});

test("a diagram that never ends delays the others, which are drawn in a new frame", async () => {
  const { frames, renderer } = fakeDocument();
  await renderer.draw("a", COLOURS);
  const endless = renderer.draw("endless", COLOURS);
  const others = ["b", "c"].map((source) => renderer.draw(source, COLOURS));
  const refused = expect(endless).rejects.toThrow("too long");
  await vi.advanceTimersByTimeAsync(20_000);
  await refused;
  expect(await Promise.all(others)).toMatchObject([{ svg: "b" }, { svg: "c" }]);
  expect(frames).toEqual([
    { isThere: false, drew: ["a"] },
    { isThere: true, drew: ["b", "c"] },
  ]);
});
