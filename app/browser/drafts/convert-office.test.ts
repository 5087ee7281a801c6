import { expect, test } from "vitest";
import { convertOffice, officeKind, type OfficeRequest, type OfficeWorker } from "./convert-office";

function fakeWorker() {
  const state = { asked: [] as OfficeRequest[], ended: 0 };
  const worker: OfficeWorker = {
    onmessage: null,
    onerror: null,
    postMessage: (request) => void state.asked.push(request),
    terminate: () => void (state.ended += 1),
  };
  const late = { fire: () => {} };
  const clock = {
    after(_: number, act: () => void) {
      late.fire = act;
      return () => (late.fire = () => {});
    },
  };
  const convert = () => convertOffice(new Blob(["PK"]), "docx", () => Promise.resolve(worker), clock);
  return { state, worker, late, convert };
}

test("a document is recognised by its name", () => {
  expect(["a.docx", "a.XLSX", "a.b.pptx", "a.doc", "docx"].map(officeKind)).toEqual([
    ...["docx", "xlsx", "pptx"],
    ...[null, null],
  ]);
});

test("a worker converts one document, and is ended", async () => {
  const { state, worker, convert } = fakeWorker();
  const text = convert();
  await expect.poll(() => state.asked).toEqual([{ kind: "docx", bytes: new Uint8Array([80, 75]) }]);
  worker.onmessage?.(new MessageEvent("message", { data: { text: "Hello" } }));
  expect(await text).toBe("Hello");
  expect(state.ended).toBe(1);
});

test("a worker that takes too long is ended", async () => {
  const { state, late, convert } = fakeWorker();
  const text = convert();
  await expect.poll(() => state.asked.length).toBe(1);
  late.fire();
  expect(await text).toBeNull();
  expect(state.ended).toBe(1);
});
