import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { MAX_QUEUED, MAX_REMOVED } from "../limits";
import { session as sessionSchema, type ReplyStatus, type Session } from "../session/session";
import { requestStop, settleReply } from "../reply/settle-reply";
import { startNext, startReply, type StartContext } from "../reply/start-reply";
import { editQueued, removeQueued } from "./edit-queue";
import { resumeQueue, waitingMessages } from "./message-queue";

const NOW = "2026-01-01T00:00:00.000Z";

const context = (id: string, changes: Partial<StartContext> = {}): StartContext => ({
  now: NOW,
  modelId: undefined,
  modelFor: () => "test/one",
  reply: { id: `reply-${id}`, messageId: `answer-${id}`, node: "n.b" },
  ...changes,
});

function sent(session: Session | null, id: string, text = id, changes: Partial<StartContext> = {}) {
  const message = { id, parts: [{ type: "text" as const, text }] };
  return startReply(
    session,
    { kind: "send", message, parentId: null, queue: true },
    context(id, { ...changes }),
  );
}

const send = (session: Session | null, id: string, text?: string, changes?: Partial<StartContext>): Session =>
  sent(session, id, text, changes).session!;

const next = { now: NOW, modelFor: () => "test/one", node: "n.b", isOffered: () => true };

/** Settles the running reply, and sends the next message in the same commit, as runners do. */
function settle(session: Session, status: ReplyStatus = "complete", error?: string): Session {
  const { id: replyId, epoch } = session.reply!;
  const settled = settleReply(session, {
    replyId,
    epoch,
    status,
    parts: [{ type: "text", text: "answer" }],
    node: "n",
    finishedAt: NOW,
    ...(error && { error: { code: error, message: "" } }),
  });
  return settled.queue?.pause ? settled : (startNext(settled, next)?.session ?? settled);
}

const ids = (session: Session) => waitingMessages(session).map(({ id }) => id);
const questions = (session: Session) =>
  session.messages.flatMap((message) => (message.role === "user" ? [message.id] : []));
const edit = { now: NOW, checkFiles: () => undefined, reply: { id: "again", messageId: "again-answer" } };
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe("a message that is sent while a reply runs", () => {
  const running = send(null, "m1");

  it("waits, and becomes the next question with the answer as its parent", () => {
    const { session, outcome } = sent(running, "m2");
    expect(outcome).toMatchObject({ kind: "queued", isNew: true, item: { id: "m2", replyId: "reply-m2" } });
    expect(sessionSchema.parse(session)).toEqual(session);
    const after = settle(session!);
    expect(sessionSchema.parse(after)).toEqual(after);
    expect(after.reply).toMatchObject({ id: "reply-m2", messageId: "answer-m2", parentId: "m2", epoch: 1 });
    expect(after.messages.find(({ id }) => id === "m2")).toMatchObject({ parentId: "answer-m1" });
    expect(after).not.toHaveProperty("queue");
  });

  it("follows the branch that is shown at its turn", () => {
    let session = settle(send(null, "m1"));
    session = startReply(session, { kind: "regenerate", messageId: "answer-m1" }, context("again")).session!;
    session = { ...send(session, "m2"), head: "answer-m1" };
    session = settle(session);
    expect(session.messages.find(({ id }) => id === "m2")).toMatchObject({ parentId: "answer-m1" });
  });

  it("is added once, whatever is repeated", () => {
    const waiting = send(running, "m2");
    expect(sent(waiting, "m2")).toMatchObject({
      session: waiting,
      outcome: { kind: "queued", isNew: false },
    });
    expect(codeOf(() => sent(waiting, "m2", "other"))).toBe("message_conflict");
    const edited = editQueued(waiting, "m2", { parts: [{ type: "text", text: "new" }] }, edit);
    expect(sent(edited, "m2").session).toBe(edited);
    const promoted = settle(waiting);
    expect(sent(promoted, "m2")).toMatchObject({ session: promoted, outcome: { kind: "joined" } });
    const removed = removeQueued(waiting, "m2", NOW);
    expect(codeOf(() => sent(removed, "m2"))).toBe("message_removed");
    expect(codeOf(() => sent(settle(removed), "m2"))).toBe("message_removed");
  });

  it("starts at once where no reply runs, ahead of a paused queue, which stays paused", () => {
    const stopped = settle(send(running, "m2"), "stopped");
    const { session, outcome } = sent(stopped, "m3");
    expect(outcome.kind).toBe("started");
    expect(session).toMatchObject({ queue: { pause: { code: "stopped" }, waiting: [{ id: "m2" }] } });
    expect(settle(session!)).toMatchObject({ reply: null, queue: { pause: { code: "stopped" } } });
  });

  it("is refused while a version without a queue runs the reply", () => {
    const { runners: _, ...reply } = running.reply!;
    expect(codeOf(() => sent({ ...running, reply }, "m2"))).toBe("reply_running");
  });

  it("is refused where too many wait, or too many were removed to know a late repeat", () => {
    let session = running;
    for (let index = 0; index < MAX_QUEUED; index++) session = send(session, `q${String(index)}`);
    expect(codeOf(() => sent(session, "more"))).toBe("queue_full");
    const removed = Array.from({ length: MAX_REMOVED }, (_, index) => `x${String(index)}`);
    const queue = { waiting: waitingMessages(session).slice(0, MAX_QUEUED - 1), removed };
    session = { ...session, queue };
    expect(codeOf(() => sent(session, "more"))).toBe("queue_full");
    for (const { id } of queue.waiting) session = removeQueued(session, id, NOW);
    expect(sessionSchema.safeParse(session).success).toBe(true);
  });

  it("takes the ids of no other message or reply", () => {
    const waiting = send(running, "m2");
    for (const id of ["answer-m1", "answer-m2"])
      expect(
        codeOf(() => sent(waiting, id)),
        id,
      ).toBe("message_conflict");
    const reply = { id: "r", messageId: "answer-m2", node: "n.b" };
    expect(codeOf(() => sent(waiting, "m3", "x", { reply }))).toBe("message_conflict");
  });

  it("uses its own model if that is still offered", () => {
    const waiting = send(running, "m2", "x", { modelId: "test/two" });
    expect(settle(waiting).reply).toMatchObject({ modelId: "test/two" });
    const settled = settleReply(waiting, {
      ...{ replyId: "reply-m1", epoch: 1, status: "complete", parts: [], node: "n", finishedAt: NOW },
    });
    expect(startNext(settled, { ...next, isOffered: () => false })!.reply.modelId).toBe("test/one");
  });
});

