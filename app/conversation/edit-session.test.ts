import { expect, it } from "vitest";
import { editSession } from "./edit-session";
import type { Session } from "./session";

const session: Session = {
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  title: "Old",
  titleSource: "person",
  settings: { modelId: "demo/demo", instructions: "" },
  messages: [
    {
      id: "m1",
      parentId: null,
      role: "user",
      parts: [{ type: "text", text: "Hi" }],
      metadata: { createdAt: "2026-01-01T00:00:00.000Z" },
    },
  ],
  head: "m1",
  reply: null,
};
const LATER = "2026-01-02T00:00:00.000Z";

it("changes what was named and nothing else", () => {
  expect(editSession(session, { settings: { instructions: "Be brief." } }, LATER)).toEqual({
    ...session,
    updatedAt: LATER,
    settings: { modelId: "demo/demo", instructions: "Be brief." },
  });
});

it("a person's title is the person's, also where it is the same words", () => {
  for (const title of ["Old", "New"]) {
    expect(editSession({ ...session, titleSource: "first-words" }, { title }, LATER)).toMatchObject({
      title,
      titleSource: "person",
      updatedAt: LATER,
    });
  }
});

it("a temperature is set, kept by other edits, and taken back by null", () => {
  const warm = editSession(session, { settings: { temperature: 0.7 } }, LATER);
  expect(warm.settings).toEqual({ modelId: "demo/demo", instructions: "", temperature: 0.7 });
  expect(editSession(warm, { settings: { instructions: "Be brief." } }, LATER).settings.temperature).toBe(
    0.7,
  );
  expect(editSession(warm, { settings: { temperature: null } }, LATER).settings).toEqual(session.settings);
  expect(editSession(session, { settings: { temperature: null } }, LATER)).toBe(session);
});

it("an edit that changes nothing is the session itself, so that nothing is written", () => {
  expect(editSession(session, {}, LATER)).toBe(session);
  expect(editSession(session, { title: "Old", head: "m1", settings: { modelId: "demo/demo" } }, LATER)).toBe(
    session,
  );
});

it("refuses a head that is no message", () => {
  expect(() => editSession(session, { head: "nowhere" }, LATER)).toThrowError(
    expect.objectContaining({ code: "message_not_found" }),
  );
});
