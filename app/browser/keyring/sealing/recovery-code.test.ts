import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CODE_LENGTH, fromRecoveryCode, RecoveryCodeError, toRecoveryCode } from "./recovery-code";
import { cipherOf, newSecret, secretFromText, secretToText } from "./secret";

const SECRET = secretFromText("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")!;
const CODE = toRecoveryCode(SECRET);

const problemOf = (typed: string) => {
  try {
    fromRecoveryCode(typed);
    return null;
  } catch (error) {
    return error instanceof RecoveryCodeError ? [error.problem, error.details] : error;
  }
};

describe("a recovery code", () => {
  test("has fourteen groups of four letters and digits, and gives the secret back", () => {
    expect(CODE).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){13}[0-9A-HJKMNP-TV-Z]{4}$/);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const secret = Uint8Array.from(bytes);
        expect(fromRecoveryCode(toRecoveryCode(secret))).toEqual(secret);
      }),
    );
  });

  test("of an earlier version is read", () => {
    expect(CODE).toBe("000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFX-GB4B");
    expect(fromRecoveryCode(CODE)).toEqual(SECRET);
  });

  test("may be typed in lower case, with other dashes and spaces, and with O, I and L for 0 and 1", () => {
    const sloppy = ` ${CODE.toLowerCase().replaceAll("-", " – ").replaceAll("0", "o").replace("1", "l").replaceAll("1", "I")}\n`;
    expect(fromRecoveryCode(sloppy)).toEqual(SECRET);
    expect(fromRecoveryCode(CODE.replaceAll("-", ""))).toEqual(SECRET);
  });

  test("may be copied with quotes, with marks of direction, and with other invisible characters", () => {
    const secret = newSecret();
    const code = toRecoveryCode(secret);
    for (const copied of [
      `“${code}”.`,
      `\u202d${code}\u202c`,
      code.replaceAll("-", ", \u00ad"),
      [...code].join("\u200b"),
    ])
      expect(fromRecoveryCode(copied)).toEqual(secret);
  });

  test("says what is wrong with another text", () => {
    expect(problemOf(" - ")).toEqual(["empty", {}]);
    expect(problemOf(`${CODE}?u`)).toEqual(["characters", { characters: "?U" }]);
    expect(problemOf(CODE.slice(0, -1))).toEqual(["short", { length: CODE_LENGTH - 1 }]);
    expect(problemOf(`${CODE}A`)).toEqual(["long", { length: CODE_LENGTH + 1 }]);
  });

  test("with one wrong letter, or two in each other's place, is refused", () => {
    const plain = CODE.replaceAll("-", "");
    for (let at = 0; at < plain.length; at++) {
      const other = plain[at] === "7" ? "8" : "7";
      expect(problemOf(plain.slice(0, at) + other + plain.slice(at + 1))).toEqual(["mistyped", {}]);
      const swapped = plain.slice(0, at) + (plain[at + 1] ?? "") + plain[at]! + plain.slice(at + 2);
      if (swapped !== plain && at < plain.length - 1) expect(problemOf(swapped)).toEqual(["mistyped", {}]);
    }
  });
});

describe("a secret", () => {
  test("names the keyring by its first half, and the name does not tell the key", () => {
    const other = Uint8Array.from(SECRET);
    other[31]! ^= 1;
    expect(cipherOf(SECRET).id).toBe("AAECAwQFBgcICQoLDA0ODw");
    expect(cipherOf(other).id).toBe(cipherOf(SECRET).id);
    const nonce = new Uint8Array(24);
    const sealed = cipherOf(SECRET).seal(nonce, new Uint8Array(), new Uint8Array(9));
    expect(() => cipherOf(other).open(nonce, new Uint8Array(), sealed)).toThrow();
  });

  test("is random, and read back from its text", () => {
    const secret = newSecret();
    expect(newSecret()).not.toEqual(secret);
    expect(secretFromText(secretToText(secret))).toEqual(secret);
    for (const text of [null, 7, "", secretToText(secret).slice(1), `${secretToText(secret).slice(1)}!`]) {
      expect(secretFromText(text)).toBeNull();
    }
  });
});
