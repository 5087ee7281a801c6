import { isUtf8 } from "node:buffer";

/** Parses the JSON of a file, or of a line of one. Never throws: bytes that are not JSON come with a reason. */
export function parseJson(
  bytes: Buffer,
): { kind: "json"; json: unknown } | { kind: "damaged"; reason: string } {
  if (bytes.length === 0) return { kind: "damaged", reason: "the file is empty" };
  // Decoding would replace broken bytes by U+FFFD, and changed text would pass for the original.
  if (!isUtf8(bytes)) return { kind: "damaged", reason: "the file is not UTF-8" };
  try {
    return { kind: "json", json: JSON.parse(bytes.toString("utf8")) };
  } catch {
    return { kind: "damaged", reason: "the file is not JSON" };
  }
}
