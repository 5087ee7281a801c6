import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_KEYRING_LENGTH } from "~/conversation/limits";
import { base64url, textOf } from "../../../tests/fixtures/keyring-store";
import {
  appendedSince,
  deleteKeyring,
  livingKeyring,
  renewKeyring,
  writeKeyring,
  type KeyringState,
  type KeyringWrite,
} from "./change-keyring";
import { keyringTombstone } from "./keyring-documents";
import { MAX_EARLIER, type StoredKeyring } from "./stored-keyring";

const NOW = "2026-01-02T03:04:05.000Z";
const NOTHING: KeyringState = { stored: null, recovered: null };

/** What the store does with a change: it commits new content under the next number. */
function apply(state: KeyringState, write: KeyringWrite) {
  const { content, result } = writeKeyring(write, NOW)(state);
  if (content === state) return { state, result };
  return { state: numbered(content!, (state.stored?.rev ?? 0) + 1), result };
}

function numbered({ stored, recovered }: KeyringState, rev: number): KeyringState {
  return { stored: { ...stored!, rev, recent: [`c${rev}`] }, recovered };
}

const put = (expected: number, text: string): KeyringWrite => ({ expected, sealed: base64url(text) });
const append = (expected: number, text: string) => ({ expected, append: base64url(text) });
const after = (...writes: KeyringWrite[]): KeyringState =>
  writes.reduce((state, write) => apply(state, write).state, NOTHING);
const contentOf = ({ stored }: KeyringState) => textOf(stored?.sealed);

test("a keyring is begun with revision 0, replaced, and appended to", () => {
  const state = after(put(0, "one"), append(1, " two"), put(2, "three"));
  expect(contentOf(state)).toBe("three");
  expect(state.stored?.version).toBe(3);
});

test("a write for a revision that is not the newest changes nothing, and is answered with the newest", () => {
  const state = after(put(0, "one"), put(1, "two"));
  for (const write of [put(1, "other"), append(1, "other"), put(0, "other"), put(7, "other")]) {
    const refused = apply(state, write);
    expect(refused.state).toBe(state);
    expect(refused.result).toEqual({ kind: "conflict", rev: 2, sealed: base64url("two") });
  }
});

test.each<[string, KeyringWrite[], KeyringWrite]>([
  ["a first write", [], put(0, "one")],
  ["a replacement", [put(0, "one")], put(1, "two")],
  ["what was appended", [put(0, "one")], append(1, " two")],
])("%s that is sent again is stored once, also after others have appended", (_, before, write) => {
  const { state } = apply(after(...before), write);
  const rev = before.length + 1;
  expect(apply(state, write)).toEqual({ state, result: { kind: "stored", rev } });
  const longer = apply(apply(state, append(rev, " more")).state, append(rev + 1, " and more")).state;
  expect(apply(longer, write)).toEqual({ state: longer, result: { kind: "stored", rev } });
  const replaced = apply(longer, put(rev + 2, "other")).state;
  expect(apply(replaced, write).result).toMatchObject({ kind: "conflict", rev: rev + 3 });
});

test("a write to a keyring that does not exist is refused unless it expects none", () => {
  for (const write of [put(1, "one"), append(3, "one")])
    expect(() => apply(NOTHING, write)).toThrow(expect.objectContaining({ code: "keyring_not_found" }));
  expect(contentOf(after(append(0, "one")))).toBe("one");
});

test("bytes are appended to those that a device names only, since a restored server uses revisions again", () => {
  const state = after(put(0, "one"), append(1, " two"));
  const write = (end: string): KeyringWrite => ({ ...append(2, "!"), after: base64url(end) });
  expect(apply(state, write("four")).result).toMatchObject({ kind: "conflict", rev: 2 });
  expect(contentOf(apply(state, write("two")).state)).toBe("one two!");
  expect(() => apply(NOTHING, { ...append(0, "!"), after: base64url("two") })).toThrow(
    expect.objectContaining({ code: "keyring_not_found" }),
  );
});

test("a keyring that was stored in base64 is returned as it was, and may be appended to", () => {
  const sealed = Buffer.from([251, 255, 254, 1]).toString("base64");
  const state = after({ expected: 0, sealed });
  expect(state.stored?.sealed).toBe(sealed);
  const longer = apply(state, append(1, "!")).state;
  expect(longer.stored?.sealed).toBe(Buffer.from([251, 255, 254, 1, 33]).toString("base64url"));
});

test("only what was appended since a revision is returned, as long as its length is known", () => {
  const state = after(put(0, "one"), append(1, " two"), append(2, " three"));
  expect(textOf(appendedSince(state.stored!, 1)!)).toBe(" two three");
  expect(textOf(appendedSince(state.stored!, 2)!)).toBe(" three");
  expect(appendedSince(state.stored!, 3)).toBe("");
  expect(appendedSince(state.stored!, 4)).toBeNull();
  const replaced = apply(state, put(3, "four")).state;
  expect(appendedSince(replaced.stored!, 3)).toBeNull();
});

