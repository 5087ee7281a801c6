import { expect, it } from "vitest";
import { editSession } from "./edit-session";
import type { Session } from "./session";

const session: Session = {
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  title: "Old",
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
