import { errorCode } from "./errno";

/** Errors that the store's protocols expect, or that concern one file and not the volume. */
const EXPECTED: ReadonlySet<string> = new Set([
  "ENOENT",
  "EEXIST",
  "ENOTEMPTY",
  "ESTALE",
  "ELOOP",
  "ENOTREG",
  "EFBIG",
]);

/** Whether an error says that the volume is full, away, read-only or broken. True for errors without a code. */
export function isVolumeFault(error: unknown): boolean {
  const code = errorCode(error);
  return code === undefined || !EXPECTED.has(code);
}
