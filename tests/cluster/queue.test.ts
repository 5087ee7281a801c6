import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SessionView } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import {
  delta,
  startChatEndpoint,
  streamWhole,
  type ChatEndpoint,
  type ChatRequest,
} from "../fixtures/models/chat-endpoint";
import { longVariants } from "../fixtures/variants";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";

/** The queue over HTTP on three nodes. The model answers "re: <question>", once the test lets it. */
let cluster: Cluster;
let model: ChatEndpoint;
/** Answers that are held, by the text of their question. */
let held: Map<string, (ServerResponse | null)[]>;
let answersAtOnce: boolean;

beforeAll(async () => {
  model = await startChatEndpoint((response, request) => {
    const question = lastQuestion(request);
    const waiting = held.get(question) ?? [];
    held.set(question, [...waiting, response]);
    if (answersAtOnce) release(question);
  });
  cluster = await startCluster({
    env: model.env("echo"),
  });
});
afterAll(async () => {
  await cluster?.stop();
  await model?.close();
});
beforeEach(() => {
  held = new Map();
  answersAtOnce = false;
});
afterEach(() => cluster.lead());

type ChatMessage = { role: string; content: string };
const messagesIn = ({ body }: ChatRequest) => body.messages as ChatMessage[];
/** The last question. After an answer without words, it is in one message with the question before it. */
const lastQuestion = (request: ChatRequest) =>
  messagesIn(request)
    .findLast(({ role }) => role === "user")!
    .content.split("\n")
    .at(-1)!;

/** Ends the held answers to a question. */
function release(question: string) {
  for (const response of held.get(question) ?? []) {
    streamWhole(response!, delta({ content: `re: ${question}` }), delta({}, "stop"));
  }
  held.delete(question);
}

async function untilAsked(question: string) {
  while (!held.has(question)) await delay(20);
}

