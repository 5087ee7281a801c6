import { expect, it } from "vitest";
import { editSession, editSettings } from "./edit-session";
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

it("an edit changes the named fields only", () => {
  expect(editSession(session, { settings: { instructions: "Be brief." } }, LATER)).toEqual({
    ...session,
    updatedAt: LATER,
    settings: { modelId: "demo/demo", instructions: "Be brief." },
  });
});

it("a title from a person is marked as theirs, also if the text is the same", () => {
  for (const title of ["Old", "New"]) {
    expect(editSession({ ...session, titleSource: "first-words" }, { title }, LATER)).toMatchObject({
      title,
      titleSource: "person",
      updatedAt: LATER,
    });
  }
});

it("a temperature is set, kept by other edits, and removed by null", () => {
  const warm = editSession(session, { settings: { temperature: 0.7 } }, LATER);
  expect(warm.settings).toEqual({ modelId: "demo/demo", instructions: "", temperature: 0.7 });
  expect(editSession(warm, { settings: { instructions: "Be brief." } }, LATER).settings.temperature).toBe(
    0.7,
  );
  expect(editSession(warm, { settings: { temperature: null } }, LATER).settings).toEqual(session.settings);
  expect(editSession(session, { settings: { temperature: null } }, LATER)).toBe(session);
});

it("an effort is set and removed, but not while a reply runs: its runner may not know the format", () => {
  const edit = { settings: { effort: "high" } } as const;
  const high = editSession(session, edit, LATER);
  expect(high.settings.effort).toBe("high");
  expect(editSession(high, { settings: { effort: null } }, LATER).settings).toEqual(session.settings);
  const running = { ...session, reply: { id: "r" } as Session["reply"] };
  expect(() => editSession(running, edit, LATER)).toThrow(expect.objectContaining({ code: "reply_running" }));
  expect(editSession(running, { settings: { temperature: 1 } }, LATER).settings.temperature).toBe(1);
});

it("an edit that changes nothing returns the same session, so that nothing is written", () => {
  expect(editSession(session, {}, LATER)).toBe(session);
  expect(editSession(session, { title: "Old", head: "m1", settings: { modelId: "demo/demo" } }, LATER)).toBe(
    session,
  );
});

it("an edit refuses a head that names no message", () => {
  expect(() => editSession(session, { head: "nowhere" }, LATER)).toThrowError(
    expect.objectContaining({ code: "message_not_found" }),
  );
});

it("an edit of settings keeps those that it does not name", () => {
  const settings = { modelId: "m", instructions: "", tools: { allowed: ["a_b"] } };
  expect(editSettings(settings, { modelId: "n" })).toEqual({ ...settings, modelId: "n" });
});
