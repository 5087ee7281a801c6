import type { Timer } from "~/timer";
import { readChatChunk, readFailure, type ChatChunk } from "./chat-chunk";

/** The longest line of a stream, in UTF-16 units: far beyond any answer, and within a small task's memory. */
const MAX_LINE_LENGTH = 32_000_000;

/** Words are passed on in pieces of at most this length, so that a bound on an answer takes effect in time. */
const MAX_PIECE_LENGTH = 64_000;

/** How long chunks are waited for after the finish reason, in milliseconds. */
export type Grace = { graceMs: number; timer: Timer };

/**
 * Normalises the response body of an OpenAI-compatible server to the form that the AI SDK reads reliably: valid
 * chunks, or one error. The result ends at `[DONE]`, or after the finish reason: once the usage has come, which some
 * servers send in a separate chunk, and after `graceMs` at the latest, even if the connection stays open.
 */
export function normaliseChatStream(
  body: ReadableStream<Uint8Array>,
  grace: Grace,
): ReadableStream<Uint8Array> {
  const chunks = normalised(body, grace);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      // Not awaited: a read that is under way ends with the connection, which the caller aborts.
      void chunks.return();
    },
  });
}

async function* normalised(
  body: ReadableStream<Uint8Array>,
  { graceMs, timer }: Grace,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events = createChatEvents();
  let grace: ReturnType<typeof startGrace> | null = null;
  try {
    for (;;) {
      const read = reader.read();
      const step = await (grace ? grace.orSooner(read) : read);
      const text = step?.done === false ? decoder.decode(step.value, { stream: true }) : null;
      for (const event of text === null ? events.end() : events.feed(text)) {
        // `[DONE]` without a finish reason: why the answer ended is not known.
        if (event === "done") return yield* encode(grace ? [] : [ended("unknown")]);
        // An error after the finish reason does not matter.
        if (event.kind === "failure") return yield* encode(grace ? [] : [errorOf(event)]);
        yield* encode(piecesOf(event));
        // Restarted at each word: some servers send the reason with every chunk.
        if (event.finishReason !== null || (grace && hasWords(event))) {
          grace?.end();
          grace = startGrace(graceMs, timer);
        }
        if (grace && event.usage) return;
      }
      if (text === null) return;
    }
  } finally {
    grace?.end();
    // Ends the connection to a server that leaves it open. It may be broken already.
    reader.cancel().catch(() => undefined);
  }
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

type ChatEvent = ChatChunk | "done";

/**
 * Parses a response body into events. It may be server-sent events with any line ends, with or without empty lines
 * between them and at the end; lines of JSON without `data:`; or one JSON value on one or several lines.
 */
export function createChatEvents() {
  const lines = createLineReader();
  let data: string[] = [];
  let isError = false;
  let isFirst = true;
  /** Whether the body has lines of a stream, and whether it has others. */
  let [isStream, isOther] = [false, false];
  /** All lines, where the body is one JSON value on several lines. */
  let json: string[] | null = null;

  function* dispatch(): Generator<ChatEvent> {
    const [before, marked] = [data, isError];
    [data, isError] = [[], false];
    if (before.length === 0) return;
    const whole = before.join("\n");
    // Servers that leave out the empty line between events send several in one.
    const values = before.length > 1 && parseJson(whole) === undefined ? before : [whole];
    for (const value of values) yield* read(value.trim(), marked);
  }

  function* line(text: string): Generator<ChatEvent> {
    if (json) return void json.push(text);
    if (text.trim() === "") return yield* dispatch();
    const first = isFirst;
    isFirst = false;
    if (/^\s*[{[]/.test(text)) {
      isStream = true;
      if (first && parseJson(text) === undefined) json = [text];
      else yield* read(text.trim(), false);
      return;
    }
    if (first && /^\s*</.test(text)) return yield notAStream();
    const [, field = text, value = ""] = /^([^:]*): ?([^]*)$/.exec(text) ?? [];
    if (/^(data|event|id|retry|error)?$/.test(field)) isStream = true;
    else isOther = true;
    if (field === "error") yield* readErrorField(value);
    else if (field === "event") isError = value.trim() === "error";
    else if (field === "data") {
      // The next event of a server that sends no empty lines between events.
      const [only = ""] = data;
      if (data.length === 1 && (DONE.test(only.trim()) || parseJson(only) !== undefined)) {
        const marked = isError;
        yield* dispatch();
        isError = marked;
      }
      data.push(value);
    }
  }

  return {
    *feed(text: string): Generator<ChatEvent> {
      for (const each of lines.feed(text)) yield* line(each);
    },
    *end(): Generator<ChatEvent> {
      for (const each of lines.end()) yield* line(each);
      if (json) yield* fromJson(json.join("\n"));
      yield* dispatch();
      if (isOther && !isStream) yield notAStream();
    },
  };
}

const DONE = /^\[done\]$/i;

/** The event in one value. `marked`: the server has marked it as an error. */
function* read(value: string, marked: boolean): Generator<ChatEvent> {
  if (DONE.test(value)) yield "done";
  else if (marked) yield readFailure(value);
  else if (/^[{[]/.test(value)) yield* fromJson(value);
  // Anything else is a sign of life.
}

function* readErrorField(error: string): Generator<ChatEvent> {
  if (!/^\s*(null|\{\s*\})?\s*$/.test(error)) yield readFailure(error);
}

/** Splits text that arrives in pieces into lines, with any of the three line ends, in linear time. */
function createLineReader() {
  let fragments: string[] = [];
  let length = 0;
  let endedWithReturn = false;
  return {
    *feed(text: string): Generator<string> {
      const rest = endedWithReturn && text.startsWith("\n") ? text.slice(1) : text;
      if (text !== "") endedWithReturn = text.endsWith("\r");
      const [first = "", ...others] = rest.split(/\r\n|\r|\n/);
      fragments.push(first);
      length += first.length;
      if (length > MAX_LINE_LENGTH) throw new Error("The model server sent a line without an end.");
      for (const next of others) {
        yield fragments.join("");
        [fragments, length] = [[next], next.length];
      }
    },
    *end(): Generator<string> {
      const last = fragments.join("");
      fragments = [];
      if (last !== "") yield last;
    },
  };
}

function* fromJson(text: string): Generator<ChatChunk> {
  const value = parseJson(text);
  if (value === undefined) {
    // Words may be lost, so the answer must not count as complete.
    yield { kind: "failure", message: "A chunk was not JSON.", type: "malformed_chunk", code: null };
  } else if (Array.isArray(value)) {
    // Some servers send all chunks in one list, or wrap an error in one.
    for (const chunk of value as unknown[]) yield readChatChunk(chunk);
  } else yield readChatChunk(value);
}

/** Undefined for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The error for a web page, or other text, in place of an answer. */
function notAStream(): ChatChunk {
  return { kind: "failure", message: "The address answers with a web page.", type: "not_found", code: 404 };
}

type Failure = Extract<ChatChunk, { kind: "failure" }>;
type Words = Extract<ChatChunk, { kind: "words" }>;

function hasWords({ content, reasoning }: Words): boolean {
  return content !== "" || reasoning !== "";
}

function errorOf({ message, type, code }: Failure): object {
  return { error: { message: message.slice(0, 2_000), type, code } };
}

function ended(finish_reason: string): object {
  return { choices: [{ index: 0, delta: {}, finish_reason }] };
}

function* piecesOf({ content, reasoning, finishReason, usage }: Words): Generator<object> {
  for (const [field, words] of [
    ["reasoning_content", reasoning],
    ["content", content],
  ] as const) {
    for (let at = 0; at < words.length; at += MAX_PIECE_LENGTH) {
      yield { choices: [{ index: 0, delta: { [field]: words.slice(at, at + MAX_PIECE_LENGTH) } }] };
    }
  }
  if (finishReason !== null) yield ended(finishReason);
  if (usage) yield { choices: [], usage };
}

const encoder = new TextEncoder();

function* encode(values: Iterable<object>): Generator<Uint8Array> {
  for (const value of values) yield encoder.encode(`data: ${JSON.stringify(value)}\n\n`);
}
