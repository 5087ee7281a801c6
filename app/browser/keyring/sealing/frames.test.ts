import { describe, expect, test, vi } from "vitest";
import { FrameError, openChain, openChanges, sealBase, sealChange, type Chain } from "./frames";
import { cipherOf, newSecret, secretFromText } from "./secret";

const cipher = cipherOf(newSecret());
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (plain: Uint8Array[]) => plain.map((each) => new TextDecoder().decode(each));
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** A base that makes revision 5, and two changes. */
function threeFrames() {
  const base = sealBase(cipher, 5, bytes("base"));
  const one = sealChange(cipher, base.chain, bytes("one"));
  const two = sealChange(cipher, one.chain, bytes("two"));
  return { base, one, two };
}

describe("the frames of a keyring", () => {
  test("open in their order, and continue from any revision", () => {
    const { base, one, two } = threeFrames();
    const all = openChain(cipher, 7, join(base.bytes, one.bytes, two.bytes));
    expect(text(all.plain)).toEqual(["base", "one", "two"]);
    expect(all.chain).toEqual(two.chain);
    const rest = openChanges(cipher, base.chain, 7, join(one.bytes, two.bytes));
    expect(text(rest.plain)).toEqual(["one", "two"]);
    expect(rest.chain).toEqual(two.chain);
    const three = sealChange(cipher, rest.chain, bytes("three"));
    expect(text(openChanges(cipher, two.chain, 8, three.bytes).plain)).toEqual(["three"]);
  });

  test("that were cut, moved, repeated, left out, or claim another revision do not open", () => {
    const { base, one, two } = threeFrames();
    const { bytes: a } = base;
    const { bytes: b } = one;
    const { bytes: c } = two;
    const refused = (rev: number, ...parts: Uint8Array[]) =>
      expect(() => openChain(cipher, rev, join(...parts))).toThrow(FrameError);
    refused(7, a, b);
    refused(6, a, c);
    refused(7, a, c, b);
    refused(8, a, b, b, c);
    refused(6, b, c);
    refused(8, a, b, c);
    refused(6, a, b, c);
    refused(5);
    refused(7, a, b, c.subarray(0, -1));
    refused(7, a, b, c, new Uint8Array(3));
    refused(7, a, b, c.with(0, 255));
  });

  test("do not open where any byte was changed", () => {
    const { base, one } = threeFrames();
    const both = join(base.bytes, one.bytes);
    for (let at = 0; at < both.length; at++) {
      expect(() => openChain(cipher, 6, both.with(at, both[at]! ^ 1))).toThrow(FrameError);
    }
  });

  test("of another keyring, another key, or another chain of the same revisions do not open", () => {
    const { base, one } = threeFrames();
    const fork = threeFrames();
    expect(() => openChain(cipherOf(newSecret()), 5, base.bytes)).toThrow(FrameError);
    expect(() => openChain({ ...cipher, id: "other" }, 5, base.bytes)).toThrow(FrameError);
    expect(() => openChain(cipher, 6, join(fork.base.bytes, one.bytes))).toThrow(FrameError);
    const { chain } = base;
    expect(() => openChanges(cipher, chain, 6, fork.one.bytes)).toThrow(FrameError);
    expect(() => openChanges(cipher, chain, 7, one.bytes)).toThrow(FrameError);
  });

  test("written by an earlier version open, also without crypto.subtle", () => {
    const earlier = cipherOf(secretFromText(SECRET)!);
    const { getRandomValues } = crypto;
    vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(crypto) });
    try {
      const { plain, chain } = openChain(earlier, 2, new Uint8Array(Buffer.from(STORED, "base64url")));
      expect(text(plain)).toEqual(["base", "change"]);
      expect(sealChange(earlier, chain satisfies Chain, bytes("x")).chain.rev).toBe(3);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

const SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/** A base and a change, as the first version stored them. */
const STORED =
  "AAAAMDU2WwsyrE7F1z_XKMKVtRo-I_K9ao7rjv3MoVWHX7hhgdvlgiBwko3GTLS7AAAAMrDZ2K_gLauGckQQ7lvhO6Wi6qJ8nAfus3F718mRCY1q2OfEGiC7l5lhMjne6Xg";
