import { describe, expect, it } from "vitest";
import { conversation } from "../../../tests/fixtures/models/collect-answer";
import {
  MAX_SHARES,
  session as sessionSchema,
  type Message,
  type Session,
} from "~/conversation/session/session";
import { addShare, removeShare, shareSnapshot, snapshotOf } from "./share";

const NOW = "2026-02-01T00:00:00.000Z";
const messages = conversation("One", "1", "Two", "");

const session: Session = {
  createdAt: NOW,
  updatedAt: NOW,
  title: "Counting",
  settings: { modelId: "demo/demo", instructions: "A secret of mine." },
  messages,
  head: "m3",
  reply: null,
};

const keyOf = (n: number) => n.toString(16).padStart(64, "0");
const shareOf = (n: number) => ({ key: keyOf(n), createdAt: NOW });

describe("a snapshot", () => {
  it("a snapshot has the shown branch, without reasoning and settings", () => {
    const thoughtful = {
      ...messages[1]!,
      parts: [{ type: "reasoning", text: "Hm." }, ...messages[1]!.parts],
    };
    const other = { ...messages[2]!, id: "m2b", parts: [{ type: "text", text: "Elsewhere" }] };
    const all = [messages[0], thoughtful, ...messages.slice(2), other] as Message[];
    const snapshot = snapshotOf({ ...session, messages: all }, NOW);
    expect(shareSnapshot.parse(snapshot)).toEqual(snapshot);
    expect(snapshot).toEqual({
      title: "Counting",
      createdAt: NOW,
      messages: [
        { id: "m0", role: "user", text: "One", attachments: [], createdAt: expect.any(String) as string },
        {
          id: "m1",
          role: "assistant",
          text: "1",
          attachments: [],
          createdAt: expect.any(String) as string,
          modelId: "demo/demo",
        },
        { id: "m2", role: "user", text: "Two", attachments: [], createdAt: expect.any(String) as string },
      ],
    });
  });
});

describe("an attachment", () => {
  it("an attachment is shared by its name, also in a message without text", () => {
    const file = {
      type: "file" as const,
      mediaType: "image/png" as const,
      filename: "photo.png",
      size: 3,
      url: `attachment:${keyOf(7)}`,
    };
    const question = { ...messages[0]!, parts: [file] } as Message;
    const [shared] = snapshotOf({ ...session, messages: [question], head: "m0" }, NOW).messages;
    expect(shared).toMatchObject({ text: "", attachments: ["photo.png"] });
    expect(JSON.stringify(shared)).not.toContain(keyOf(7));
  });
});

describe("the links of a session", () => {
  it("a link is added once and removed once", () => {
    const shared = addShare(session, shareOf(1));
    expect(sessionSchema.parse(shared)).toEqual({ ...session, shares: [shareOf(1)] });
    expect(addShare(shared, { ...shareOf(1), createdAt: "2027-01-01T00:00:00.000Z" })).toBe(shared);
    const both = addShare(shared, shareOf(2));
    expect(removeShare(both, keyOf(1)).shares).toEqual([shareOf(2)]);
    expect(removeShare(shared, keyOf(1))).toEqual(session);
    expect(removeShare(shared, keyOf(2))).toBe(shared);
    expect(removeShare(session, keyOf(1))).toBe(session);
  });

  it("the number of links is limited", () => {
    let full = session;
    for (let n = 0; n < MAX_SHARES; n++) full = addShare(full, shareOf(n));
    expect(() => addShare(full, shareOf(100))).toThrowError(expect.objectContaining({ code: "shares_full" }));
    expect(addShare(full, shareOf(1))).toBe(full);
    // Earlier versions allowed more.
    const old = { ...session, shares: Array.from({ length: 100 }, (_, n) => shareOf(n)) };
    expect(sessionSchema.parse(old)).toEqual(old);
  });
});
