import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHttpClient } from "~/browser/chat/http-client";
import { toStamp, type ListEntry } from "~/browser/conversations/list-entry";
import { KINDS } from "~/browser/keyring/document/document";
import { createKeyringApi } from "~/browser/keyring/keyring-api";
import { cipherOf, newSecret, type KeyringCipher } from "~/browser/keyring/sealing/secret";
import { createKeyringSync, type SeenRevision } from "~/browser/keyring/sync";
import { pageClock } from "~/browser/page/page-clock";
import type { KeyringConflict, KeyringWritten } from "~/conversation/api";
import { MAX_KEYRING_LENGTH } from "~/conversation/limits";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";
import { longTest } from "../fixtures/variants";

const seal = (text: string) => Buffer.from(text).toString("base64url");
const open = (sealed: string) => Buffer.from(sealed, "base64").toString();

type Answer = Partial<KeyringWritten & KeyringConflict & { sealed: string; since: number; appended: string }>;

/** A device's requests for one keyring to one node, or to whichever the load balancer chooses. */
function deviceOf(url: string, id: string) {
  async function send(method: string, { path = "", headers = {}, body }: RequestParts = {}) {
    const response = await fetch(`${url}/api/keyring${path}`, {
      method,
      headers: {
        "X-Keyring-Id": id,
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = (text === "" ? {} : JSON.parse(text)) as Answer;
    return { status: response.status, etag: response.headers.get("ETag"), answer, code: answer.error?.code };
  }
  const match = (rev: number) => ({ "If-Match": `"${rev}"` });
  return {
    send,
    get: (headers: Record<string, string> = {}) => send("GET", { headers }),
    since: (rev: number) => send("GET", { path: `?since=${rev}` }),
    put: (rev: number, text: string) => send("PUT", { headers: match(rev), body: { sealed: seal(text) } }),
    append: (rev: number, text: string) =>
      send("PATCH", { headers: match(rev), body: { append: seal(text) } }),
    remove: () => send("DELETE"),
    /** Adds an entry, however often another device is first. @returns how often it was */
    async add(entry: string): Promise<number> {
      let rev = (await send("GET")).answer.rev ?? 0;
      for (let lost = 0; ; lost++) {
        const { status, answer } = await (rev === 0 ? this.put(0, entry) : this.append(rev, ` ${entry}`));
        if (status === 200) return lost;
        expect(status).toBe(409);
        rev = answer.rev!;
      }
    },
    /** Watches until aborted. `next` resolves with the next revision; null at the end of the stream. */
    async watch(signal: AbortSignal) {
      const response = await fetch(`${url}/api/keyring?watch`, { headers: { "X-Keyring-Id": id }, signal });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let buffer = "";
      return {
        status: response.status,
        async next(): Promise<number | null> {
          for (;;) {
            const event = /data: (.*)\n\n/.exec(buffer);
            if (event) {
              buffer = buffer.slice(event.index + event[0].length);
              return event[1] === "[DONE]" ? null : (JSON.parse(event[1]!) as { rev: number }).rev;
            }
            const { done, value } = await reader.read();
            if (done) return null;
            buffer += value;
          }
        },
      };
    },
  };
}

type RequestParts = { path?: string; headers?: Record<string, string>; body?: unknown };

let cluster: Cluster;
const urlOf = (index: number) => cluster.nodes[index]!.url;
const stop = new AbortController();

describe("on three nodes that encrypt", () => {
  const id = newId();

  beforeAll(async () => {
    cluster = await startCluster({ size: 3, env: { ENCRYPT_AT_REST: "on", LOG_LEVEL: "debug" } });
  });
  afterAll(async () => {
    stop.abort();
    await cluster.stop();
  });

  test("a keyring is stored once, read on every node, and not sent to a device that has it", async () => {
    const [a, b, c] = [0, 1, 2].map((index) => deviceOf(urlOf(index), id)) as [Device, Device, Device];
    expect((await a.get()).code).toBe("keyring_not_found");
    expect(await a.put(0, "one")).toMatchObject({ status: 200, answer: { rev: 1 }, etag: '"1"' });
    expect(await b.get()).toMatchObject({
      status: 200,
      answer: { rev: 1, sealed: seal("one") },
      etag: '"1"',
    });
    for (let time = 0; time < 2; time++) expect((await b.get({ "If-None-Match": '"1"' })).status).toBe(304);
    expect((await c.append(1, " two")).answer).toEqual({ rev: 2 });
    expect((await a.since(1)).answer).toEqual({ rev: 2, since: 1, appended: seal(" two") });
    expect((await a.since(7)).answer).toEqual({ rev: 2, sealed: seal("one two") });
  });

  test("a write that is sent again, to another node, is the same write; a late one is told what is there", async () => {
    const [a, b] = [deviceOf(urlOf(0), id), deviceOf(urlOf(1), id)];
    expect((await b.append(1, " two")).answer).toEqual({ rev: 2 });
    expect((await a.put(0, "one")).answer).toEqual({ rev: 1 });
    const late = await b.put(1, "other");
    expect(late).toMatchObject({ status: 409, code: "keyring_conflict", etag: '"2"' });
    expect(late.answer).toMatchObject({ rev: 2, sealed: seal("one two") });
  });

  test("thirty devices change one keyring at once: nothing is lost, and none is kept waiting", async () => {
    const shared = newId();
    await deviceOf(cluster.url, shared).add("begin");
    const entries = Array.from({ length: 30 }, (_, index) => `device-${index}`);
    const lost = await Promise.all(
      entries.map((entry, index) => deviceOf(urlOf(index % 3), shared).add(entry)),
    );
    const { answer } = await deviceOf(cluster.url, shared).get();
    expect(open(answer.sealed!).split(" ").slice(1).sort()).toEqual([...entries].sort());
    // Each lost race is another device's success.
    expect(Math.max(...lost)).toBeLessThan(entries.length);
  });

  longTest(
    "thirty browsers that change one keyring at once all come through, and have the same list in the end",
    async () => {
      const cipher = cipherOf(newSecret());
      const devices = Array.from({ length: 30 }, (_, index) =>
        browserOf(urlOf(index % 3), cipher, String(index)),
      );
      await devices[0]!.sync.run({ isToRead: true, mayCreate: true });
      await Promise.all(devices.map(({ sync }) => sync.run({ isToRead: true })));
      await Promise.all(devices.map(({ sync }) => sync.run({ isToRead: true })));
      for (const { entries } of devices)
        expect([...entries.keys()].sort()).toEqual(devices.map(({ key }) => key).sort());
    },
  );

  test("watchers on all nodes learn of each change, and of the deletion, after which the id is of no use", async () => {
    const watched = newId();
    const devices = [0, 1, 2].map((index) => deviceOf(urlOf(index), watched)) as [Device, Device, Device];
    expect((await devices[0].watch(stop.signal)).status).toBe(404);
    await devices[0].put(0, "one");
    const watches = await Promise.all(devices.map((device) => device.watch(stop.signal)));
    for (const watch of watches) expect(await watch.next()).toBe(1);
    await devices[1].append(1, " two");
    for (const watch of watches) expect(await watch.next()).toBe(2);
    expect((await devices[2].remove()).status).toBe(204);
    for (const watch of watches) expect(await watch.next()).toBeNull();
    expect((await devices[0].remove()).status).toBe(204);
    for (const device of devices) {
      expect(await device.get()).toMatchObject({ status: 410, code: "keyring_gone" });
      expect(await device.put(0, "again")).toMatchObject({ status: 410, code: "keyring_gone" });
      expect(await device.append(2, "again")).toMatchObject({ status: 410 });
      expect((await device.watch(stop.signal)).status).toBe(410);
    }
  });

  test("a keyring survives the death of the node that stored it, in the middle of changes", async () => {
    const kept = newId();
    await deviceOf(cluster.url, kept).add("begin");
    const dying = cluster.nodes[2]!;
    const entries = Array.from({ length: 12 }, (_, index) => `device-${index}`);
    const adding = entries.map((entry, index) => addAnywhere(kept, entry, index));
    await dying.kill();
    await Promise.all(adding);
    await dying.start();
    const { answer } = await deviceOf(dying.url, kept).get();
    const found = open(answer.sealed!).split(" ").slice(1);
    expect(found.sort()).toEqual([...entries].sort());
  });

  test("bad input is refused with what is wrong with it, and changes nothing", async () => {
    const { send, put } = deviceOf(cluster.url, id);
    const before = (await send("GET")).answer;
    const sealed = seal("text");
    const match = { "If-Match": '"2"' };
    for (const parts of [
      { body: { sealed } },
      { body: { sealed }, headers: { "If-Match": "2" } },
      { body: { sealed }, headers: { "If-Match": "*" } },
      { body: { sealed: "no base64!" }, headers: match },
      { body: { sealed: "" }, headers: match },
      { body: { sealed: "abcde" }, headers: match },
      { body: { sealed, append: sealed }, headers: match },
      { body: {}, headers: match },
      { body: [], headers: match },
    ])
      expect(await send("PUT", parts)).toMatchObject({ status: 400, code: "bad_request" });
    expect(await send("PATCH", { body: { sealed }, headers: match })).toMatchObject({ status: 400 });
    expect(await send("GET", { path: "?since=two" })).toMatchObject({ status: 400, code: "bad_request" });
    expect(await send("POST", { body: { sealed } })).toMatchObject({ status: 405 });
    for (const bad of ["", "short", `${newId()}x`, "../../../etc/passwd"])
      expect(await deviceOf(cluster.url, bad).get()).toMatchObject({ status: 400, code: "bad_request" });
    const tooLong = "A".repeat(MAX_KEYRING_LENGTH);
    for (const more of ["A", "A".repeat(MAX_KEYRING_LENGTH)])
      expect((await send("PUT", { body: { sealed: tooLong + more }, headers: match })).status).toBe(413);
    expect((await send("GET")).answer).toEqual(before);
    const longest = newId();
    const stored = await deviceOf(cluster.url, longest).send("PUT", {
      headers: { "If-Match": '"0"' },
      body: { sealed: tooLong },
    });
    expect(stored.status).toBe(200);
    expect(await deviceOf(cluster.url, longest).append(1, "more")).toMatchObject({
      status: 413,
      code: "keyring_full",
    });
    expect((await put(2, "three")).status).toBe(200);
  });

  test("neither the id nor what was sealed is in a file or in a log", async () => {
    const told = newId();
    const secret = `what the browser has sealed ${newId()}`;
    await deviceOf(cluster.url, told).put(0, secret);
    await deviceOf(cluster.url, told).put(5, secret);
    await deviceOf(cluster.url, told).get();
    const files = readdirSync(cluster.dataDir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const paths = files.map((entry) => join(entry.parentPath, entry.name));
    const hash = hashSessionId(told);
    expect(paths.filter((path) => path.includes(hash))).toHaveLength(1);
    for (const text of [told, seal(secret), secret]) {
      expect(paths.filter((path) => path.includes(text))).toEqual([]);
      expect(paths.filter((path) => readFileSync(path).includes(text))).toEqual([]);
      expect(cluster.output()).not.toContain(text);
    }
  });
});

type Device = ReturnType<typeof deviceOf>;

/** A device that merges and writes as a browser does, with a conversation that no other one has yet. */
function browserOf(url: string, cipher: KeyringCipher, name: string) {
  const key = `${KINDS.list}conversation-${name}`;
  const entries = new Map<string, ListEntry>([[key, { title: ["Tea", toStamp(Date.now(), `.${name}`)] }]]);
  const here: typeof fetch = (path, options) => fetch(`${url}${String(path)}`, options);
  let seen: SeenRevision | null = null;
  const sync = createKeyringSync({
    ...{ cipher, clock: pageClock, random: Math.random },
    api: createKeyringApi(
      createHttpClient({ fetch: here, clock: pageClock, onNode: () => undefined }),
      pageClock,
      cipher.id,
    ),
    local: {
      collect: () => entries,
      apply: (changed) => changed.forEach((entry, changedKey) => entries.set(changedKey, entry)),
      onSynced: () => undefined,
    },
    seen: { read: () => seen, put: (next) => void (seen = next) },
    existing: () => Promise.resolve(new Set()),
    onDeleted: () => undefined,
    onRollback: () => undefined,
  });
  return { key, entries, sync };
}

/** Adds an entry by way of any node that answers, as a browser does: it repeats a write whose answer was lost. */
async function addAnywhere(id: string, entry: string, first: number): Promise<void> {
  for (let attempt = first; ; attempt++) {
    const node: ClusterNode = cluster.nodes[attempt % 3]!;
    const device = deviceOf(node.url, id);
    try {
      const { answer } = await device.get();
      if (open(answer.sealed!).split(" ").includes(entry)) return;
      await device.add(entry);
      return;
    } catch (error) {
      // The node was killed.
      if (!(error instanceof TypeError)) throw error;
      await delay(20);
    }
  }
}
