import { describe, expect, it } from "vitest";
import { session as sessionSchema, type Session } from "~/conversation/session/session";
import { settleReply } from "./settle-reply";
import { startReply, type StartCommand, type StartContext } from "./start-reply";

const NOW = "2026-01-01T00:00:00.000Z";

function context(overrides: Partial<StartContext> = {}): StartContext {
  return {
    now: NOW,
    modelId: undefined,
    modelFor: (session) => session?.settings.modelId ?? "demo/demo",
    reply: { id: "r1", messageId: "a1", node: "n.boot" },
    ...overrides,
  };
}

function send(id: string, text: string, parentId: string | null = null): StartCommand {
  return { kind: "send", message: { id, parts: [{ type: "text", text }] }, parentId };
}

function started(
  session: Session | null,
  command: StartCommand,
  overrides: Partial<StartContext> = {},
): Session {
  return startReply(session, command, context(overrides)).session!;
}

function settled(session: Session, text: string, status: "complete" | "interrupted" = "complete"): Session {
  return settleReply(session, {
    replyId: session.reply!.id,
    epoch: session.reply!.epoch,
    status,
    parts: [{ type: "text", text }],
    node: "n",
    finishedAt: NOW,
  });
}

describe("sending the first message", () => {
  it("the first message makes a valid session with the message and a reply of epoch 1", () => {
    const { session, outcome } = startReply(null, send("m1", "Hello, world"), context());
    expect(sessionSchema.parse(session)).toEqual(session);
    expect(session).toMatchObject({
      title: "Hello, world",
      head: "m1",
      messages: [{ id: "m1", parentId: null }],
    });
    expect(outcome).toEqual({ kind: "started", reply: session!.reply });
    expect(session!.reply).toMatchObject({ parentId: "m1", epoch: 1, node: "n.boot", stopRequested: false });
  });

  it("the model of a request becomes that of the session", () => {
    const session = started(null, send("m1", "Hi"), { modelId: "bedrock/x" });
    expect(session.settings.modelId).toBe("bedrock/x");
    expect(session.reply!.modelId).toBe("bedrock/x");
  });

  it("settings of a message are stored, and replaced by those of a later one", () => {
    const first = started(null, send("m1", "Hi"), {
      settings: { instructions: "Be brief.", temperature: 0.2 },
    });
    expect(first.settings).toEqual({ modelId: "demo/demo", instructions: "Be brief.", temperature: 0.2 });
    const second = started(settled(first, "Hello"), send("m2", "And?", "a1"), {
      settings: { temperature: null },
      reply: { id: "r2", messageId: "a2", node: "n.boot" },
    });
    expect(second.settings).toEqual({ modelId: "demo/demo", instructions: "Be brief." });
  });

  it("regenerating in a missing session is refused", () => {
    expect(() => startReply(null, { kind: "regenerate", messageId: "a1" }, context())).toThrowError(
      expect.objectContaining({ code: "session_not_found" }),
    );
  });
});

describe("sending again", () => {
  it("a repeated message joins the running reply", () => {
    const first = started(null, send("m1", "Hi"));
    const again = startReply(
      first,
      send("m1", "Hi"),
      context({ reply: { id: "r2", messageId: "a2", node: "other" } }),
    );
    expect(again.session).toBe(first);
    expect(again.outcome).toEqual({ kind: "joined", reply: first.reply });
  });

  it("a repeated message returns the settled answer", () => {
    const session = settled(started(null, send("m1", "Hi")), "Hello");
    const again = startReply(session, send("m1", "Hi"), context());
    expect(again.session).toBe(session);
    expect(again.outcome).toMatchObject({ kind: "settled", message: { id: "a1" } });
  });

  it("a message with the same id and other text is a conflict", () => {
    const session = started(null, send("m1", "Hi"));
    expect(() => startReply(session, send("m1", "Ho"), context())).toThrowError(
      expect.objectContaining({ code: "message_conflict" }),
    );
  });

  it("another message during a reply is refused with the id of the reply", () => {
    const session = started(null, send("m1", "Hi"));
    expect(() => startReply(session, send("m2", "Ho"), context())).toThrowError(
      expect.objectContaining({ code: "reply_running", details: { replyId: "r1" } }),
    );
  });

  it("a message while a tool waits for a decision is refused with what there is to do", () => {
    const running = started(null, send("m1", "Hi"));
    const session: Session = { ...running, reply: { ...running.reply!, state: "waiting" } };
    expect(() => startReply(session, send("m2", "Ho"), context())).toThrowError(
      expect.objectContaining({ code: "reply_running", message: expect.stringContaining("decision") }),
    );
  });

  it("a message after a missing answer is refused", () => {
    const session = settled(started(null, send("m1", "Hi")), "Hello");
    for (const parentId of ["nowhere", "m1"]) {
      expect(() => startReply(session, send("m2", "Ho", parentId), context())).toThrowError(
        expect.objectContaining({ code: "message_not_found" }),
      );
    }
  });
});

