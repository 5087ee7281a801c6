import { StreamProviderError } from "ai";
import type { Timer } from "~/timer";
import { MAX_CALLS, MAX_INPUT_LENGTH } from "~/conversation/calls/call-state";
import { MAX_ANSWER_LENGTH } from "~/conversation/limits";
import type { CallFragment, ChatChunk, ChatUsage } from "./chat-chunk";
import { createChatEvents, type ChatEvent } from "./chat-events";
import type { ResponseBytes } from "./post-json";
import type { AnswerPart, AnswerParts, ProviderUsage } from "~/model/provider";

/** Words are passed on in pieces of at most this length, so that a bound on an answer takes effect in time. */
const MAX_PIECE_LENGTH = 64_000;

/** How long chunks are waited for after the finish reason, in milliseconds. */
export type Grace = { graceMs: number; timer: Timer };

/**
 * Reads the response body of an OpenAI-compatible server. The answer ends at `[DONE]`, or after the finish reason: once
 * the usage has come, which some servers send in a separate chunk, and after `graceMs` at the latest, even if the
 * connection stays open.
 */
export function readChatStream(bytes: ResponseBytes, { graceMs, timer }: Grace): AnswerParts {
  const decoder = new TextDecoder();
  const events = createChatEvents();
  const answer = createChatAnswer();
  let grace: ReturnType<typeof startGrace> | null = null;
  let isOver = false;
  /** Whether some of what was read last belongs to the answer. */
  let isAnswering = false;

  /** Handles one event. @returns whether it is the last one */
  function take(event: ChatEvent, parts: AnswerPart[]): boolean {
    if (event === "done") {
      // Without a finish reason: why the answer ended is not known.
      if (!grace) answer.setReason("unknown");
      return true;
    }
    if (event.kind === "failure") {
      // An error after the finish reason does not matter.
      if (!grace) parts.push({ type: "error", error: errorOf(event) });
      return true;
    }
    if (answer.add(event, parts)) isAnswering = true;
    // Restarted at each word: some servers send the reason with every chunk.
    if (event.finishReason !== null || (grace && hasWords(event))) {
      grace?.end();
      grace = startGrace(graceMs, timer);
    }
    return grace !== null && event.usage !== null;
  }

  async function readSome(): Promise<AnswerPart[]> {
    const parts: AnswerPart[] = [];
    isAnswering = false;
    const read = bytes.read();
    const some = await (grace ? grace.orSooner(read) : read);
    const text = some ? decoder.decode(some, { stream: true }) : null;
    for (const event of text === null ? events.end() : events.feed(text)) {
      isOver = take(event, parts);
      if (isOver) break;
    }
    isOver ||= text === null;
    if (isOver) answer.end(parts);
    return parts;
  }

  return {
    async read() {
      try {
        // Comments and empty chunks are not passed on: they count as silence. The arguments of a call are no silence,
        // although they are passed on when they are whole.
        while (!isOver) {
          const parts = await readSome();
          if (parts.length > 0 || isAnswering) return parts;
        }
        return null;
      } catch (error) {
        isOver = true;
        throw error;
      } finally {
        if (isOver) {
          grace?.end();
          bytes.cancel();
        }
      }
    },
  };
}

/** Bounds the wait for chunks after the finish reason: by time, and by a connection that breaks. */
function startGrace(ms: number, timer: Timer) {
  let end = () => {};
  const over = new Promise<undefined>((resolve) => (end = timer(ms, () => resolve(undefined))));
  return {
    orSooner: <T>(read: Promise<T>) => Promise.race([over, read.catch(() => undefined)]),
    end: () => end(),
  };
}

type Failure = Extract<ChatChunk, { kind: "failure" }>;
type Words = Extract<ChatChunk, { kind: "words" }>;

function hasWords({ content, reasoning, calls }: Words): boolean {
  return content !== "" || reasoning !== "" || calls.length > 0;
}

/** Statuses of errors in the stream that have none, by their message. */
const STATUS_OF_MESSAGE: ReadonlyMap<string, number> = new Map([
  ["overloaded", 503],
  ["overloaded error", 503],
  ["model overloaded", 503],
  ["internal server error", 500],
  ["service unavailable", 503],
]);

