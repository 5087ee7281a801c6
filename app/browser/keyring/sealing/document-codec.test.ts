import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64Url } from "~/conversation/base64url";
import { createStamper, withValues, type ListEntry } from "~/browser/conversations/list-entry";
import { entryKey } from "~/browser/conversations/conversation-list";
import { decodeDocument, encodeDocument, NewerDocumentError } from "./document-codec";
import { KINDS } from "~/browser/keyring/document/document";
import { randomDocument } from "~/browser/keyring/document/document-arbitrary";
import { deflateSync, strToU8 } from "fflate";

describe("the form of a document", () => {
  test("a decoded document is the encoded one", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const decoded = decodeDocument(encodeDocument(document));
        expect(decoded.horizon).toBe(document.horizon);
        expect(new Map(decoded.entries)).toEqual(new Map(document.entries));
      }),
    );
  });

  test("10,000 conversations take less than 1 MB when sealed, and a change some hundred bytes", () => {
    const { entries, touch } = manyConversations(10_000);
    const bytes = encodeDocument({ entries, horizon: 0 });
    const asText = Math.ceil((bytes.length * 4) / 3);
    expect(asText).toBeLessThan(1_000_000);
    const change = encodeDocument({ entries: new Map([touch]), horizon: 0 });
    expect(change.length).toBeLessThan(300);
  });

  test.each([
    ["a later version", { v: 2 }, NewerDocumentError],
    ["no document", { v: 1, horizon: 0 }, Error],
    [
      "a field without a stamp",
      {
        v: 1,
        horizon: 0,
        writers: [],
        keys: ["c.a"],
        times: [0],
        columns: [["title", "all", ["x"], [0], [0]]],
      },
      Error,
    ],
  ])("refuses %s", (_, value, error) => {
    expect(() => decodeDocument(deflateSync(strToU8(JSON.stringify(value))))).toThrow(error);
  });
});

/** As a person of three devices makes them in two years: titles of some words, four edits each, answers that were seen. */
function manyConversations(count: number) {
  // Mulberry32: always the same numbers.
  let seed = 1;
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const bytes = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  let now = Date.UTC(2025, 0, 1);
  const clock = { now: () => now };
  const stampers = [".k3Jx9A", ".Qw8_zz", ".0aB-cD"].map((writer) => createStamper(clock, writer));
  const entries = new Map<string, ListEntry>();
  const iso = () => new Date(now).toISOString();
  let touch!: [string, ListEntry];
  for (let made = 0; made < count; made++) {
    now += Math.floor(random() * 12_600_000);
    const stamper = stampers[made % 3]!;
    const id = toBase64Url(bytes(16));
    const title = Array.from(
      { length: 4 + Math.floor(random() * 4) },
      () => WORDS[Math.floor(random() ** 2 * WORDS.length)],
    ).join(" ");
    let entry = withValues(
      {},
      { id, name: toBase64Url(bytes(9)), title: title.slice(0, 25), updatedAt: iso(), saved: false },
      stamper,
    );
    now += 700 + Math.floor(random() * 500);
    entry = withValues(entry, { saved: true, updatedAt: iso() }, stamper);
    now += 5_000 + Math.floor(random() * 20_000);
    entry = withValues(entry, { title, updatedAt: iso() }, stamper);
    now += Math.floor(random() * 3_000_000);
    const answer = toBase64Url(bytes(3));
    const values = { updatedAt: iso(), seen: answer, ...(made % 3 === 0 && { unread: answer }) };
    const updated = withValues(entry, values, stamper);
    touch = [KINDS.list + entryKey(id), { updatedAt: updated.updatedAt!, seen: updated.seen! }];
    entry =
      made % 20 === 0 ? withValues(updated, { folder: `folder-${String(made % 7)}` }, stamper) : updated;
    entries.set(KINDS.list + entryKey(id), entry);
  }
  return { entries, touch };
}

const WORDS =
  "how to the a of for in with and fix write compare plan explain Python React error letter week trip Lisbon recipe bread sourdough garden tomatoes interview preparation SQL query slow index tax return deadline birthday party ideas nine year old translate German contract clause rent increase running shoes knee pain budget spreadsheet quarterly report summary novel chapter outline character names Kubernetes ingress timeout TypeScript generics regex email address migraine diet chess opening guitar chords wedding speech neighbour noise complaint insurance claim bicycle brakes camping list Norway fjords visa requirements thesis statement literature review poster design logo colours".split(
    " ",
  );