function request(
  node: Pick<ClusterNode, "url">,
  sessionId: string,
  path: string,
  body?: object,
  method?: string,
) {
  return fetch(`${node.url}${path}`, {
    method: method ?? (body ? "POST" : "GET"),
    headers: { "X-Session-Id": sessionId, "Content-Type": "application/json", Accept: "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const messageOf = (text: string, id = newId()) => ({
  message: { id, parts: [{ type: "text", text }] },
  parentId: null,
});

async function post(node: ClusterNode, sessionId: string, body: object) {
  const response = await request(node, sessionId, "/api/session/messages", body);
  const answer = (await response.json()) as { replyId?: string; queued?: true; error?: { code: string } };
  return { status: response.status, ...answer, code: answer.error?.code };
}

/** A conversation whose first question is being answered, while others wait. @returns its id, and those of the others */
async function begin(node: ClusterNode, first: string, ...others: [node: ClusterNode, text: string][]) {
  const sessionId = newId();
  expect(await post(node, sessionId, messageOf(first))).toMatchObject({ status: 202 });
  await untilAsked(first);
  const ids: string[] = [];
  for (const [on, text] of others) {
    ids.push(newId());
    const answer = await post(on, sessionId, { ...messageOf(text, ids.at(-1)), queue: true });
    expect(answer).toMatchObject({ status: 202, queued: true });
  }
  return { sessionId, ids };
}

const read = async (node: ClusterNode, sessionId: string) =>
  (await (await request(node, sessionId, "/api/session")).json()) as SessionView;

async function untilIdle(node: ClusterNode, sessionId: string): Promise<SessionView> {
  for (;;) {
    const session = await read(node, sessionId);
    if (!session.reply) return session;
    await delay(50);
  }
}

const textsIn = ({ messages }: Pick<SessionView, "messages">) =>
  messages.map(({ parts }) => parts.map((part) => ("text" in part ? part.text : "")).join(""));

async function change(node: ClusterNode, sessionId: string, id: string, body: object | null) {
  const path = `/api/session/queue/${id}`;
  const response = await request(node, sessionId, path, body ?? undefined, body ? "PATCH" : "DELETE");
  const text = await response.text();
  const code = text === "" ? undefined : (JSON.parse(text) as { error?: { code: string } }).error?.code;
  return { status: response.status, code };
}

const parts = (text: string) => [{ type: "text", text }];

describe("the queue on three nodes", () => {
  it("without queue a message is refused while a reply runs; with it, it is seen, edited, moved and removed on any node", async () => {
    const [one, two, three] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    const { sessionId, ids } = await begin(one, "first", [two, "a"], [three, "b"], [one, "c"]);
    expect(await post(two, sessionId, messageOf("no"))).toMatchObject({ status: 409, code: "reply_running" });
    const [a, b, c] = ids as [string, string, string];
    const { queue } = await read(three, sessionId);
    expect(queue).toEqual([
      { id: a, parts: parts("a") },
      { id: b, parts: parts("b") },
      { id: c, parts: parts("c") },
    ]);
    expect(await change(two, sessionId, c, { parts: parts("c, but better"), before: a })).toMatchObject({
      status: 200,
    });
    expect(await change(three, sessionId, b, null)).toEqual({ status: 204, code: undefined });
    expect(await change(one, sessionId, b, null)).toEqual({ status: 204, code: undefined });
    expect(await change(two, sessionId, b, { parts: parts("b"), before: c, restore: true })).toMatchObject({
      status: 200,
    });
    expect((await read(one, sessionId)).queue?.map(({ id }) => id)).toEqual([b, c, a]);
    expect(await change(three, sessionId, b, null)).toEqual({ status: 204, code: undefined });
    expect(await change(one, sessionId, b, { before: null })).toEqual({
      status: 404,
      code: "message_not_found",
    });
    expect(await change(one, sessionId, a, {})).toEqual({ status: 400, code: "bad_request" });
    expect((await read(one, sessionId)).queue?.map(({ id }) => id)).toEqual([c, a]);
    answersAtOnce = true;
    release("first");
    const session = await untilIdle(two, sessionId);
    expect(textsIn(session)).toEqual([
      ...["first", "re: first", "c, but better", "re: c, but better", "a", "re: a"],
    ]);
    expect(session.queue).toEqual([]);
    expect(await change(two, sessionId, a, { parts: parts("x") })).toEqual({
      status: 409,
      code: "already_sent",
    });
    expect(await change(two, sessionId, a, null)).toEqual({ status: 409, code: "already_sent" });
  });

  it("a late repeat adds nothing: of a message that waits, was sent, or was removed", async () => {
    const [one, two, three] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    const { sessionId, ids } = await begin(one, "first", [two, "a"], [two, "b"]);
    const [a, b] = ids as [string, string];
    const repeat = (node: ClusterNode, text: string, id: string) =>
      post(node, sessionId, { ...messageOf(text, id), queue: true });
    const first = await repeat(one, "a", a);
    expect(await repeat(three, "a", a)).toMatchObject({ status: 202, replyId: first.replyId });
    await change(one, sessionId, b, null);
    expect(await repeat(two, "b", b)).toMatchObject({ status: 409, code: "message_removed" });
    answersAtOnce = true;
    release("first");
    await untilIdle(three, sessionId);
    expect(await repeat(one, "a", a)).toMatchObject({ status: 202, replyId: first.replyId });
    expect(await repeat(one, "b", b)).toMatchObject({ status: 409, code: "message_removed" });
    expect(textsIn(await read(two, sessionId))).toEqual(["first", "re: first", "a", "re: a"]);
  });

  it("the event stream of a waiting message is that of its own reply, from any node", async () => {
    const [one, two] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    const { sessionId } = await begin(one, "first", [one, "before"]);
    const response = await fetch(`${two.url}/api/session/messages`, {
      method: "POST",
      headers: { "X-Session-Id": sessionId, "Content-Type": "application/json" },
      body: JSON.stringify({ ...messageOf("mine"), queue: true }),
    });
    expect(response.headers.get("Content-Type")).toContain("text/event-stream");
    answersAtOnce = true;
    release("first");
    const events = await response.text();
    expect(events).toContain("re: mine");
    expect(events).not.toContain("re: first");
    expect(events).not.toContain("re: before");
    expect(events.trimEnd().endsWith("data: [DONE]")).toBe(true);
  });

  it("a stop pauses it, and it goes on when a person resumes it on another node", async () => {
    const [one, two, three] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    const { sessionId } = await begin(one, "first", [two, "a"]);
    expect((await request(two, sessionId, "/api/session/stop", {})).status).toBe(400);
    const { reply } = await read(two, sessionId);
    await request(two, sessionId, "/api/session/stop", { replyId: reply!.id });
    const stopped = await untilIdle(three, sessionId);
    expect(stopped).toMatchObject({ queuePause: { code: "stopped" }, queue: [{ parts: parts("a") }] });
    answersAtOnce = true;
    // A message that is sent meanwhile starts at once, and the queue stays paused.
    const now = await post(one, sessionId, { ...messageOf("now"), queue: true });
    expect(now).not.toHaveProperty("queued");
    expect(await untilIdle(two, sessionId)).toMatchObject({ queuePause: { code: "stopped" } });
    expect((await request(three, sessionId, "/api/session/queue", { resume: true })).status).toBe(202);
    const session = await untilIdle(one, sessionId);
    expect(textsIn(session).slice(-4)).toEqual(["now", "re: now", "a", "re: a"]);
    expect(session).not.toHaveProperty("queuePause");
  });

  it("an edit, a move or a removal at the moment of sending is either made before, or refused", async () => {
    const [one, two, three] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    for (let round = 0; round < 12; round++) {
      const name = `round ${String(round)}`;
      const { sessionId, ids } = await begin(one, name, [two, `${name} a`], [three, `${name} b`]);
      const [a, b] = ids as [string, string];
      answersAtOnce = true;
      release(name);
      await delay(round * 4);
      const [edited, moved, removed] = await Promise.all([
        change(two, sessionId, a, { parts: parts(`${name} new`) }),
        change(one, sessionId, b, { before: a }),
        change(three, sessionId, a, null),
      ]);
      const session = await untilIdle(two, sessionId);
      const questions = session.messages.filter(({ role }) => role === "user");
      const asked = questions.map(({ id }) => id);
      expect(asked.filter((id) => id === b)).toHaveLength(1);
      expect(asked.includes(a)).toBe(removed.status !== 204);
      for (const { status, code } of [edited, moved, removed])
        expect([`200`, `204`, `404 message_not_found`, `409 already_sent`]).toContain(
          [status, code].join(" ").trim(),
        );
      const text = textsIn({ messages: questions.filter(({ id }) => id === a) });
      if (asked.includes(a)) expect(text).toEqual([`${name} ${edited.status === 200 ? "new" : "a"}`]);
      expect(session.messages).toHaveLength(2 * asked.length);
      answersAtOnce = false;
    }
  });

  it("outlives its runner and all browsers: each message is sent once, and in order", async () => {
    const [one, two, three] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    const { sessionId } = await begin(one, "first", [two, "a"], [three, "b"], [two, "c"]);
    const before = model.requests.length;
    await one.kill();
    answersAtOnce = true;
    // Nothing reads the session: another node finds the reply in the log of the dead one.
    const asked = () => model.requests.slice(before).map(lastQuestion);
    await expect.poll(asked, { timeout: 90_000, interval: 200 }).toContain("c");
    const session = await untilIdle(three, sessionId);
    expect(textsIn(session)).toEqual([...["first", "re: first", "a", "re: a", "b", "re: b", "c", "re: c"]]);
    expect(asked()).toEqual(["first", "a", "b", "c"]);
    await one.start();
  });

  it.each(longVariants([0, 15, 40, 80]))("outlives a kill %i ms after an answer", async (waitMs) => {
    const [one, two, three] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    answersAtOnce = false;
    const { sessionId, ids } = await begin(one, "first", [two, "a"], [three, "b"]);
    answersAtOnce = true;
    release("first");
    await delay(waitMs);
    await one.kill();
    await read(two, sessionId);
    const session = await untilIdle(two, sessionId);
    expect(textsIn(session)).toEqual(["first", "re: first", "a", "re: a", "b", "re: b"]);
    expect(session.messages.filter(({ id }) => ids.includes(id)).map(({ id }) => id)).toEqual(ids);
    await one.start();
  });
});