function errorOf({ message, type, code }: Failure): StreamProviderError {
  const isStatus = typeof code === "number" && code >= 400 && code <= 599;
  const statusCode = isStatus ? code : STATUS_OF_MESSAGE.get(message.trim().toLowerCase());
  return new StreamProviderError({
    message: message.slice(0, 2_000),
    type,
    ...(code !== null && { code }),
    ...(statusCode !== undefined && { statusCode }),
  });
}

/** Joins the fragments of calls. Some servers number them, some name their ids, and some send each whole. */
function createCalls() {
  const calls: { index: number | null; id: string | null; name: string; arguments: string }[] = [];
  /** Length of all names and arguments. */
  let length = 0;

  function find({ index, id, name }: CallFragment) {
    const last = calls.at(-1);
    if (id !== null && last && id !== last.id && name !== "") return calls.find((call) => call.id === id);
    if (index !== null) return calls.findLast((call) => call.index === index);
    return id !== null ? calls.find((call) => call.id === id) : name === "" ? last : undefined;
  }

  return {
    /** @returns whether some of the fragment is kept: calls that are longer, or more of them, would not be run */
    add(fragment: CallFragment): boolean {
      if (length > MAX_ANSWER_LENGTH) return false;
      let call = find(fragment);
      if (!call) {
        if (calls.length === MAX_CALLS) return false;
        calls.push((call = { ...fragment, name: "", arguments: "" }));
      }
      // Some servers repeat the name with each fragment.
      const name = call.name === fragment.name ? "" : fragment.name;
      const input = call.arguments.length <= MAX_INPUT_LENGTH ? fragment.arguments : "";
      call.name += name;
      call.arguments += input;
      length += name.length + input.length;
      return name !== "" || input !== "";
    },
    parts: (): AnswerPart[] =>
      calls.map(({ name, arguments: input }, index) => ({
        type: "tool-call",
        toolCallId: String(index),
        toolName: name,
        input,
      })),
  };
}

/** Turns the chunks of one answer into its parts. */
function createChatAnswer() {
  let open: "text" | "reasoning" | null = null;
  let reason: string | undefined;
  let usage: ChatUsage | null = null;
  const calls = createCalls();

  function close(parts: AnswerPart[]) {
    if (open !== null) parts.push({ type: `${open}-end`, id: open });
    open = null;
  }

  function say(type: "text" | "reasoning", words: string, parts: AnswerPart[]) {
    if (words === "") return;
    if (open !== type) close(parts);
    open = type;
    for (let at = 0; at < words.length; at += MAX_PIECE_LENGTH) {
      parts.push({ type: `${type}-delta`, id: type, delta: words.slice(at, at + MAX_PIECE_LENGTH) });
    }
  }

  return {
    /** @returns whether the event has some of the answer */
    add(event: Words, parts: AnswerPart[]): boolean {
      const before = parts.length;
      say("reasoning", event.reasoning, parts);
      say("text", event.content, parts);
      const kept = event.calls.filter(calls.add);
      reason = event.finishReason ?? reason;
      usage = event.usage ?? usage;
      return parts.length > before || kept.length > 0;
    },
    setReason(unknown: string) {
      reason = unknown;
    },
    /** Adds the last parts. Without a finish reason there is no finish: the connection was cut. */
    end(parts: AnswerPart[]) {
      close(parts);
      if (reason === undefined) return;
      parts.push(...calls.parts());
      parts.push({ type: "finish", finishReason: { unified: "other", raw: reason }, usage: toUsage(usage) });
    },
  };
}

/** Missing counts stay missing: as 0 they would count nothing against the budget. */
function toUsage(usage: ChatUsage | null): ProviderUsage {
  return {
    inputTokens: {
      total: usage?.prompt_tokens,
      noCache: undefined,
      cacheRead: usage?.prompt_tokens_details?.cached_tokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: usage?.completion_tokens, text: undefined, reasoning: undefined },
  };
}
