import { describe, expect, it, vi } from "vitest";
import { MAX_STEPS } from "~/conversation/limits";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { Part } from "~/conversation/session/session";
import { editSession } from "~/conversation/session/edit-session";
import { partialParts } from "~/conversation/calls/decide-call";
import { toolParts } from "~/conversation/calls/fold-calls";
import { NotSent } from "~/conversation/calls/tool-set";
import type { Decision } from "~/conversation/calls/tool-part";
import { chunksIn, collect, follow, lastMessage } from "../../../tests/fixtures/replies/follow-replies";
import type { FollowEvent } from "../following/follow-session";
import type { TestNode } from "../../../tests/fixtures/replies/reply-node";
import { send, testNodes } from "../../../tests/fixtures/replies/reply-nodes";
import { interceptedFileSystem } from "../../../tests/fixtures/store/store-file-system";
import { createScriptedTools, outputOf } from "../../../tests/fixtures/models/scripted-tools";

const { node, abandon } = testNodes();

/** A node with scripted tools, on the folder of another one if given. */
async function toolNode(options: Parameters<typeof node>[0] = {}) {
  const tools = createScriptedTools();
  return { ...(await node({ tools, ...options })), tools };
}

type ToolNode = Awaited<ReturnType<typeof toolNode>>;

/** Starts a reply whose first step calls these tools. @returns the hash of its session, and the ids of the calls */
async function startCalls(one: ToolNode, ...names: string[]) {
  const key = hashSessionId(newId());
  const { outcome } = await one.replies.start(key, send("Do it"));
  if (outcome.kind !== "started") throw new Error(outcome.kind);
  callTools(one, ...names);
  return { key, ids: names.map((_, index) => `${outcome.reply.id}-${String(index + 1)}`) };
}

function callTools({ model }: Pick<ToolNode, "model">, ...names: string[]) {
  model.text("Let me see. ");
  names.forEach((toolName, index) =>
    model.say({
      type: "tool-input-available",
      toolCallId: `call_${String(index)}`,
      toolName,
      input: { path: toolName },
      dynamic: true,
    }),
  );
  model.say({ type: "text-end", id: "t" }, { type: "finish", finishReason: "tool-calls" });
}

/** Reads events until one about progress. */
async function progressIn(events: AsyncGenerator<FollowEvent>) {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error("the stream ended without progress");
    if (value.type === "progress") return value.progress;
  }
}

const settled = (one: Pick<TestNode, "store">, key: string) =>
  vi.waitUntil(async () => {
    const record = await one.store.read(key);
    return record && !record.session.reply ? record.session : null;
  });

const waiting = (one: Pick<TestNode, "store">, key: string) =>
  vi.waitUntil(async () => {
    const record = await one.store.read(key);
    return record?.session.reply?.state === "waiting" ? record.session : null;
  });

const states = (parts: readonly Part[]) => toolParts(parts).map(({ state }) => state);

const decide = (
  one: Pick<TestNode, "replies">,
  key: string,
  toolCallId: string,
  decision: Decision,
  attempt?: number,
) => one.replies.decide(key, { toolCallId, decision, attempt });

