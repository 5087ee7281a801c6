import { errorCode } from "./errno";

/** Answers that the protocols of the store ask for, or that say something of a file and nothing of the volume. */
const ANSWERS: ReadonlySet<string> = new Set([
  "ENOENT",
  "EEXIST",
  "ENOTEMPTY",
  "ESTALE",
  "ELOOP",
  "ENOTREG",
  "EFBIG",
]);

/** Whether an operation failed because the volume is full, away, read-only or broken. */
export function isVolumeFault(error: unknown): boolean {
  const code = errorCode(error);
  return code === undefined || !ANSWERS.has(code);
}
