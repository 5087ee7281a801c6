import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ErrorBody, SessionView } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest } from "../fixtures/variants";

const fullVolume = fileURLToPath(new URL("../fixtures/store/full-volume.ts", import.meta.url));
let home: string;
let server: AppServer;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "holdfast-full-"));
  server = await startAppServer({
    env: { DATA_DIR: join(home, "data"), NODE_OPTIONS: `--import=${fullVolume}` },
  });
  await expect.poll(() => readdirSync(join(home, "data", "reserve"))).toHaveLength(16);
});
afterEach(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 10 });
});

const fill = () => writeFileSync(join(home, "full"), "");
const makeRoom = () => rmSync(join(home, "full"));

function call(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  return fetch(`${server.url}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

function send(session: Record<string, string>, parentId: string | null = null, text = "Hello") {
  const message = { id: newId(), parts: [{ type: "text", text }] };
  return call("POST", "/api/session/messages", session, { message, parentId });
}

async function begin(): Promise<Record<string, string>> {
  const session = { "X-Session-Id": newId() };
  const response = await send(session);
  expect(response.status).toBe(200);
  await response.text();
  return session;
}

const read = async (session: Record<string, string>) =>
  (await (await call("GET", "/api/session", session)).json()) as SessionView;

test("a full volume refuses what is new with a word of what was asked, and lets people read and delete", async () => {
  const [session, doomed] = [await begin(), await begin()];
  const { head } = await read(session);
  const [shareId, handoffId] = [newId(), newId()];
  expect((await call("POST", "/api/session/shares", session, { shareId })).status).toBe(201);
  expect((await call("POST", "/api/handoffs", { "X-Handoff-Id": handoffId }, { sealed: "abc" })).status).toBe(
    201,
  );
  const keyring = { "X-Keyring-Id": newId() };
  const write = (rev: number) =>
    call("PUT", "/api/keyring", { ...keyring, "If-Match": `"${rev}"` }, { sealed: "abcd" });
  expect((await write(0)).status).toBe(200);
  fill();

  const forked = { "X-Session-Id": newId() };
  const refused: Record<string, [() => Promise<Response>, RegExp]> = {
    send: [() => send(session, head), /was not sent/],
    "first question": [() => send({ "X-Session-Id": newId() }), /was not sent/],
    rename: [() => call("PATCH", "/api/session", session, { title: "New" }), /could not be renamed/],
    settings: [
      () => call("PATCH", "/api/session", session, { settings: { instructions: "Be brief." } }),
      /settings .* could not be saved/,
    ],
    share: [() => call("POST", "/api/session/shares", session, { shareId: newId() }), /link was not created/],
    "hand over": [
      () => call("POST", "/api/handoffs", { "X-Handoff-Id": newId() }, { sealed: "abc" }),
      /link was not created/,
    ],
    "list of conversations": [() => write(1), /list of conversations was not changed/],
    fork: [
      () => call("POST", "/api/session/fork", forked, { from: session["X-Session-Id"], messageId: head }),
      /could not be copied/,
    ],
    attach: [
      () =>
        fetch(`${server.url}/api/session/attachments`, {
          method: "POST",
          headers: { ...session, "X-File-Name": "a.txt", "Content-Type": "text/plain" },
          body: "text",
        }),
      /file was not stored/,
    ],
  };
  for (const [what, [ask, sentence]] of Object.entries(refused)) {
    const response = await ask();
    const { error } = (await response.json()) as ErrorBody;
    expect([what, response.status, error.code]).toEqual([what, 503, "volume_unavailable"]);
    expect(error.message, what).toMatch(sentence);
    expect(error.message, what).toMatch(/is full/);
  }
  expect((await read(session)).messages).toHaveLength(2);
  expect((await call("GET", "/api/share", { "X-Share-Id": shareId })).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([200, "ready: the volume is full\n"]);

  expect((await call("POST", "/api/handoffs/claim", { "X-Handoff-Id": handoffId })).status).toBe(200);
  expect((await call("DELETE", "/api/session/shares", session, { shareId })).status).toBe(204);
  expect((await call("GET", "/api/share", { "X-Share-Id": shareId })).status).toBe(404);
  expect((await call("GET", "/api/keyring", keyring)).status).toBe(200);
  expect((await call("DELETE", "/api/keyring", keyring)).status).toBe(204);
  expect((await call("GET", "/api/keyring", keyring)).status).toBe(410);
  for (const each of [doomed, session]) {
    expect((await call("DELETE", "/api/session", each)).status).toBe(204);
    expect((await call("GET", "/api/session", each)).status).toBe(404);
  }
  makeRoom();
  await begin();
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).text()).toBe("ready\n");
});

longTest(
  "a reply that runs when the volume becomes full can be stopped, and is stored as stopped",
  async () => {
    const session = { "X-Session-Id": newId() };
    const response = await send(session, null, "Write a long answer about the history of the sea.");
    const reader = response.body!.getReader();
    await reader.read();
    fill();
    expect((await call("POST", "/api/session/stop", session)).status).toBe(202);
    await expect
      .poll(async () => {
        const { messages, reply } = await read(session);
        return [reply, messages.map(({ role, metadata }) => ("status" in metadata ? metadata.status : role))];
      })
      .toEqual([null, ["user", "stopped"]]);
    await reader.cancel();
  },
);
