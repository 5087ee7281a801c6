import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Committed, ErrorBody, SessionView } from "~/conversation/api";
import { newId } from "~/conversation/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { readSession } from "../fixtures/session-api";

/** What can be done with a whole conversation, by the HTTP of a real server. */
let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "5000" } });
});
afterAll(() => server.stop());

function call(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  return fetch(`${server.url}${path}`, {
    method,
    headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

const inSession = (sessionId: string) => ({ "X-Session-Id": sessionId });

/** @returns the id of a conversation with as many questions and answers */
async function converse(...questions: string[]): Promise<string> {
  const sessionId = newId();
  let parentId: string | null = null;
  for (const text of questions) {
    const message = { id: newId(), parts: [{ type: "text", text }] };
    const sent = await call("POST", "/api/session/messages", inSession(sessionId), { message, parentId });
    await sent.text();
    parentId = (await read(sessionId)).head;
  }
  return sessionId;
}

async function read(sessionId: string): Promise<SessionView> {
  const session = await readSession(server.url, sessionId);
  if (!session) throw new Error("There is no such session.");
  return session;
}

/** What a failed request was answered. */
async function refusal(response: Promise<Response>) {
  const answer = await response;
  return [answer.status, ((await answer.json()) as ErrorBody).error.code];
}

describe("a fork", () => {
  it("is a conversation of its own, up to a message, and goes on by itself", async () => {
    const from = await converse("One", "Two");
    const source = await read(from);
    const to = newId();
    const messageId = source.messages[1]!.id;
    const forked = await call("POST", "/api/session/fork", inSession(to), { from, messageId });
    expect([forked.status, await forked.json()]).toEqual([201, { rev: 1 } satisfies Committed]);
    expect(await read(to)).toMatchObject({
      rev: 1,
      title: source.title,
      titleSource: "first-words",
      settings: source.settings,
      messages: source.messages.slice(0, 2),
      head: messageId,
      reply: null,
    });

    const again = await call("POST", "/api/session/fork", inSession(to), { from, messageId });
    expect([again.status, await again.json()]).toEqual([201, { rev: 1 }]);
    await call("DELETE", "/api/session", inSession(to));
    expect(await read(from)).toEqual(source);
  });

  it("is refused where it makes no sense", async () => {
    const from = await converse("One");
    const other = await converse("Else");
    const messageId = (await read(from)).head!;
    const fork = (to: string, body: object) =>
      refusal(call("POST", "/api/session/fork", inSession(to), body));
    expect(await fork(other, { from, messageId })).toEqual([409, "session_exists"]);
    expect(await fork(newId(), { from: newId(), messageId })).toEqual([404, "session_not_found"]);
    expect(await fork(newId(), { from, messageId: "nowhere" })).toEqual([404, "message_not_found"]);
    expect(await fork(newId(), { from: "../x", messageId })).toEqual([400, "bad_request"]);
    expect(await fork("../x", { from, messageId })).toEqual([400, "bad_session_id"]);
    expect((await call("GET", "/api/session/fork", inSession(from))).status).toBe(405);
  });
});