test("the lengths of a bounded number of revisions are kept", () => {
  const writes = Array.from({ length: MAX_EARLIER + 5 }, (_, rev) => append(rev, "x"));
  const { stored } = after(...writes);
  expect(stored!.earlier).toHaveLength(MAX_EARLIER);
  expect(appendedSince(stored!, 4)).toBeNull();
  expect(textOf(appendedSince(stored!, 5)!)).toBe("x".repeat(MAX_EARLIER));
});

test("a keyring over the limit is refused, whether it is put or grows", () => {
  const longest = "A".repeat(MAX_KEYRING_LENGTH);
  const state = after({ expected: 0, sealed: longest });
  const full = expect.objectContaining({ code: "keyring_full" });
  expect(() => apply(NOTHING, { expected: 0, sealed: `${longest}A` })).toThrow(full);
  expect(() => apply(state, append(1, "more"))).toThrow(full);
});

test("a deleted keyring is refused for good, and one that was not used for long begins anew", () => {
  const gone = expect.objectContaining({ code: "keyring_gone" });
  const state = after(put(0, "one"));
  const deleted = deleteKeyring(keyringTombstone(NOW, { deleted: true }))(state).content!;
  for (const rev of [0, 1, 2]) expect(() => apply(deleted, put(rev, "again"))).toThrow(gone);
  expect(() => livingKeyring(deleted.stored)).toThrow(gone);
  const expired = numbered({ stored: keyringTombstone(NOW), recovered: null }, 2);
  expect(livingKeyring(expired.stored)).toBeNull();
  expect(apply(expired, put(0, "again")).state.stored).toMatchObject({
    rev: 3,
    version: 1,
    sealed: base64url("again"),
  });
});

test("a deletion leaves nothing where there was nothing, and a tombstone where all was damaged", () => {
  const change = deleteKeyring(keyringTombstone(NOW, { deleted: true }));
  expect(change(NOTHING).content).toBe(NOTHING);
  expect(change({ stored: null, recovered: 3 }).content?.stored?.deleted).toBe(true);
});

test("a renewal keeps the content, its version, and what may be appended to", () => {
  const state = after(put(0, "one"), append(1, " two"));
  const later = "2026-03-01T00:00:00.000Z";
  const renewed = numbered(renewKeyring(2, later)(state).content!, 3);
  expect(renewed.stored).toMatchObject({ usedAt: later, version: 2, sealed: base64url("one two") });
  expect(textOf(appendedSince(renewed.stored!, 1)!)).toBe(" two");
  expect(apply(renewed, append(2, " three")).state.stored).toMatchObject({ rev: 4, version: 3 });
  // Another device was first.
  expect(renewKeyring(1, later)(state).content).toBe(state);
});

/** One request of a device: its first, or that of a write whose answer was lost, again. `lost`: so is this answer. */
type Step = { device: number; isPut: boolean; lost: boolean };

type Device = { rev: number; text: string; pending: { entry: string; write: KeyringWrite } | null };

test("however requests interleave and answers are lost, each write is stored once", () => {
  const step = fc.record({
    device: fc.integer({ min: 0, max: 3 }),
    isPut: fc.boolean(),
    lost: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { begun, stored } = run(steps);
      const entries = textOf(stored?.sealed).split(" ").filter(Boolean);
      expect([...entries].sort()).toEqual([...begun].sort());
    }),
    { numRuns: 500 },
  );
});

/** Each device adds entries, and merges what another has written with its own, as browsers do. */
function run(steps: Step[]): { begun: string[]; stored: StoredKeyring | null } {
  let state = NOTHING;
  const devices: Device[] = Array.from({ length: 4 }, () => ({ rev: 0, text: "", pending: null }));
  const begun: string[] = [];
  const send = (device: Device, lost: boolean) => {
    const { entry, write } = device.pending!;
    const { state: next, result } = apply(state, write);
    state = next;
    if (lost) return;
    const isStored = result.kind === "stored";
    const text = isStored ? `${device.text} ${entry}`.trim() : textOf(result.sealed);
    Object.assign(device, { rev: result.rev, text });
    // The device finds in what it merges that an earlier request was stored.
    device.pending = isStored || text.split(" ").includes(entry) ? null : writeOf(device, entry, true);
  };
  const startWriting = (device: Device, isPut: boolean) => {
    const entry = `e${begun.length}`;
    begun.push(entry);
    device.pending = writeOf(device, entry, isPut);
  };
  for (const { device: index, isPut, lost } of steps) {
    const device = devices[index]!;
    if (!device.pending) startWriting(device, isPut);
    send(device, lost);
  }
  for (const device of devices) while (device.pending) send(device, false);
  return { begun, stored: state.stored };
}

function writeOf({ rev, text }: Device, entry: string, isPut: boolean): Device["pending"] {
  const write = isPut ? put(rev, `${text} ${entry}`.trim()) : append(rev, rev === 0 ? entry : ` ${entry}`);
  return { entry, write };
}
