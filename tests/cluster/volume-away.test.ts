import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ErrorBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longVariants, variants } from "../fixtures/variants";

let home: string;
let dataDir: string;
let server: AppServer;
const away = () => join(home, "away");

/** Takes the volume away, and brings it back. */
type Departure = { leave: () => void; back: () => void };

const renamed = (instead: () => void): Departure => ({
  leave() {
    renameSync(dataDir, away());
    instead();
  },
  back() {
    rmSync(dataDir, { recursive: true, force: true });
    renameSync(away(), dataDir);
  },
});

const departures = variants<[string, Departure]>([
  [
    "has another populated folder in its place",
    renamed(() => {
      for (const name of ["sessions", "nodes", "shares", "attachments", "handoffs", "usage", "quarantine"])
        mkdirSync(join(dataDir, name), { recursive: true });
    }),
  ],
  ["is moved away", renamed(() => undefined)],
  ["has an empty folder in its place", renamed(() => mkdirSync(dataDir))],
]);

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "holdfast-away-"));
  dataDir = join(home, "data");
  server = await startAppServer({ env: { DATA_DIR: dataDir } });
});
afterEach(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 10 });
});

function call(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  return fetch(`${server.url}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const question = () => ({
  message: { id: newId(), parts: [{ type: "text", text: "Hello" }] },
  parentId: null,
});

async function begin(): Promise<Record<string, string>> {
  const session = { "X-Session-Id": newId() };
  const response = await call("POST", "/api/session/messages", session, question());
  expect(response.status).toBe(200);
  await response.text();
  return session;
}

/** What is asked of a conversation, and of one that is not there yet. */
function requests(session: Record<string, string>): Record<string, () => Promise<Response>> {
  const another = { "X-Session-Id": newId() };
  return {
    read: () => call("GET", "/api/session", session),
    "read with an ETag": () => call("GET", "/api/session", { ...session, "If-None-Match": '"1"' }),
    "read of another": () => call("GET", "/api/session", another),
    watch: () => call("GET", "/api/session/stream?watch", session),
    send: () => call("POST", "/api/session/messages", session, question()),
    "first question": () => call("POST", "/api/session/messages", another, question()),
    rename: () => call("PATCH", "/api/session", session, { title: "New" }),
    stop: () => call("POST", "/api/session/stop", session),
    delete: () => call("DELETE", "/api/session", session),
    share: () => call("POST", "/api/session/shares", session, { shareId: newId() }),
    "read a share": () => call("GET", "/api/share", { "X-Share-Id": newId() }),
    attach: () =>
      fetch(`${server.url}/api/session/attachments`, {
        method: "POST",
        headers: { ...session, "X-File-Name": "a.txt", "Content-Type": "text/plain" },
        body: "text",
      }),
    "read a file": () => call("GET", `/api/session/attachments/${"0".repeat(64)}`, session),
    "hand over": () => call("POST", "/api/handoffs", { "X-Handoff-Id": newId() }, { sealed: "abc" }),
    "take over": () => call("POST", "/api/handoffs/claim", { "X-Handoff-Id": newId() }),
    "read a keyring": () => call("GET", "/api/keyring", { "X-Keyring-Id": newId() }),
    "watch a keyring": () => call("GET", "/api/keyring?watch", { "X-Keyring-Id": newId() }),
    "write a keyring": () =>
      call("PUT", "/api/keyring", { "X-Keyring-Id": newId(), "If-Match": '"0"' }, { sealed: "abcd" }),
    "delete a keyring": () => call("DELETE", "/api/keyring", { "X-Keyring-Id": newId() }),
    fork: () =>
      call("POST", "/api/session/fork", another, { from: session["X-Session-Id"], messageId: newId() }),
  };
}

const namesIn = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

describe.each(departures)("a volume that %s", (_, { leave, back }) => {
  test("makes every answer 503 and no file, and all is there when it is back", async () => {
    const session = await begin();
    leave();
    const before = readdirSync(home).includes("data") ? namesIn(dataDir) : null;
    for (const [what, ask] of Object.entries(requests(session))) {
      const response = await ask();
      const { error } = (await response.json()) as ErrorBody;
      expect([what, response.status, error.code]).toEqual([what, 503, "volume_unavailable"]);
      expect(error.message).not.toMatch(/deleted|does not exist/);
    }
    // Some heartbeats, sweeps and usage files later.
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
    await expect.poll(() => server.output()).toMatch(/DATA_DIR is away: holdfast-volume.json is missing/);
    await expect.poll(() => server.output()).toMatch(/membership log append failed/);
    expect(readdirSync(home).includes("data") ? namesIn(dataDir) : null).toEqual(before);

    back();
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
    const read = await call("GET", "/api/session", session);
    expect(read.status).toBe(200);
    expect(((await read.json()) as { messages: unknown[] }).messages).toHaveLength(2);
  });
});

longTest(
  "conversations that are moved away by themselves are not said to be deleted, and not made anew",
  async () => {
    const session = await begin();
    renameSync(join(dataDir, "sessions"), away());
    for (const [what, ask] of Object.entries(requests(session))) {
      const response = await ask();
      const { error } = (await response.json()) as ErrorBody;
      expect([what, response.status, error.code]).toEqual([what, 503, "volume_unavailable"]);
    }
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect(server.output()).toMatch(/DATA_DIR is away: sessions is missing/);
    expect(readdirSync(dataDir)).not.toContain("sessions");

    renameSync(away(), join(dataDir, "sessions"));
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect((await call("GET", "/api/session", session)).status).toBe(200);
  },
);

longTest(
  "a server that begins on a directory of an earlier version marks it, and keeps what is there",
  async () => {
    const session = await begin();
    await server.terminate();
    rmSync(join(dataDir, "holdfast-volume.json"));
    rmSync(join(dataDir, "reserve"), { recursive: true });
    await server.restart();
    expect((await call("GET", "/api/session", session)).status).toBe(200);
    expect(readdirSync(dataDir)).toContain("holdfast-volume.json");
  },
);

test.each(
  longVariants<[string, string[]]>([
    ["the check of the image", ["node", "build/check-volume.js"]],
    ["npm run check-volume", ["npm", "run", "--silent", "check-volume", "--"]],
  ]),
)("%s tells a volume that servers have used from a folder in its place", (_, [command, ...args]) => {
  const check = (folder: string) => execFileSync(command!, [...args, folder], { encoding: "utf8" });
  expect(check(dataDir)).toMatch(/^ok +folder .* volume [\w-]+$/m);
  const empty = join(home, "empty");
  expect(check(empty)).toMatch(/No server has used it yet: if one has, its volume is not mounted here/);
  expect(readdirSync(home)).not.toContain("empty");
  mkdirSync(join(empty, "sessions"), { recursive: true });
  expect(check(empty)).toMatch(/^WARN +folder .*no holdfast-volume.json/m);
});