describe("another answer", () => {
  const answered = settled(started(null, send("m1", "Hi")), "Hello", "interrupted");

  it("a regenerated answer is a sibling of the old one", () => {
    const session = started(
      answered,
      { kind: "regenerate", messageId: "a1" },
      { reply: { id: "r2", messageId: "a2", node: "n" } },
    );
    expect(session.messages).toEqual(answered.messages);
    expect(session).toMatchObject({
      head: "m1",
      reply: { parentId: "m1", messageId: "a2", continues: null },
    });
    expect(settled(session, "Hello again")).toMatchObject({ head: "a2", messages: { length: 3 } });
  });

  it("a continuation names the answer that it continues", () => {
    const session = started(
      answered,
      { kind: "continue", messageId: "a1" },
      { reply: { id: "r2", messageId: "a2", node: "n" } },
    );
    expect(session.reply).toMatchObject({ parentId: "m1", continues: "a1" });
  });

  it("a repeated request to regenerate with the same message id joins one reply", () => {
    const reply = { id: "r2", messageId: "a2", node: "n" };
    const session = started(answered, { kind: "regenerate", messageId: "a1" }, { reply });
    const again = { ...reply, id: "r3" };
    expect(
      startReply(session, { kind: "regenerate", messageId: "a1" }, context({ reply: again })).outcome.kind,
    ).toBe("joined");
    const done = settled(session, "Hello again");
    expect(
      startReply(done, { kind: "regenerate", messageId: "a1" }, context({ reply: again })).outcome.kind,
    ).toBe("settled");
  });

  it("regenerating a missing message and continuing a user message are refused", () => {
    for (const command of [
      { kind: "regenerate", messageId: "nowhere" },
      { kind: "continue", messageId: "m1" },
    ] as const) {
      expect(() =>
        startReply(answered, command, context({ reply: { id: "r2", messageId: "a2", node: "n" } })),
      ).toThrowError(expect.objectContaining({ code: "message_not_found" }));
    }
  });
});

describe("the message id of a new answer", () => {
  const first = settled(started(null, send("m1", "Hi")), "Hello", "interrupted");
  const second = settled(
    started(first, send("m2", "And?", "a1"), { reply: { id: "r2", messageId: "a2", node: "n" } }),
    "So",
  );
  /** With two more answers to the first question: a regenerated one, and a continuation of the first. */
  const third = settled(
    started(
      second,
      { kind: "regenerate", messageId: "a1" },
      { reply: { id: "r3", messageId: "a3", node: "n" } },
    ),
    "Hi there",
  );
  const all = settled(
    started(
      third,
      { kind: "continue", messageId: "a1" },
      { reply: { id: "r4", messageId: "a4", node: "n" } },
    ),
    "Hello, world",
  );
  const ask = (command: StartCommand, messageId: string, session: Session | null = all) =>
    startReply(session, command, context({ reply: { id: "r9", messageId, node: "n" } }));
  const regenerate = (messageId: string): StartCommand => ({ kind: "regenerate", messageId });
  const goOn = (messageId: string): StartCommand => ({ kind: "continue", messageId });

  it.each<[string, StartCommand, string]>([
    ["of the message that is sent", send("m9", "New", "a2"), "m9"],
    ["of an earlier question", send("m9", "New", "a2"), "m1"],
    ["of an earlier answer", send("m9", "New", "a2"), "a1"],
    ["of an answer on another branch", send("m9", "New", "a2"), "a3"],
    ["of an earlier reply", send("m9", "New", "a2"), "r1"],
    ["of the answer in whose place another is asked for", regenerate("a1"), "a1"],
    ["of the first answer, asked for by its question", regenerate("m1"), "a1"],
    ["of the question that is to be answered again", regenerate("m1"), "m1"],
    ["of an answer to another question", regenerate("a1"), "a2"],
    ["of an answer that is older than what it was asked for", regenerate("a4"), "a3"],
    ["of the answer that is continued", goOn("a1"), "a1"],
    ["of another answer that is no continuation", goOn("a1"), "a3"],
  ])("the message id of a new answer may not be that %s", (_, command, messageId) => {
    expect(() => ask(command, messageId)).toThrowError(expect.objectContaining({ code: "message_conflict" }));
  });

  it("the message id of a new answer may not be that of the first message", () => {
    expect(() => ask(send("m1", "Hi"), "m1", null)).toThrowError(
      expect.objectContaining({ code: "message_conflict" }),
    );
  });

  it("the message id of a new answer may not be that of another request's running reply", () => {
    const running = started(all, goOn("a1"), { reply: { id: "r5", messageId: "a5", node: "n" } });
    for (const command of [regenerate("a1"), goOn("a3"), regenerate("m2")]) {
      expect(() => ask(command, "a5", running)).toThrowError(
        expect.objectContaining({ code: "message_conflict" }),
      );
    }
    expect(ask(goOn("a1"), "a5", running).outcome.kind).toBe("joined");
  });

  it("the message id of a new answer identifies a repeated request", () => {
    expect(ask(regenerate("a1"), "a3").outcome).toMatchObject({ kind: "settled", message: { id: "a3" } });
    expect(ask(goOn("a1"), "a4").outcome).toMatchObject({ kind: "settled", message: { id: "a4" } });
    expect(ask(send("m2", "And?", "a1"), "a2").outcome).toMatchObject({ kind: "settled" });
  });
});

it("an imported question without an answer is answered, and not stored twice", () => {
  const session = { ...started(null, send("m1", "Hi")), reply: null };
  const again = started(session, send("m1", "Hi"));
  expect(again.messages).toEqual(session.messages);
  expect(again.reply).toMatchObject({ parentId: "m1" });
});