describe("after a reply", () => {
  const waiting = send(send(null, "m1"), "m2");

  it.each<[ReplyStatus, string | undefined, string | null]>([
    ["complete", undefined, null],
    ["interrupted", "answer_length", null],
    ["interrupted", "answer_too_long", null],
    ["interrupted", "answer_filtered", "interrupted"],
    ["interrupted", undefined, "interrupted"],
    ["failed", "model_denied", "failed"],
    ["stopped", undefined, "stopped"],
  ])("that is %s (%s), the queue has the pause %s", (status, error, pause) => {
    const after = settle(waiting, status, error);
    expect(after.queue?.pause?.code ?? null).toBe(pause);
    expect(after.reply === null).toBe(pause !== null);
  });

  it("that was complete before its stop could cut it, the queue is paused", () => {
    const stopped = requestStop(waiting, { node: "n", finishedAt: NOW });
    expect(settle(stopped)).toMatchObject({ reply: null, queue: { pause: { code: "stopped" } } });
  });

  it("that waits for a person and is stopped, the queue is paused", () => {
    const reply = { ...waiting.reply!, state: "waiting" as const, node: null };
    const partial = { parts: [], calls: [], since: 1 };
    const stopped = requestStop({ ...waiting, reply, partial }, { node: "n", finishedAt: NOW });
    expect(stopped).toMatchObject({ reply: null, queue: { pause: { code: "stopped" } } });
  });

  it("a queue that is resumed goes on", () => {
    const resumed = resumeQueue(settle(waiting, "failed"));
    expect(resumed.queue).not.toHaveProperty("pause");
    expect(startNext(resumed, next)!.reply.id).toBe("reply-m2");
  });

  it("a queue whose messages were all removed is no longer paused", () => {
    const empty = removeQueued(settle(waiting, "failed"), "m2", NOW);
    expect(empty.queue).toEqual({ waiting: [], removed: ["m2"] });
  });
});

