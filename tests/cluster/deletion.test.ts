import { readdir, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AttachmentView } from "~/conversation/files/attachment";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { followToEnd, readSession } from "../fixtures/session-api";

/** What nobody may find any more. The model repeats what it is told. */
const MARK = "xyzzy-forget-me";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

async function call(method: string, path: string, sessionId: string, body?: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { "X-Session-Id": sessionId, "Content-Type": "application/json", Accept: "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : (JSON.parse(text) as unknown);
}

async function say(sessionId: string, text: string, parts: unknown[] = []) {
  const parentId = (await readSession(server.url, sessionId))?.head ?? null;
  const message = { id: newId(), parts: [...parts, { type: "text", text }] };
  await call("POST", "/api/session/messages", sessionId, { message, parentId });
}

/** A conversation with the mark in everything that it can be in. */
async function markedConversation(): Promise<string> {
  const sessionId = newId();
  const response = await fetch(`${server.url}/api/session/attachments`, {
    method: "POST",
    headers: { "X-Session-Id": sessionId, "X-File-Name": `${MARK}.txt` },
    body: `A file that says ${MARK}.`,
  });
  const { id, mediaType, filename, size } = (await response.json()) as AttachmentView;
  const file = { type: "file", mediaType, filename, size, url: `attachment:${id}` };
  await say(sessionId, `Say ${MARK}`, [file]);
  await followToEnd(server.url, sessionId);
  await call("POST", "/api/session/shares", sessionId, { shareId: newId() });
  await call("PATCH", "/api/session", sessionId, {
    title: MARK,
    settings: { instructions: `Think of ${MARK}` },
  });
  await say(sessionId, `And ${MARK} again`);
  await followToEnd(server.url, sessionId);
  return sessionId;
}

async function files(): Promise<string[]> {
  const entries = await readdir(server.dataDir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** A log of replies forgets within this time what has ended. */
const FORGOTTEN = { timeout: 60_000 };

/** The places that hold the mark, but for the logs of replies. */
const storesWithMark = async () => (await placesWithMark()).filter((place) => place !== "replies");

/** The kinds of places that hold the mark, by the first folder below DATA_DIR. */
async function placesWithMark(): Promise<string[]> {
  const places = new Set<string>();
  for (const path of await files()) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (path.includes(MARK) || bytes.includes(MARK))
      places.add(path.slice(server.dataDir.length + 1).split("/")[0]!);
  }
  return [...places].sort();
}

/** Cuts a conversation's newest revisions short, and has somebody meet them. */
async function damage(sessionId: string, count: number) {
  const folder = join(
    server.dataDir,
    "sessions",
    hashSessionId(sessionId).slice(0, 2),
    hashSessionId(sessionId),
  );
  const revisions = (await readdir(folder))
    .filter((name) => name.endsWith(".json"))
    .sort()
    .slice(-count);
  for (const name of revisions) {
    const bytes = await readFile(join(folder, name));
    await truncate(join(folder, name), bytes.length - 10);
  }
  await fetch(`${server.url}/api/session`, { headers: { "X-Session-Id": sessionId } });
}

describe("a deleted conversation", () => {
  it("leaves no byte of what was said, in files, shares, logs and copies of what was damaged", async () => {
    const sessionId = await markedConversation();
    await damage(sessionId, 1);
    expect(await storesWithMark()).toEqual(["attachments", "quarantine", "sessions", "shares"]);
    await call("DELETE", "/api/session", sessionId);
    expect(await storesWithMark()).toEqual([]);
    await expect.poll(placesWithMark, FORGOTTEN).toEqual([]);
  });

  it("of which no revision is whole takes its damaged ones along", async () => {
    const sessionId = newId();
    await say(sessionId, `Say ${MARK}`);
    await followToEnd(server.url, sessionId);
    await damage(sessionId, 9);
    expect(await placesWithMark()).toContain("quarantine");
    await call("DELETE", "/api/session", sessionId);
    expect(await storesWithMark()).toEqual([]);
  });

  it("takes nothing of another one along", async () => {
    const [mine, other] = [await markedConversation(), await markedConversation()];
    await damage(other, 1);
    const before = JSON.stringify(await readSession(server.url, other));
    await call("DELETE", "/api/session", mine);
    expect(await storesWithMark()).toEqual(["attachments", "quarantine", "sessions", "shares"]);
    expect(JSON.stringify(await readSession(server.url, other))).toBe(before);
    await call("DELETE", "/api/session", other);
  });

  it("stays gone where it was deleted while a reply was written", async () => {
    await server.terminate();
    await server.restart({ DEMO_TOKENS_PER_SECOND: "60" });
    const sessionId = newId();
    await say(sessionId, `Tell me a long story about ${MARK}`);
    const isLogged = async () => {
      const logs = (await files()).filter((path) => path.includes("/replies/"));
      const texts = await Promise.all(logs.map((path) => readFile(path, "utf8").catch(() => "")));
      return texts.some((text) => text.includes(hashSessionId(sessionId)));
    };
    await expect.poll(isLogged).toBe(true);
    await call("DELETE", "/api/session", sessionId);
    // The runner ends by itself, at its next look.
    await expect.poll(() => server.output()).toMatch(/superseded|deleted/);
    await expect.poll(placesWithMark, FORGOTTEN).toEqual([]);
  });
});
