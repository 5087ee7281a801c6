import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSeal } from "~/browser/conversations/seal";
import type { Committed, ErrorBody, HandoffBody, SessionView } from "~/conversation/api";
import { exportJson } from "~/conversation/files/export-conversation";
import { MAX_MESSAGES } from "~/conversation/limits";
import type { Share } from "~/conversation/session/session";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longConversation } from "../fixtures/long-conversation";
import { readSession, textOf } from "../fixtures/session-api";
import { longTest } from "../fixtures/variants";

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
      title: `${source.title} (2)`,
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

describe("an import", () => {
  const put = (sessionId: string, file: string) =>
    call("POST", "/api/session/import", inSession(sessionId), file);

  it("is the conversation that was exported, wherever it was held", async () => {
    const source = await read(await converse("One", "Two"));
    const to = newId();
    const imported = await put(to, exportJson(source));
    expect([imported.status, await imported.json()]).toEqual([201, { rev: 1 }]);
    const { createdAt, title, settings, messages, head } = source;
    const expected = { rev: 1, createdAt, title, settings, messages, head, reply: null };
    expect(await read(to)).toMatchObject({ ...expected, titleSource: "person" });
    const again = await put(to, exportJson(source));
    expect([again.status, await again.json()]).toEqual([201, { rev: 1 }]);

    const other = { ...source, settings: { ...settings, modelId: "bedrock/elsewhere" } };
    const there = newId();
    await put(there, exportJson(other));
    expect((await read(there)).settings.modelId).toBe("demo/demo");
  });

  it("may be larger than a message, but not larger than its own limit", async () => {
    const source = await read(await converse("One"));
    const [question, ...rest] = source.messages;
    const long = (length: number) => {
      const parts = [{ type: "text" as const, text: "x".repeat(length) }];
      return exportJson({
        ...source,
        messages: [{ ...question, parts } as typeof question, ...rest] as never,
      });
    };
    // Its last answer went beyond what a conversation may hold.
    expect((await put(newId(), long(4_000_000))).status).toBe(201);
    expect(await refusal(put(newId(), long(16_000_000)))).toEqual([413, "body_too_large"]);
  });

  it("is refused where it is none, and says what is wrong", async () => {
    const source = await read(await converse("One"));
    const taken = await converse("Else");
    expect(await refusal(put(taken, exportJson(source)))).toEqual([409, "session_exists"]);
    expect(await refusal(put(newId(), "{"))).toEqual([400, "bad_request"]);
    const to = newId();
    const broken = await put(to, exportJson({ ...source, head: "nowhere" }));
    expect([broken.status, await broken.json()]).toEqual([
      400,
      { error: { code: "bad_request", message: "The body does not fit at head: no message has this id." } },
    ]);
    expect(await readSession(server.url, to)).toBeNull();
  });

  it("that would become much more than it is, or has endless messages, is refused without harm", async () => {
    const source = await read(await converse("One"));
    const file = JSON.parse(exportJson(source)) as object;
    const nothing = (length: number) => `{"messages":[${"{},".repeat(length - 1)}{}]}`;
    expect(await refusal(put(newId(), nothing(5_000_000)))).toEqual([400, "bad_request"]);
    expect(await refusal(put(newId(), nothing(150_000)))).toEqual([413, "session_full"]);
    const messages = longConversation(MAX_MESSAGES + 2).messages;
    const tooMany = { ...file, messages, head: messages[0]!.id };
    expect(await refusal(put(newId(), JSON.stringify(tooMany)))).toEqual([413, "session_full"]);
    expect((await put(newId(), exportJson(source))).status).toBe(201);
  });
});

