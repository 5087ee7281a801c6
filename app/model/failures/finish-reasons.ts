import type { ReplyChunk } from "~/conversation/reply/reply-chunk";

export type FinishReason = NonNullable<Extract<ReplyChunk, { type: "finish" }>["finishReason"]>;

/**
 * Meanings of the finish and stop reasons of all providers. Only `stop` means that the answer is complete. Reasons are
 * listed in the form that `lettersOf` returns, so that `MAX_TOKENS`, `max_tokens` and `maxTokens` are one entry.
 */
const MEANINGS: Readonly<Record<FinishReason, readonly string[]>> = {
  stop: [
    ...["stop", "end", "endturn", "eos", "eostoken", "eosfound", "endoftext", "endofsequence", "imend"],
    ...["stopsequence", "stopstring", "stopstringfound", "stopword", "stoptoken"],
    ...["complete", "completed", "done", "finished", "success"],
  ],
  length: [
    ...[
      "length",
      "maxlength",
      "lengthlimit",
      "lengthcapped",
      "maxtokensreached",
      "maxtokensexceeded",
      "tokenlimit",
      "outputlimit",
    ],
    ...["maxtokens", "maxoutputtokens", "maxcompletiontokens", "maxnewtokens", "maxpredictedtokensreached"],
    ...["modellength", "contextlength", "contextlengthexceeded", "contextlengthreached", "contextwindow"],
    ...["modelcontextwindowexceeded", "contextwindowexceeded", "limit"],
  ],
  "content-filter": [
    ...["contentfilter", "contentfiltered", "filter", "filtered", "guardrail", "guardrailintervened"],
    ...["safety", "recitation", "blocklist", "prohibitedcontent", "spii", "imagesafety", "sensitive"],
    ...["refusal", "refused", "blocked", "moderation", "malformedsafety", "modelarmor"],
  ],
  // Listed for documentation: unknown reasons have the same meaning.
  other: [
    ...["error", "abort", "aborted", "cancelled", "canceled", "cancel", "timeout", "interrupted", "null"],
    ...["networkerror", "insufficientsystemresource", "malformedmodeloutput", "malformedtooluse"],
    ...["malformedfunctioncall", "pauseturn"],
  ],
  // Without calls in the answer, the model waits for a result that never comes.
  "tool-calls": ["toolcalls", "toolcall", "tooluse", "functioncall"],
};

const BY_REASON: ReadonlyMap<string, FinishReason> = new Map(
  (Object.keys(MEANINGS) as FinishReason[]).flatMap((meaning) =>
    MEANINGS[meaning].map((reason) => [reason, meaning] as const),
  ),
);

/** The meaning of a provider's finish reason; `other` where it is unknown or missing. */
export function finishReasonOf(raw: string | undefined): FinishReason {
  return BY_REASON.get(lettersOf(raw ?? "")) ?? "other";
}

/** Whether a guardrail of the operator has ended the answer. */
export function isGuardrail(raw: string | undefined): boolean {
  return lettersOf(raw ?? "") === "guardrailintervened";
}

function lettersOf(reason: string): string {
  return reason
    .slice(0, 100)
    .toLowerCase()
    .replace(/[^a-z]/g, "")
    .replace(/^finishreason/, "");
}
