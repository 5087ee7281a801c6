import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryKey } from "~/browser/conversations/conversation-list";
import { createStamper, withValues, type ListEntry } from "~/browser/conversations/list-entry";
import { newId } from "~/conversation/session/session-id";
import {
  compacted,
  EMPTY_DOCUMENT,
  KINDS,
  mergeAll,
  mergeDocuments,
  reconcile,
  tombstonesOf,
} from "./document";
import { randomDocument } from "./document-arbitrary";
import type { Entries, KeyringDocument } from "./document";

const YEARS = 365 * 86_400_000;

describe("merging documents", () => {
  test("gives the same document in any order, and however often", () => {
    fc.assert(
      fc.property(randomDocument, randomDocument, randomDocument, (a, b, c) => {
        const plain = ({ entries, horizon }: KeyringDocument) => ({ entries: new Map(entries), horizon });
        const merge = mergeDocuments;
        expect(plain(merge(a, b))).toEqual(plain(merge(b, a)));
        expect(plain(merge(merge(a, b), c))).toEqual(plain(merge(a, merge(b, c))));
        expect(plain(merge(merge(a, b), b))).toEqual(plain(merge(a, b)));
      }),
    );
  });

  test("a device whose clock is years ahead wins only until its edit was seen", () => {
    const [ahead, right] = [400 * YEARS, 56 * YEARS].map((now, at) =>
      createStamper({ now: () => now }, `.${String(at)}`),
    );
    const first = withValues({}, { title: "Ahead" }, ahead!);
    const second = withValues(first, { title: "Right" }, right!);
    const third = withValues(second, { title: "Ahead again" }, ahead!);
    const fourth = withValues(third, { title: "Right again" }, right!);
    const all = [first, second, third, fourth].map((entry) => new Map([["c.a", entry]]));
    const merged = all.reduceRight<Entries>((sum, entries) => mergeAll(sum, entries), new Map());
    expect(merged.get("c.a")!.title![0]).toBe("Right again");
  });
});

/** What a device does. `device` and `conversation` are taken modulo how many there are. */
const step = fc.record({
  device: fc.nat(3),
  conversation: fc.nat(5),
  act: fc.oneof(
    { arbitrary: fc.constantFrom("rename", "pin", "finish", "later", "pull", "push"), weight: 3 },
    { arbitrary: fc.constantFrom("add", "remove"), weight: 3 },
    { arbitrary: fc.constant("sync"), weight: 4 },
    { arbitrary: fc.constant("compact"), weight: 3 },
  ),
  /** What becomes of a push: the request or its answer is lost, or the request arrives twice. */
  fate: fc.constantFrom("arrives", "arrives", "request lost", "answer lost", "repeated"),
});

const clocks = fc.array(fc.constantFrom(0, -3, 5, 10 * YEARS, 300 * YEARS), { minLength: 4, maxLength: 4 });

test("any interleaving of edits on four devices, with lost and repeated requests, converges and loses nothing", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), clocks, (steps, offsets) => {
      const world = createWorld(offsets);
      for (const each of steps) world.act(each);
      for (let round = 0; round < 3; round++) for (const device of world.devices) world.sync(device);
      const kept = [...world.added].filter((id) => !world.removed.has(id)).sort();
      for (const device of world.devices) {
        expect(world.listed(device)).toEqual(kept);
        expect(world.live(device)).toEqual(world.live(world.devices[0]!));
      }
      for (const id of world.removed) expect(world.sessions.has(id)).toBe(false);
      for (const [key, entry] of world.later) expect(world.server.document.entries.get(key)).toEqual(entry);
    }),
    { numRuns: 1_000 },
  );
});

type Device = {
  local: Map<string, ListEntry>;
  seenRev: number;
  pulled: { rev: number; document: KeyringDocument; tombstones: Set<string> } | null;
  stamper: ReturnType<typeof createStamper>;
};

