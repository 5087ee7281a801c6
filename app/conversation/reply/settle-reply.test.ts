import { describe, expect, it } from "vitest";
import type { Session } from "~/conversation/session/session";
import { requestStop, settleReply, type Settlement } from "./settle-reply";

const NOW = "2026-01-01T00:00:00.000Z";

const running: Session = {
  createdAt: NOW,
  updatedAt: NOW,
  title: "Hi",
  settings: { modelId: "demo/demo", instructions: "" },
  messages: [
    {
      id: "m1",
      parentId: null,
      role: "user",
      parts: [{ type: "text", text: "Hi" }],
      metadata: { createdAt: NOW },
    },
  ],
  head: "m1",
  reply: {
    id: "r1",
    messageId: "a1",
    parentId: "m1",
    continues: null,
    epoch: 2,
    node: "n.boot",
    modelId: "demo/demo",
    startedAt: NOW,
    stopRequested: false,
  },
};

const settlement: Settlement = {
  replyId: "r1",
  epoch: 2,
  status: "complete",
  parts: [{ type: "text", text: "Hello" }],
  node: "n",
  finishedAt: NOW,
};

describe("settling a reply", () => {
  it("a settled reply keeps its omissions, and has no field without any", () => {
    const omissions = [{ code: "image_too_large", subject: "panorama.png" }];
    const settled = settleReply(running, { ...settlement, omissions }).messages.at(-1);
    expect(settled?.metadata).toMatchObject({ omissions });
    const without = settleReply(running, { ...settlement, omissions: [] }).messages.at(-1);
    expect(without?.metadata).not.toHaveProperty("omissions");
  });

  it("a settled reply becomes the shown message", () => {
    const session = settleReply(running, settlement);
    expect(session).toMatchObject({
      reply: null,
      head: "a1",
      messages: [{ id: "m1" }, { id: "a1", parentId: "m1" }],
    });
  });

  it("a settled reply leaves the head on another branch that was chosen meanwhile", () => {
    expect(settleReply({ ...running, head: "elsewhere" }, settlement).head).toBe("elsewhere");
  });

  it("settling changes nothing for a superseded runner, or a second time", () => {
    expect(settleReply(running, { ...settlement, epoch: 1 })).toBe(running);
    expect(settleReply(running, { ...settlement, replyId: "r0" })).toBe(running);
    const settled = settleReply(running, settlement);
    expect(settleReply(settled, settlement)).toBe(settled);
  });
});

const by = { node: "node-1", finishedAt: "2026-01-02T03:04:05.000Z" };

describe("asking for a stop", () => {
  it("a stop is requested once, and only for a running reply", () => {
    const stopping = requestStop(running, by);
    expect(stopping.reply?.stopRequested).toBe(true);
    expect(requestStop(stopping, by)).toBe(stopping);
    expect(requestStop(running, { ...by, replyId: running.reply!.id })).toEqual(stopping);
    // The request arrives when the next reply runs.
    expect(requestStop(running, { ...by, replyId: "an-earlier-one" })).toBe(running);
    const idle = { ...running, reply: null };
    expect(requestStop(idle, by)).toBe(idle);
  });
});