describe("a shared link", () => {
  const share = (sessionId: string, shareId: string) =>
    call("POST", "/api/session/shares", inSession(sessionId), { shareId });
  const revoke = (sessionId: string, body: object) =>
    call("DELETE", "/api/session/shares", inSession(sessionId), body);
  const show = (shareId: string) => call("GET", "/api/share", { "X-Share-Id": shareId });

  it("shows the conversation as it was to a holder of its secret, until it is withdrawn", async () => {
    const sessionId = await converse("One");
    const [one, two] = [newId(), newId()];
    const made = await share(sessionId, one);
    const link = (await made.json()) as Share;
    expect([made.status, link]).toEqual([
      201,
      { key: hashSessionId(one), createdAt: expect.any(String) as string },
    ]);
    expect(await (await share(sessionId, one)).json()).toEqual(link);
    await share(sessionId, two);
    const session = await read(sessionId);
    expect(session.shares).toHaveLength(2);

    const shown = await show(one);
    expect([shown.status, shown.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
    const text = await shown.text();
    expect(JSON.parse(text)).toMatchObject({
      title: "One",
      messages: [
        { role: "user", text: "One" },
        { role: "assistant", text: textOf(session.messages[1]) },
      ],
    });
    for (const secret of [sessionId, hashSessionId(sessionId)]) expect(text).not.toContain(secret);

    // By its secret, or from another device by its key; and again.
    for (const body of [{ shareId: one }, { shareId: one }, { key: hashSessionId(two) }]) {
      expect((await revoke(sessionId, body)).status).toBe(204);
    }
    for (const shareId of [one, two]) expect(await refusal(show(shareId))).toEqual([404, "share_not_found"]);
    expect(await read(sessionId)).not.toHaveProperty("shares");
  });

  longTest("goes with its conversation, and leaves no word on the volume", async () => {
    const sessionId = await converse("A word like zyzzyva");
    const shareId = newId();
    await share(sessionId, shareId);
    expect(await filesWith("zyzzyva")).not.toEqual([]);
    expect((await call("DELETE", "/api/session", inSession(sessionId))).status).toBe(204);
    expect(await refusal(show(shareId))).toEqual([404, "share_not_found"]);
    // The log of replies forgets within a minute what has ended.
    await expect.poll(() => filesWith("zyzzyva"), { timeout: 60_000 }).toEqual([]);
  });

  it("is refused where it makes no sense", async () => {
    const sessionId = await converse("One");
    expect(await refusal(share(newId(), newId()))).toEqual([404, "session_not_found"]);
    expect(await refusal(share(sessionId, "../x"))).toEqual([400, "bad_request"]);
    expect(await refusal(show("../x"))).toEqual([400, "bad_request"]);
    expect(await refusal(show(newId()))).toEqual([404, "share_not_found"]);
    expect((await revoke(newId(), { shareId: newId() })).status).toBe(204);
  });
});

describe("a hand-off", () => {
  it("moves what one device sealed to another, once, and the server can read nothing of it", async () => {
    const seal = await createSeal(newId());
    const id = { "X-Handoff-Id": seal.id };
    const left = await call("POST", "/api/handoffs", id, { sealed: seal.close({ ids: ["zyzzyva"] }) });
    expect([left.status, await left.json()]).toEqual([201, { expiresInSeconds: 600 }]);
    expect(await filesWith("zyzzyva")).toEqual([]);
    const claimed = await call("POST", "/api/handoffs/claim", id);
    const { sealed } = (await claimed.json()) as HandoffBody;
    expect(seal.open(sealed)).toEqual({ ids: ["zyzzyva"] });
    expect(await refusal(call("POST", "/api/handoffs/claim", id))).toEqual([404, "handoff_gone"]);
    expect(await filesWith(sealed)).toEqual([]);
  });

  it("is refused where it makes no sense", async () => {
    const id = { "X-Handoff-Id": newId() };
    const leave = (sealed: string, headers = id) =>
      refusal(call("POST", "/api/handoffs", headers, { sealed }));
    expect((await call("POST", "/api/handoffs", id, { sealed: "A".repeat(87_382) })).status).toBe(201);
    expect(await leave("other")).toEqual([409, "handoff_conflict"]);
    expect(await leave("A".repeat(87_383))).toEqual([400, "bad_request"]);
    expect(await leave("no base64url!")).toEqual([400, "bad_request"]);
    expect(await leave("sealed", { "X-Handoff-Id": "../x" })).toEqual([400, "bad_request"]);
    expect(await refusal(call("POST", "/api/handoffs/claim", { "X-Handoff-Id": newId() }))).toEqual([
      404,
      "handoff_gone",
    ]);
  });
});

/** The files on the volume that have a text in them. */
async function filesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(server.dataDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}