/** Devices that keep no more tombstones than they must, and a server, which also knows the conversations. */
function createWorld(offsets: readonly number[]) {
  let now = 1_000;
  const devices = offsets.map((offset, at): Device => ({
    ...{ local: new Map(), seenRev: 0, pulled: null },
    stamper: createStamper({ now: () => Math.max(0, now + offset) }, `.${String(at)}`),
  }));
  const server = { rev: 0, document: EMPTY_DOCUMENT, tombstones: new Set<string>(), baseRev: 0 };
  const [added, removed, sessions] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const later = new Map<string, ListEntry>();

  const change = (device: Device, key: string, values: Record<string, unknown>) =>
    device.local.set(key, withValues(device.local.get(key) ?? {}, values, device.stamper));

  function finish(device: Device) {
    for (const [key, { gone }] of device.local) {
      if (typeof gone?.[0] !== "string") continue;
      sessions.delete(gone[0]);
      change(device, key, { gone: true });
    }
  }

  function pull(device: Device) {
    device.pulled = { rev: server.rev, document: server.document, tombstones: server.tombstones };
    const { apply, verify } = reconcile(device.local, server.document, device.seenRev);
    for (const [key, entry] of apply) if (!key.startsWith("z.")) device.local.set(key, entry);
    for (const key of verify) {
      if (!sessions.has(device.local.get(key)!.id![0] as string)) change(device, key, { gone: true });
    }
    // As a year later: only the keyring remembers the deletion, if it does.
    for (const [key, { gone }] of device.local) {
      const theirs = server.document.entries.get(key);
      if (gone?.[0] === true && (!theirs || theirs.gone)) device.local.delete(key);
    }
    // What is left of the unknown exists, and is pushed.
    device.seenRev = server.rev;
  }

  function push(device: Device, fate: string, isCompact: boolean) {
    const { pulled } = device;
    if (!pulled) return;
    const { push } = reconcile(device.local, pulled.document, device.seenRev);
    if (push.size === 0 && !isCompact) return;
    let document = { ...pulled.document, entries: mergeAll(pulled.document.entries, push) };
    if (isCompact)
      document = compacted(document, { rev: server.baseRev, tombstones: pulled.tombstones }, now, 0);
    for (let request = fate === "request lost" ? 2 : fate === "repeated" ? 0 : 1; request < 2; request++) {
      if (server.rev !== pulled.rev) continue;
      server.rev += 1;
      server.document = document;
      if (isCompact)
        Object.assign(server, { tombstones: tombstonesOf(document.entries), baseRev: server.rev });
      if (fate === "answer lost") continue;
      device.pulled = { rev: server.rev, document, tombstones: server.tombstones };
      device.seenRev = server.rev;
    }
  }

  function act({
    device: at,
    conversation,
    act: name,
    fate,
  }: typeof step extends fc.Arbitrary<infer T> ? T : never) {
    now += 1;
    const device = devices[at]!;
    const keys = [...device.local.keys()].filter((key) => device.local.get(key)!.id).sort();
    const key = keys[conversation % Math.max(1, keys.length)];
    if (name === "add") {
      const id = newId();
      added.add(id);
      sessions.add(id);
      change(device, KINDS.list + entryKey(id), { id, title: "New" });
    } else if (name === "later") {
      const entry = withValues(later.get("z.new") ?? {}, { colour: now }, device.stamper);
      server.document = {
        ...server.document,
        entries: mergeAll(server.document.entries, new Map([["z.new", entry]])),
      };
      server.rev += 1;
      later.set("z.new", entry);
    } else if (name === "finish") finish(device);
    else if (name === "pull") pull(device);
    else if (name === "push") push(device, fate, false);
    else if (name === "sync") sync(device, fate);
    else if (name === "compact") {
      pull(device);
      push(device, fate, true);
    } else if (key && name === "rename") change(device, key, { title: String(now) });
    else if (key && name === "pin") change(device, key, { pinned: now % 2 === 0 });
    else if (key) {
      const id = device.local.get(key)!.id![0] as string;
      removed.add(id);
      change(device, key, { gone: id });
    }
  }

  function sync(device: Device, fate = "arrives") {
    pull(device);
    push(device, fate, false);
    finish(device);
    push(device, fate, false);
  }

  const live = ({ local }: Device) => new Map([...local].filter(([, { id }]) => id).sort());
  return {
    ...{ devices, server, added, removed, sessions, later, act, live, sync },
    listed: (device: Device) => [...live(device).values()].map(({ id }) => id![0] as string).sort(),
  };
}
