import type { Part } from "~/conversation/session/session";

/**
 * What a provider has signed or encrypted of its reasoning. It is sent back unchanged with the calls of the same step, or
 * the provider refuses the request.
 */
export type ReasoningSeal = { signature?: string; redacted?: string };

/** The seal of a part, or of the chunk that ends one; without fields for others. */
export function sealOf(part: object): ReasoningSeal {
  const { signature, redacted } = part as Record<string, unknown>;
  return {
    ...(typeof signature === "string" && { signature }),
    ...(typeof redacted === "string" && { redacted }),
  };
}

/** Whether a part is kept in an answer: it has words, or a seal, or is no text at all. */
export const isKept = (part: Part): boolean =>
  !("text" in part) || part.text !== "" || Object.keys(sealOf(part)).length > 0;
