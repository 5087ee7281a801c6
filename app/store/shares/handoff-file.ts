import { z } from "zod";
import { parseStored, type Parsed } from "~/conversation/session/parse-stored";
import { parseJson } from "~/store/parse-json";

const HANDOFF_FORMAT = 1;
const storedHandoff = z.strictObject({ format: z.literal(HANDOFF_FORMAT), sealed: z.string() });

export type StoredHandoff = z.infer<typeof storedHandoff>;

/** @param sealed the box, as the browser has sealed it */
export function encodeHandoff(sealed: string): string {
  return JSON.stringify({ format: HANDOFF_FORMAT, sealed } satisfies StoredHandoff);
}

export function parseStoredHandoff(bytes: Buffer): Parsed<StoredHandoff> {
  const parsed = parseJson(bytes);
  return parsed.kind === "damaged" ? parsed : parseStored(storedHandoff, parsed.json, HANDOFF_FORMAT);
}
