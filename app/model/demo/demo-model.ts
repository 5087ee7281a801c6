import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import { plainText } from "~/conversation/reply/reply-text";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { answerAsDemo } from "./demo-answer";
import { nextDemoStep } from "./demo-calls";
import { pause } from "~/model/pause";
import type { ModelClocks } from "~/model/stall-watch";

/** The embedded model: no account, no network, and the same answer to the same conversation every time. */
export function createDemoModel(config: { demoTokensPerSecond: number }, { now, timer }: ModelClocks) {
  return async function* generate(offer: ModelOffer, request: GenerateRequest): AsyncGenerator<ReplyChunk> {
    const { signal } = request;
    const step = nextDemoStep(request);
    const answer = step ? { reasoning: null, text: step.text } : answerAsDemo(request.messages);
    const begun = request.continueFrom ?? "";
    const parts = [
      // Reasoning comes before the first word: an answer with words has had it.
      ...(answer.reasoning !== null && begun === "" ? [["reasoning", answer.reasoning] as const] : []),
      ["text", restOf(answer.text, begun)] as const,
    ];
    const startedAt = now();
    let spoken = 0;
    let cut = false;

    for (const [type, text] of parts) {
      const id = `${type}-0`;
      if (text === "" || cut) continue;
      signal.throwIfAborted();
      yield { type: `${type}-start`, id };
      // Lazily: hundreds of concurrent answers would otherwise hold all their words twice.
      for (const [token] of text.matchAll(TOKEN)) {
        if (spoken === offer.maxOutputTokens) {
          cut = true;
          break;
        }
        // The due time counts from the start, so that a late token does not delay later ones.
        const due = startedAt + (spoken * 1000) / config.demoTokensPerSecond - now();
        if (due > 0) await pause(timer, due, signal);
        signal.throwIfAborted();
        spoken += 1;
        yield { type: `${type}-delta`, id, delta: token };
      }
      yield { type: `${type}-end`, id };
    }
    const calls = cut ? [] : (step?.calls ?? []);
    for (const [index, call] of calls.entries()) {
      yield { type: "tool-input-available", toolCallId: String(index), ...call, dynamic: true };
    }
    yield {
      type: "finish",
      finishReason: cut ? "length" : calls.length > 0 ? "tool-calls" : "stop",
      messageMetadata: { usage: { inputTokens: countTokens(request), outputTokens: spoken } },
    };
  };
}

/** A word with the white space after it; a long run without white space, as in Chinese, in pieces. */
const TOKEN = /\s+|\S{1,24}\s*/gu;

export function tokensOf(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** The rest of a text after its beginning; all of it, as a new paragraph, where it begins differently. */
function restOf(text: string, begun: string): string {
  return text.startsWith(begun) ? text.slice(begun.length) : `\n\n${text}`;
}

function countTokens({ instructions, messages }: GenerateRequest): number {
  return [instructions, ...messages.map(({ parts }) => plainText(parts))].reduce(
    (sum, text) => sum + tokensOf(text).length,
    0,
  );
}
