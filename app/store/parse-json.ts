import { isUtf8 } from "node:buffer";

/** The JSON in a file, or in a line of one. Never throws: bytes that are none have a reason. */
export function parseJson(
  bytes: Buffer,
): { kind: "json"; json: unknown } | { kind: "damaged"; reason: string } {
  if (bytes.length === 0) return { kind: "damaged", reason: "the file is empty" };
  // Decoding would put a replacement for each broken byte, and a changed word would pass for what was said.
  if (!isUtf8(bytes)) return { kind: "damaged", reason: "the file is not UTF-8" };
  try {
    return { kind: "json", json: JSON.parse(bytes.toString("utf8")) };
  } catch {
    return { kind: "damaged", reason: "the file is not JSON" };
  }
}
