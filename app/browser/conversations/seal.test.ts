import { hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { createSeal, SealError } from "./seal";

const SECRET = "AAECAwQFBgcICQoLDA0ODw";
/** What came of it when links were first made: those of one version must open with the next. */
const KNOWN_ID = "7T3MrHr5QNuWIer4_jwMfA";
const KNOWN_SEALED = "ANbeazIHbArOSmcXVax7JaO9qsJP0HHxQWHYJx-A8LEpo5x4mfywUjeyiGpWku695yPoJ2e18hLBcDHEh2Ig";

describe("a seal", () => {
  it("opens a sealed value on any device with the secret", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const secret = newId();
        const sealed = (await createSeal(secret)).close(value);
        expect((await createSeal(secret)).open(sealed)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 30 },
    );
  });

  it("works where there is no crypto.subtle", async () => {
    const { getRandomValues } = crypto;
    vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(crypto) });
    try {
      const seal = await createSeal(SECRET);
      expect(seal.open(seal.close(["a"]))).toEqual(["a"]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("derives its id and its key by HKDF, so that neither reveals the other", async () => {
    const derive = (purpose: string, length: number) =>
      Buffer.from(
        hkdfSync("sha256", Buffer.from(SECRET, "base64url"), "", `holdfast hand-off ${purpose}`, length),
      );
    const { id } = await createSeal(SECRET);
    expect(id).toBe(derive("id", 16).toString("base64url"));
    expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(id).toBe(KNOWN_ID);
    expect(derive("key", 32).toString("hex")).not.toContain(Buffer.from(id, "base64url").toString("hex"));
  });

  it("opens what an earlier version closed", async () => {
    expect((await createSeal(SECRET)).open(KNOWN_SEALED)).toEqual({ conversations: ["a"] });
  });

  it("hides the sealed value, and seals it differently each time", async () => {
    const seal = await createSeal(SECRET);
    const value = "zyzzyva".repeat(10);
    const sealed = seal.close(value);
    expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("zyz");
    expect(seal.close(value)).not.toBe(sealed);
  });

  it("does not open a value that was changed, cut, or sealed with another secret", async () => {
    const seal = await createSeal(SECRET);
    const bytes = Buffer.from(seal.close("words"), "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(() => seal.open(changed.toString("base64url"))).toThrow(SealError);
      expect(() => seal.open(bytes.subarray(0, at).toString("base64url"))).toThrow(SealError);
    }
    expect(() => seal.open("!")).toThrow(SealError);
    const other = await createSeal(newId());
    expect(() => other.open(bytes.toString("base64url"))).toThrow(SealError);
  });

  it.each(["", "short", `${SECRET}A`, "AAECAwQFBgcICQoLDA0OD="])("of %j is refused", async (secret) => {
    await expect(createSeal(secret)).rejects.toThrow(SealError);
  });
});
