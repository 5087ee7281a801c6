import type { ReplyChunk } from "~/conversation/reply-chunk";

export type FinishReason = NonNullable<Extract<ReplyChunk, { type: "finish" }>["finishReason"]>;

/**
 * What the finish and stop reasons of all providers mean. Only `stop` says that the model has said all it wanted.
 * Reasons are listed as `lettersOf` leaves them, so that `MAX_TOKENS`, `max_tokens` and `maxTokens` are one.
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
  // Named for whoever reads the table: what is not in it means the same.
  other: [
    ...["error", "abort", "aborted", "cancelled", "canceled", "cancel", "timeout", "interrupted", "null"],
    ...["networkerror", "insufficientsystemresource", "malformedmodeloutput", "malformedtooluse"],
    // No tools are offered: a model that calls one waits for a result that it will not be given.
    ...["toolcalls", "toolcall", "tooluse", "functioncall", "malformedfunctioncall", "pauseturn"],
  ],
};

const BY_REASON: ReadonlyMap<string, FinishReason> = new Map(
  (Object.keys(MEANINGS) as FinishReason[]).flatMap((meaning) =>
    MEANINGS[meaning].map((reason) => [reason, meaning] as const),
  ),
);

/** How an answer has ended, by the provider's own word for it; `other` where that is unknown or missing. */
export function finishReasonOf(raw: string | undefined): FinishReason {
  return BY_REASON.get(lettersOf(raw ?? "")) ?? "other";
}

function lettersOf(reason: string): string {
  return reason
    .slice(0, 100)
    .toLowerCase()
    .replace(/[^a-z]/g, "")
    .replace(/^finishreason/, "");
}