describe("a waiting message", () => {
  const waiting = ["m2", "m3", "m4"].reduce((session, id) => send(session, id), send(null, "m1"));

  it.each([
    ["m4", "m2", ["m4", "m2", "m3"]],
    ["m2", null, ["m3", "m4", "m2"]],
    ["m3", "m3", ["m2", "m3", "m4"]],
    ["m2", "m4", ["m3", "m2", "m4"]],
  ])("%s moves before %s", (id, before, order) => {
    expect(ids(editQueued(waiting, id, { before }, edit))).toEqual(order);
  });

  it("becomes the first one when it is moved before one that was sent meanwhile", () => {
    expect(ids(editQueued(settle(waiting), "m4", { before: "m2" }, edit))).toEqual(["m4", "m3"]);
  });

  it("can be neither changed nor removed once it was sent, or was never there", () => {
    const after = settle(waiting);
    const parts = [{ type: "text" as const, text: "x" }];
    expect(codeOf(() => editQueued(after, "m2", { parts }, edit))).toBe("already_sent");
    expect(codeOf(() => removeQueued(after, "m2", NOW))).toBe("already_sent");
    expect(codeOf(() => editQueued(after, "no", { parts }, edit))).toBe("message_not_found");
    expect(codeOf(() => editQueued(after, "m3", { before: "no" }, edit))).toBe("message_not_found");
    expect(codeOf(() => removeQueued(after, "no", NOW))).toBe("message_not_found");
  });

  it("is removed once", () => {
    const removed = removeQueued(waiting, "m3", NOW);
    expect(ids(removed)).toEqual(["m2", "m4"]);
    expect(removeQueued(removed, "m3", NOW)).toBe(removed);
  });

  it("comes back after its removal, and is paused where no reply runs any more", () => {
    const removed = removeQueued(waiting, "m3", NOW);
    const parts = [{ type: "text" as const, text: "m3" }];
    expect(codeOf(() => editQueued(removed, "m3", { parts }, edit))).toBe("message_not_found");
    const restored = editQueued(removed, "m3", { parts, before: "m4", restore: true }, edit);
    expect(restored.queue).toEqual({
      waiting: [
        expect.objectContaining({ id: "m2" }),
        expect.objectContaining({ id: "m3", parts }),
        expect.anything(),
      ],
      removed: [],
    });
    const idle = settle(removeQueued(send(send(null, "m1"), "m2"), "m2", NOW));
    const paused = editQueued(idle, "m2", { parts, restore: true }, edit);
    expect(paused.queue).toMatchObject({ waiting: [{ id: "m2" }], pause: { code: "restored" } });
  });

  it("keeps its place and the session where nothing changes", () => {
    const parts = [{ type: "text" as const, text: "m3" }];
    expect(editQueued(waiting, "m3", { parts, before: "m4" }, edit)).toBe(waiting);
  });
});

test("whatever is done in any order, each message waits, was removed, or was sent once, and the queue goes on or is paused", () => {
  const id = fc.integer({ min: 0, max: 7 }).map((number) => `m${String(number)}`);
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("send" as const), id }),
    fc.record({ kind: fc.constant("move" as const), id, before: fc.option(id) }),
    fc.record({ kind: fc.constant("edit" as const), id }),
    fc.record({ kind: fc.constant("remove" as const), id }),
    fc.record({ kind: fc.constant("restore" as const), id, before: fc.option(id) }),
    fc.record({
      kind: fc.constant("settle" as const),
      status: fc.constantFrom<ReplyStatus>("complete", "failed", "stopped"),
    }),
    fc.record({ kind: fc.constant("resume" as const) }),
  );
  type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

  function apply(session: Session, operation: Operation): Session {
    switch (operation.kind) {
      case "send":
        return send(session, operation.id);
      case "move":
        return editQueued(session, operation.id, { before: operation.before }, edit);
      case "edit":
        return editQueued(session, operation.id, { parts: [{ type: "text", text: "edited" }] }, edit);
      case "restore": {
        const parts = [{ type: "text" as const, text: operation.id }];
        const ids = { id: `reply-${operation.id}`, messageId: `answer-${operation.id}` };
        const change = { parts, before: operation.before, restore: true as const };
        return editQueued(session, operation.id, change, { ...edit, reply: ids });
      }
      case "remove":
        return removeQueued(session, operation.id, NOW);
      case "settle":
        return session.reply ? settle(session, operation.status) : session;
      case "resume":
        return session.reply ? resumeQueue(session) : (startNext(session, next)?.session ?? session);
    }
  }

  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      let session = send(null, "first");
      const accepted = new Set(["first"]);
      for (const each of operations) {
        const before = session;
        try {
          session = apply(session, each);
        } catch (error) {
          expect(error).toMatchObject({ name: "ExpectedError" });
          continue;
        }
        if (each.kind === "send") accepted.add(each.id);
        const places = [...ids(session), ...(session.queue?.removed ?? []), ...questions(session)];
        expect(new Set(places)).toEqual(accepted);
        expect(places).toHaveLength(accepted.size);
        // Nothing waits for a reply that nobody will write.
        if (ids(session).length > 0 && !session.reply) expect(session.queue?.pause).toBeDefined();
        // Only the first message is sent.
        const newQuestion = questions(session).filter((question) => !questions(before).includes(question));
        if (each.kind === "settle" || each.kind === "resume")
          expect(newQuestion).toEqual(
            session.reply === before.reply ? [] : ids(before).slice(0, newQuestion.length),
          );
        expect(sessionSchema.safeParse(session).success).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