describe("a reply that calls tools", () => {
  it("shows how far a call has come to followers on all nodes, also later ones, and stores nothing of it", async () => {
    const one = await toolNode();
    const two = await node({ dataDir: one.dataDir, name: "other" });
    const { key, ids } = await startCalls(one, "files_log");
    const call = await one.tools.call(0);
    const [here, there] = [await follow(one, key), await follow(two, key)];
    call.onProgress({ progress: 1, total: 3, message: "quokka" });
    const progress = [{ toolCallId: ids[0], progress: 1, total: 3, message: "quokka" }];
    expect(await progressIn(here)).toEqual(progress);
    expect(await progressIn(there)).toEqual(progress);
    for (const later of [one, two]) expect(await progressIn(await follow(later, key))).toEqual(progress);
    call.answer("done");
    await one.model.request(1);
    one.model.text("Done.");
    one.model.finish();
    const session = await settled(one, key);
    expect(JSON.stringify(session)).not.toContain("quokka");
    const rest = await collect(there);
    expect(rest.map(({ type }) => type)).not.toContain("progress");
    expect(rest.at(-1)).toEqual({ type: "done" });
  });

  it("runs a read-only call at once, without a claim, and asks the model again with its result", async () => {
    const one = await toolNode();
    const { key } = await startCalls(one, "files_read");
    const call = await one.tools.call(0);
    expect(call.input).toEqual({ path: "files_read" });
    expect((await one.store.read(key))!.session.partial!.calls).toEqual([]);
    call.answer("42");
    const { steps = [] } = await one.model.request(1);
    expect(toolParts(steps)).toMatchObject([{ state: "output-available", output: outputOf("42") }]);
    one.model.text("It is 42.");
    one.model.finish();
    const { messages } = await settled(one, key);
    expect(messages.at(-1)!.parts).toMatchObject([
      { type: "text", text: "Let me see. " },
      { type: "dynamic-tool", state: "output-available" },
      { type: "step-start" },
      { type: "text", text: "It is 42." },
    ]);
    expect(messages.at(-1)!.metadata).toMatchObject({ status: "complete" });
  });

  it("asks no more for a tool that was allowed while an earlier step ran", async () => {
    const one = await toolNode();
    const { key } = await startCalls(one, "files_read");
    const first = await one.tools.call(0);
    const allow = { tools: { allowed: { files_write: true } } };
    await one.store.update(
      key,
      (session) => ({
        session: session && editSession(session, { settings: allow }, session.updatedAt),
        result: null,
      }),
      { asked: "settings" },
    );
    first.answer("read");
    await one.model.request(1);
    callTools(one, "files_write");
    (await one.tools.call(1)).answer("written");
    const { steps = [] } = await one.model.request(2);
    expect(states(steps)).toEqual(["output-available", "output-available"]);
    one.model.text("Done.");
    one.model.finish();
    await settled(one, key);
  });

  it("goes on with a call that was denied while another one of its step runs", async () => {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_write", "files_log");
    const log = await one.tools.call(0);
    await decide(one, key, ids[0]!, "deny");
    log.answer("logged");
    const { steps = [] } = await one.model.request(1);
    expect(states(steps)).toEqual(["output-denied", "output-available"]);
    one.model.text("Denied.");
    one.model.finish();
    const { messages } = await settled(one, key);
    expect(toolParts(messages.at(-1)!.parts as Part[])[0]).toMatchObject({
      decisions: [{ attempt: 0, decision: "deny" }],
    });
    expect(one.tools.calls).toHaveLength(1);
  });

  it("names the pages that results rest on once each, and no other kind of address", async () => {
    const one = await toolNode();
    const { key } = await startCalls(one, "files_read", "files_log");
    const page = { url: "https://example.org/a", title: "A" };
    await one.tools.call(1);
    for (const call of one.tools.calls) call.answer("x", [page, { url: "javascript:alert(1)" }]);
    await one.model.request(1);
    one.model.text("See there.");
    one.model.finish();
    const { messages } = await settled(one, key);
    expect(messages.at(-1)!.parts.map(({ type }) => type)).toEqual([
      ...["text", "dynamic-tool", "dynamic-tool", "source-url", "step-start", "text"],
    ]);
    expect(messages.at(-1)!.parts).toContainEqual({ type: "source-url", sourceId: "source-1", ...page });
  });

  it("runs a call with arguments that were changed while another one runs, and shows those to the model", async () => {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_write", "files_log");
    await one.tools.call(0);
    const input = { path: "another", lines: 1 };
    const approve = (changed: object) =>
      one.replies.decide(key, { toolCallId: ids[0]!, decision: "approve", input: changed });
    const { rev } = await approve(input);
    // The same arguments in another order.
    expect(await approve({ lines: 1, path: "another" })).toMatchObject({ rev });
    const write = await one.tools.call(1);
    expect(write).toMatchObject({ tool: "files_write", input });
    for (const call of one.tools.calls) call.answer("done");
    const { steps = [] } = await one.model.request(1);
    expect(toolParts(steps).map((part) => part.input)).toEqual([input, { path: "files_log" }]);
    callTools(one, "files_read");
    (await one.tools.call(2)).answer("read");
    await one.model.request(2);
    one.model.text("Done.");
    one.model.finish();
    const parts = toolParts((await settled(one, key)).messages.at(-1)!.parts as Part[]);
    expect(parts.map((part) => part.input)).toEqual([input, { path: "files_log" }, { path: "files_read" }]);
    expect(new Set(parts.map(({ toolCallId }) => toolCallId)).size).toBe(3);
  });

  it("ends after as many steps as one answer may have, with results, and goes on when it is continued", async () => {
    const one = await toolNode();
    const { key } = await startCalls(one, "files_read");
    const answerSteps = async (from: number) => {
      for (let step = from; step < from + MAX_STEPS; step++) {
        (await one.tools.call(step)).answer(String(step));
        if (step < from + MAX_STEPS - 1) {
          await one.model.request(step + 1);
          callTools(one, "files_read");
        }
      }
      return (await settled(one, key)).messages.at(-1)!;
    };
    const first = await answerSteps(0);
    expect(first.metadata).toMatchObject({ status: "interrupted", error: { code: "answer_steps" } });
    expect(states(first.parts as Part[])).toEqual(Array(MAX_STEPS).fill("output-available"));
    await one.replies.start(key, { kind: "continue", messageId: first.id });
    await one.model.request(MAX_STEPS);
    callTools(one, "files_read");
    const second = await answerSteps(MAX_STEPS);
    expect(second.metadata).toMatchObject({ error: { code: "answer_steps" } });
    expect(toolParts(second.parts as Part[])).toHaveLength(2 * MAX_STEPS);
  });

  it("says that a server of tools was away, and tells the model where a call needs it", async () => {
    const tools = createScriptedTools();
    const needed: (readonly string[])[] = [];
    const one = await toolNode({
      tools: {
        ...tools,
        offered(_, names = []) {
          needed.push(names);
          return Promise.resolve({ tools: [], away: ["files"] });
        },
      },
    });
    const { key } = await startCalls(one, "files_write");
    const { steps = [] } = await one.model.request(1);
    expect(toolParts(steps)).toMatchObject([
      { state: "output-error", errorText: "The server of this tool is away. It was not called." },
    ]);
    one.model.text("It is away.");
    one.model.finish();
    const { messages } = await settled(one, key);
    expect(messages.at(-1)!.metadata).toMatchObject({
      omissions: [{ code: "tools_away", subject: "files" }],
    });
    expect(needed).toEqual([[], []]);
  });

  it("claims a call that changes something before it sends it", async () => {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_log");
    const call = await one.tools.call(0);
    const { session } = (await one.store.read(key))!;
    expect(session.partial!.calls).toMatchObject([
      { toolCallId: ids[0], state: "running", attempt: 1, epoch: 1 },
    ]);
    expect(call.idempotencyKey).toBe(`${session.reply!.id}.${ids[0]!}.1`);
    call.answer("done");
    await one.model.request(1);
  });

  it("waits for a person without a runner, and goes on with an approval on another node", async () => {
    const one = await toolNode();
    const two = await toolNode({ dataDir: one.dataDir, name: "other" });
    const { key, ids } = await startCalls(one, "files_write");
    const waits = await waiting(one, key);
    expect(waits.reply).toMatchObject({ node: null, runners: [] });
    expect(states(waits.partial!.parts)).toEqual(["approval-requested"]);
    expect(one.replies.active()).toBe(0);
    expect(one.tools.calls).toHaveLength(0);
    const events = collect(await follow(two, key));
    expect(chunksIn(await events).at(-1)).toEqual({ type: "finish", finishReason: "tool-calls" });

    await decide(two, key, ids[0]!, "approve");
    (await two.tools.call(0)).answer("written");
    await two.model.request(0);
    two.model.text("Done.");
    two.model.finish();
    const { messages } = await settled(two, key);
    const [part] = toolParts((messages.at(-1) as { parts: Part[] }).parts);
    expect(part).toMatchObject({
      state: "output-available",
      attempt: 1,
      decisions: [{ attempt: 0, decision: "approve" }],
      output: outputOf("written"),
    });
    expect(one.tools.calls).toHaveLength(0);
    expect(two.tools.calls).toHaveLength(1);
  });

  it("tells the model what was denied, and runs nothing", async () => {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_write");
    await waiting(one, key);
    await one.replies.decide(key, { toolCallId: ids[0]!, decision: "deny", text: "Not today." });
    const { steps = [] } = await one.model.request(1);
    expect(toolParts(steps)).toMatchObject([{ state: "output-denied", errorText: "Not today." }]);
    expect(one.tools.calls).toHaveLength(0);
  });

  it("of a step with several calls, those without approval run first, and a decision meanwhile starts the other", async () => {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_log", "files_write");
    const first = await one.tools.call(0);
    expect(first.tool).toBe("files_log");
    await decide(one, key, ids[1]!, "approve");
    const second = await one.tools.call(1);
    expect(second.tool).toBe("files_write");
    expect((await one.store.read(key))!.session.reply).toMatchObject({ epoch: 1 });
    second.answer("b");
    first.answer("a");
    const { steps = [] } = await one.model.request(1);
    expect(states(steps)).toEqual(["output-available", "output-available"]);
  });

  it("is given the model's mistakes back: unknown tools, and arguments that are no object", async () => {
    const one = await toolNode();
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Do it"));
    const call = { type: "tool-input-available", dynamic: true } as const;
    one.model.say(
      { ...call, toolCallId: "a", toolName: "files_shred", input: {} },
      { ...call, toolCallId: "b", toolName: "files_read", input: "{oops" },
      { type: "finish", finishReason: "tool-calls" },
    );
    const { steps = [] } = await one.model.request(1);
    expect(states(steps)).toEqual(["output-error", "output-error"]);
    expect(one.tools.calls).toHaveLength(0);
  });

  it("does not know the outcome of a claimed call that gave no answer, and knows that of one that was not sent", async () => {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_log", "files_log");
    (await one.tools.call(0)).fail(new Error("504"));
    (await one.tools.call(1)).fail(new NotSent("The server refused the connection."));
    const waits = await waiting(one, key);
    expect(states(waits.partial!.parts)).toEqual(["outcome-unknown", "output-error"]);
    await decide(one, key, ids[0]!, "retry", 1);
    (await one.tools.call(2)).answer("second time");
    const { steps = [] } = await one.model.request(1);
    expect(toolParts(steps)[0]).toMatchObject({ state: "output-available", attempt: 2 });
    // A repeated request starts nothing twice.
    await decide(one, key, ids[0]!, "retry", 1);
    expect(one.tools.calls).toHaveLength(3);
    await expect(decide(one, key, ids[0]!, "skip", 1)).rejects.toMatchObject({ code: "already_decided" });
  });
});

