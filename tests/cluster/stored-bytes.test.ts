import { afterAll, beforeAll, expect, it } from "vitest";
import type { ErrorBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { shortConversation } from "../fixtures/short-conversation";

const LIMIT = 1_000_000;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    env: {
      TRUSTED_HOPS: "1",
      DEMO_TOKENS_PER_SECOND: "5000",
      LIMIT_ADDRESS_BYTES_PER_DAY: String(LIMIT),
      MAX_BODY_BYTES: "2000000",
    },
  });
});
afterAll(() => server.stop());

let addresses = 0;
/** An address that has stored nothing yet. */
const newAddress = () => `198.51.100.${++addresses}`;

type Sent = { from: string; method?: string; path?: string; sessionId?: string; body: unknown };

/** @returns the status of what was stored, else the code of the refusal */
async function send({ from, method = "POST", path = "", sessionId = newId(), body }: Sent) {
  const isFile = typeof body === "string";
  const response = await fetch(`${server.url}/api/${path}`, {
    method,
    headers: {
      "Content-Type": isFile ? "text/plain" : "application/json",
      "X-Session-Id": sessionId,
      "X-Handoff-Id": newId(),
      "X-File-Name": "notes.txt",
      "X-Forwarded-For": from,
      Accept: "application/json",
    },
    body: isFile ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return response.ok ? response.status : (JSON.parse(text) as ErrorBody).error.code;
}

/** How many of so many requests at once were stored; the others must have been refused for their bytes. */
async function stored(count: number, request: () => Sent): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: count }, () => send(request())));
  const refused = outcomes.filter((outcome) => outcome === "daily_bytes_spent");
  const accepted = outcomes.filter((outcome) => typeof outcome === "number");
  expect([...refused, ...accepted]).toHaveLength(count);
  return accepted.length;
}

const conversation = (bytes: number) => shortConversation("Long", "?", "x".repeat(bytes));
const message = (bytes: number, parentId: string | null = null) => ({
  message: { id: newId(), parts: [{ type: "text", text: "x".repeat(bytes) }] },
  parentId,
});
const imported = (from: string, bytes: number) => ({
  from,
  path: "session/import",
  body: conversation(bytes),
});

it.each<[string, number, number, (from: string) => Sent]>([
  ["imports of 900 KB", 24, 1, (from) => imported(from, 900_000)],
  [
    "imports whose text is 450 KB in UTF-8, and 150,000 characters",
    12,
    2,
    (from) => ({
      from,
      path: "session/import",
      body: shortConversation("Long", "?", "語".repeat(150_000)),
    }),
  ],
  [
    "first messages of 250 KB",
    12,
    3,
    (from) => ({
      from,
      path: "session/messages",
      body: message(250_000),
    }),
  ],
  [
    "files of 300 KB",
    12,
    3,
    (from) => ({
      from,
      path: "session/attachments",
      body: "x".repeat(300_000),
    }),
  ],
  [
    "hand-offs of 80 KB",
    16,
    12,
    (from) => ({
      from,
      path: "handoffs",
      body: { sealed: "x".repeat(80_000) },
    }),
  ],
])(
  "%s at once: only those that fit are stored, and others are not refused",
  async (_, count, fit, request) => {
    const from = newAddress();
    expect(await stored(count, () => request(from))).toBe(fit);
    expect(await send(request(newAddress()))).toBeLessThan(300);
  },
);

it("edits, instructions, links and forks at once store no more than fits", async () => {
  const sessionId = newId();
  const source = conversation(240_000);
  const [question, answer] = source.messages;
  expect(await send({ from: newAddress(), path: "session/import", sessionId, body: source })).toBe(201);
  const beside: Record<string, (from: string) => Sent> = {
    forks: (from) => ({ from, path: "session/fork", body: { from: sessionId, messageId: answer!.id } }),
    links: (from) => ({ from, path: "session/shares", sessionId, body: { shareId: newId() } }),
    instructions: (from) => ({
      from,
      method: "PATCH",
      path: "session",
      sessionId,
      body: { settings: { instructions: newId() } },
    }),
  };
  for (const [what, request] of Object.entries(beside)) {
    const from = newAddress();
    expect([what, await stored(8, () => request(from))]).toEqual([what, 4]);
  }
  // An edit is a message beside another one.
  const from = newAddress();
  let edits = 0;
  for (let count = 0; count < 6; count++) {
    const body = message(240_000, question!.parentId);
    const outcome = await send({ from, path: "session/messages", sessionId, body });
    if (outcome === 202) edits += 1;
    else expect(outcome).toBe("daily_bytes_spent");
    await expect.poll(() => isAnswered(sessionId)).toBe(true);
  }
  expect(edits).toBe(4);
});

it("what is refused or cut off in the end gives back what it reserved", async () => {
  const from = newAddress();
  // No file of a kind that is taken.
  const zip = "PK\u0003\u0004" + "\0".repeat(700_000);
  for (let count = 0; count < 3; count++) {
    const outcome = await send({ from, path: "session/attachments", body: zip });
    expect(outcome).toBe("unsupported_media_type");
  }
  const sessionId = newId();
  const first = { from, path: "session/import", sessionId, body: conversation(300_000) };
  expect(await send(first)).toBe(201);
  // A repeat stores nothing, and another conversation in the same place is refused.
  for (let count = 0; count < 4; count++) expect(await send(first)).toBe(201);
  for (let count = 0; count < 4; count++) {
    expect(await send({ ...first, body: conversation(300_000) })).toBe("session_exists");
  }
  expect(await send(imported(from, 600_000))).toBe(201);
  expect(await send(imported(from, 200_000))).toBe("daily_bytes_spent");
});

async function isAnswered(sessionId: string): Promise<boolean> {
  const response = await fetch(`${server.url}/api/session`, { headers: { "X-Session-Id": sessionId } });
  return ((await response.json()) as { reply: unknown }).reply === null;
}
