import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ErrorBody, SessionView } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { readSession, textOf } from "../fixtures/session-api";
import { longTest } from "../fixtures/variants";

const CONVERSATIONS = 24;

let cluster: Cluster;
beforeAll(async () => {
  // A title that a model gives after the answer would come between what was read and the move.
  const env = { ENCRYPT_AT_REST: "on", DEMO_TOKENS_PER_SECOND: "150", TITLE_MODEL: "none" };
  cluster = await startCluster({ size: 3, env });
});
afterAll(() => cluster.stop());

const inSession = (sessionId: string) => ({ "X-Session-Id": sessionId });

function post(url: string, path: string, sessionId: string, body: unknown) {
  return fetch(`${url}/api/session/${path}`, {
    method: "POST",
    headers: { ...inSession(sessionId), "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

const move = (url: string, from: string, to: string, attachments?: string[]) =>
  post(url, "move", to, { from, ...(attachments && { attachments }) });

async function upload(sessionId: string, name: string): Promise<string> {
  const headers = { ...inSession(sessionId), "X-File-Name": name, "Content-Type": "text/plain" };
  const body = `The text of ${name} in ${sessionId}.`;
  const response = await fetch(`${cluster.url}/api/session/attachments`, { method: "POST", headers, body });
  return ((await response.json()) as { id: string }).id;
}

const fileText = async (sessionId: string, id: string) => {
  const response = await fetch(`${cluster.url}/api/session/attachments/${id}`, {
    headers: inSession(sessionId),
  });
  return response.ok ? response.text() : response.status;
};

/** A conversation with one answered question, and a file that only a draft names. */
async function converse(text: string, isToEnd = true) {
  const id = newId();
  const file = await upload(id, "draft.txt");
  const message = { id: newId(), parts: [{ type: "text", text }] };
  const sent = await post(cluster.url, "messages", id, { message, parentId: null });
  if (isToEnd) await sent.text();
  return { id, file, sent };
}

const view = (sessionId: string) => readSession(cluster.url, sessionId);

/** Repeats a move on any node that answers, as a browser does. */
async function moveAnywhere(from: string, to: string, attachments: string[], first: number) {
  for (let attempt = first; ; attempt++) {
    const { url } = cluster.nodes[attempt % 3]!;
    const response = await move(url, from, to, attachments).catch(() => null);
    if (response?.status === 201) return;
    if (response && response.status !== 409)
      expect([response.status, await response.text()]).toEqual([503, expect.anything()]);
    await delay(20);
  }
}

longTest(
  "conversations that are moved while a node is killed are whole under their new ids, and gone under the old ones",
  async () => {
    const conversations = await Promise.all(
      Array.from({ length: CONVERSATIONS }, (_, index) => converse(`Hi ${String(index)}`)),
    );
    const before = await Promise.all(conversations.map(({ id }) => view(id)));
    const newIds = conversations.map(() => newId());
    const dying = cluster.nodes[1]!;
    const moves = conversations.map(({ id, file }, index) => moveAnywhere(id, newIds[index]!, [file], index));
    await Promise.race(moves);
    await dying.kill();
    try {
      await Promise.all(moves);
    } finally {
      await dying.start();
    }
    for (const [index, { id, file }] of conversations.entries()) {
      const { rev: _, ...content } = before[index] as SessionView;
      expect(await view(newIds[index]!)).toMatchObject(content);
      expect(await fileText(newIds[index]!, file)).toBe(`The text of draft.txt in ${id}.`);
      expect(await view(id)).toBeNull();
      expect(await fileText(id, file)).toBe(404);
    }
    const [first] = conversations as [(typeof conversations)[0]];
    for (const { url } of cluster.nodes) expect((await move(url, first.id, newIds[0]!)).status).toBe(201);
  },
);

test("a message that is sent to the old id while it is moved is answered under the new one, or refused", async () => {
  const { id } = await converse("Hi");
  const { head } = (await view(id))!;
  const to = newId();
  const message = { id: newId(), parts: [{ type: "text", text: "Sent meanwhile" }] };
  const [sent] = await Promise.all([
    post(cluster.nodes[0]!.url, "messages", id, { message, parentId: head }).then(async (response) => {
      await response.text();
      return response.status;
    }),
    moveAnywhere(id, to, [], 1),
  ]);
  const texts = (await view(to))!.messages.map(textOf);
  expect(texts.includes("Sent meanwhile")).toBe(sent < 300);
  expect(await view(id)).toBeNull();
});

test("a conversation is not moved while it is answered, and refusals say why", async () => {
  const { id, sent } = await converse("Tell me a long story.", false);
  const to = newId();
  const refused = async (response: Response) => [
    response.status,
    ((await response.json()) as ErrorBody).error.code,
  ];
  await expect.poll(async () => (await view(id))?.reply?.state).toBe("running");
  expect(await refused(await move(cluster.url, id, to))).toEqual([409, "reply_running"]);
  expect(await view(to)).toBeNull();
  await post(cluster.url, "stop", id, {});
  await sent.text();
  expect((await move(cluster.url, id, to)).status).toBe(201);
  expect(await refused(await move(cluster.url, newId(), newId()))).toEqual([404, "session_not_found"]);
  expect(await refused(await move(cluster.url, "../x", newId()))).toEqual([400, "bad_request"]);
  expect(await refused(await move(cluster.url, id, "../x"))).toEqual([400, "bad_session_id"]);
});