describe("a runner that dies in mid-call", () => {
  async function killedInCall(name: "files_read" | "files_log") {
    const one = await toolNode();
    abandon(one);
    const { key, ids } = await startCalls(one, name);
    const late = await one.tools.call(0);
    const two = await toolNode({ dataDir: one.dataDir, name: "other", isDead: () => true });
    return { one, two, key, id: ids[0]!, late };
  }

  it("leaves the outcome of a claimed call unknown, and nothing repeats it", async () => {
    const { two, key, id } = await killedInCall("files_log");
    await two.replies.read(key);
    const waits = await waiting(two, key);
    expect(states(waits.partial!.parts)).toEqual(["outcome-unknown"]);
    expect(two.tools.calls).toHaveLength(0);
    await two.replies.decide(key, { toolCallId: id, decision: "happened", text: "I saw it." });
    const { steps = [] } = await two.model.request(0);
    expect(toolParts(steps)).toMatchObject([{ state: "output-available", output: outputOf("I saw it.") }]);
    expect(two.tools.calls).toHaveLength(0);
  });

  it("takes an approval that is repeated without its attempt as the same, and leaves the outcome unknown", async () => {
    const one = await toolNode();
    abandon(one);
    const { key, ids } = await startCalls(one, "files_write");
    await waiting(one, key);
    const [id] = ids as [string];
    await decide(one, key, id, "approve");
    await one.tools.call(0);
    const two = await toolNode({ dataDir: one.dataDir, name: "other", isDead: () => true });
    await decide(two, key, id, "approve");
    const waits = await waiting(two, key);
    expect(states(waits.partial!.parts)).toEqual(["outcome-unknown"]);
    const { rev } = (await two.store.read(key))!;
    expect(await decide(two, key, id, "approve")).toMatchObject({ rev });
    await expect(decide(two, key, id, "deny")).rejects.toMatchObject({ code: "invalid_decision" });
    expect(two.tools.calls).toHaveLength(0);
  });

  it("sends nothing if it was frozen between its claim and its send, and a person has decided meanwhile", async () => {
    const [claimed, thawed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let [isClaiming, skipped] = [false, 0];
    const one = await toolNode({
      now: () => performance.now() + skipped,
      fs: interceptedFileSystem(async (call, proceed) => {
        const result = await proceed();
        // The last that a commit waits for: the folder, into which it has linked its revision.
        if (isClaiming && call.name === "sync" && call.path.endsWith("/..")) {
          claimed.resolve();
          await thawed.promise;
        }
        return result;
      }),
    });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Do it"));
    isClaiming = true;
    callTools(one, "files_log");
    await claimed.promise;
    const two = await toolNode({ dataDir: one.dataDir, name: "other", isDead: () => true });
    await two.replies.read(key);
    const [call] = toolParts((await waiting(two, key)).partial!.parts);
    expect(call!.state).toBe("outcome-unknown");
    await decide(two, key, call!.toolCallId, "skip");
    [isClaiming, skipped] = [false, 5_000];
    thawed.resolve();
    await expect.poll(() => one.replies.active()).toBe(0);
    expect(one.tools.calls).toEqual([]);
  });

  it("leaves a read-only call to be repeated", async () => {
    const { two, key } = await killedInCall("files_read");
    await two.replies.read(key);
    (await two.tools.call(0)).answer("42");
    const { steps = [] } = await two.model.request(0);
    expect(states(steps)).toEqual(["output-available"]);
  });

  it("resolves the unknown if it only was slow: its late result counts", async () => {
    const { two, key, late } = await killedInCall("files_log");
    await two.replies.read(key);
    await waiting(two, key);
    // The frozen runner goes on: its tool answers, and only then it finds that it was replaced.
    late.answer("late");
    await expect
      .poll(async () => partialParts((await two.store.read(key))!.session)[1])
      .toMatchObject({ state: "output-available", output: outputOf("late") });
  });

  it("changes nothing by its late result once a person has decided", async () => {
    const one = await toolNode();
    abandon(one);
    const { key, ids } = await startCalls(one, "files_log", "files_log");
    const late = await one.tools.call(0);
    const two = await toolNode({ dataDir: one.dataDir, name: "other", isDead: () => true });
    await two.replies.read(key);
    await waiting(two, key);
    await decide(two, key, ids[0]!, "skip");
    late.answer("late");
    await expect.poll(() => one.replies.active()).toBe(0);
    const { partial } = await waiting(two, key);
    expect(states(partial!.parts)).toEqual(["output-error", "outcome-unknown"]);
  });
});

describe("a continued answer whose call is of unknown outcome", () => {
  async function continued() {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_log");
    await one.tools.call(0);
    await one.replies.stop(key);
    await settled(one, key);
    const stopped = await lastMessage(one, key);
    await one.replies.start(key, { kind: "continue", messageId: stopped.id });
    const answers = async () =>
      (await one.store.read(key))!.session.messages.flatMap((message) =>
        message.role === "assistant" ? [states(message.parts)] : [],
      );
    return { one, key, id: ids[0]!, stopped, answers };
  }

  async function finish(one: ToolNode, key: string) {
    await one.model.request(1);
    one.model.text("Done.");
    one.model.finish();
    await settled(one, key);
  }

  it("is decided once: the decision counts for the answer before, too", async () => {
    const { one, key, id, answers } = await continued();
    await waiting(one, key);
    await decide(one, key, id, "happened");
    await finish(one, key);
    expect(await answers()).toEqual([["output-available"], ["output-available"]]);
    await expect(decide(one, key, id, "skip")).rejects.toMatchObject({ code: "already_decided" });
    const { rev } = (await one.store.read(key))!;
    expect(await decide(one, key, id, "happened")).toMatchObject({ rev });
  });

  it("is decided once, also before its continuation waits for that", async () => {
    const { one, key, id, answers } = await continued();
    await decide(one, key, id, "skip");
    await finish(one, key);
    expect(await answers()).toEqual([["output-error"], ["output-error"]]);
  });

  it("is run again once for one decision, also where the first answer is continued again", async () => {
    const { one, key, id, stopped, answers } = await continued();
    await waiting(one, key);
    await decide(one, key, id, "retry", 1);
    (await one.tools.call(1)).answer("done");
    await finish(one, key);
    expect(await answers()).toEqual([["output-error"], ["output-available"]]);
    await one.replies.start(key, { kind: "continue", messageId: stopped.id });
    const { steps = [] } = await one.model.request(2);
    expect(toolParts(steps)).toMatchObject([{ state: "output-error" }]);
    await decide(one, key, id, "retry", 1);
    expect(one.tools.calls).toHaveLength(2);
  });
});

describe("a stop", () => {
  it("settles a reply that waits: what was not decided is denied", async () => {
    const one = await toolNode();
    const { key } = await startCalls(one, "files_write");
    await waiting(one, key);
    await one.replies.stop(key);
    const message = await lastMessage(one, key);
    expect(message.metadata.status).toBe("stopped");
    expect(states(message.parts)).toEqual(["output-denied"]);
    expect((await one.store.read(key))!.session.partial).toBeUndefined();
  });

  it("after the send leaves the outcome unknown, which can still be decided", async () => {
    const one = await toolNode();
    const { key, ids } = await startCalls(one, "files_log");
    await one.tools.call(0);
    await one.replies.stop(key);
    await settled(one, key);
    expect(states((await lastMessage(one, key)).parts)).toEqual(["outcome-unknown"]);
    await expect(decide(one, key, ids[0]!, "retry")).rejects.toMatchObject({ code: "invalid_decision" });
    await decide(one, key, ids[0]!, "happened");
    await decide(one, key, ids[0]!, "happened");
    expect(states((await lastMessage(one, key)).parts)).toEqual(["output-available"]);
    await expect(decide(one, key, ids[0]!, "skip")).rejects.toMatchObject({ code: "already_decided" });
    await expect(decide(one, key, "nothing", "skip")).rejects.toMatchObject({ code: "call_not_found" });
  });
});
