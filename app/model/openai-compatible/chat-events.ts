import { readChatChunk, readFailure, type ChatChunk } from "./chat-chunk";

/** The longest event of a stream, in UTF-16 units: far beyond any answer, and within a small task's memory. */
const MAX_EVENT_LENGTH = 32_000_000;
/** Cost of a line of an event in addition to its text, in UTF-16 units, so that empty lines are bounded, too. */
const LINE_COST = 16;

export type ChatEvent = ChatChunk | "done";

/**
 * Parses a response body into events. It may be server-sent events with any line ends, with or without empty lines
 * between them and at the end; lines of JSON without `data:`; or one JSON value on one or several lines.
 * @param maxLength of one event, in UTF-16 units
 */
export function createChatEvents(maxLength = MAX_EVENT_LENGTH) {
  const lines = createLineReader(maxLength);
  let events: ChatEvent[] = [];
  let data: string[] = [];
  let isError = false;
  let isFirst = true;
  /** Whether the body has lines of a stream, and whether it has others. */
  let [isStream, isOther] = [false, false];
  /** All lines, where the body is one JSON value on several lines. */
  let json: string[] | null = null;
  /** What the lines in `data` or `json` count as. */
  let heldLength = 0;

  function hold(line: string, held: string[]) {
    heldLength += line.length + LINE_COST;
    if (heldLength > maxLength) throw endless("an event");
    held.push(line);
  }

  function dispatch() {
    const [before, marked] = [data, isError];
    [data, isError, heldLength] = [[], false, 0];
    if (before.length === 0) return;
    const whole = before.join("\n");
    // Servers that leave out the empty line between events send several in one.
    const values = before.length > 1 && parseJson(whole) === undefined ? before : [whole];
    for (const value of values) add(value.trim(), marked);
  }

  /** Adds the event in one value. `marked`: the server has marked it as an error. */
  function add(value: string, marked: boolean) {
    if (DONE.test(value)) events.push("done");
    else if (marked) events.push(readFailure(value));
    else if (isJson(value)) addJson(value);
    // Anything else says nothing.
  }

  function addJson(text: string) {
    const value = parseJson(text);
    // Words may be lost, so the answer must not count as complete.
    if (value === undefined) events.push(malformed());
    // Some servers send all chunks in one list, or wrap an error in one.
    else if (Array.isArray(value)) for (const chunk of value as unknown[]) events.push(readChatChunk(chunk));
    else events.push(readChatChunk(value));
  }

  function addData(value: string) {
    // The next event of a server that sends no empty lines between events.
    const [only = ""] = data;
    if (data.length === 1 && (DONE.test(only.trim()) || parseJson(only) !== undefined)) {
      const marked = isError;
      dispatch();
      isError = marked;
    }
    hold(value, data);
  }

  function addLine(text: string) {
    if (json) return hold(text, json);
    const start = text.trimStart();
    if (start === "") return dispatch();
    const first = isFirst;
    isFirst = false;
    if (isJson(start)) {
      isStream = true;
      if (first && parseJson(text) === undefined) json = [text];
      else add(text.trim(), false);
      return;
    }
    if (first && start.startsWith("<")) return void events.push(notAStream());
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + (text[colon + 1] === " " ? 2 : 1));
    if (FIELDS.has(field)) isStream = true;
    else isOther = true;
    if (field === "data") addData(value);
    else if (field === "event") isError = value.trim() === "error";
    else if (field === "error" && !/^\s*(null|\{\s*\})?\s*$/.test(value)) events.push(readFailure(value));
  }

  function taken(): ChatEvent[] {
    const all = events;
    events = [];
    return all;
  }

  return {
    feed(text: string): ChatEvent[] {
      for (const each of lines.feed(text)) addLine(each);
      return taken();
    },
    end(): ChatEvent[] {
      for (const each of lines.end()) addLine(each);
      if (json) addJson(json.join("\n"));
      dispatch();
      if (isOther && !isStream) events.push(notAStream());
      return taken();
    },
  };
}

/** The fields of server-sent events, and one of some servers' own. A line that begins with a colon is a comment. */
const FIELDS: ReadonlySet<string> = new Set(["", "data", "event", "id", "retry", "error"]);

const DONE = /^\[done\]$/i;

const isJson = (text: string) => text.startsWith("{") || text.startsWith("[");

/** Splits text that arrives in pieces into lines, with any of the three line ends, in linear time. */
function createLineReader(maxLength: number) {
  let fragments: string[] = [];
  let length = 0;
  let endedWithReturn = false;
  return {
    feed(text: string): string[] {
      const rest = endedWithReturn && text.startsWith("\n") ? text.slice(1) : text;
      if (text !== "") endedWithReturn = text.endsWith("\r");
      const found = rest.split(/\r\n|\r|\n/);
      const last = found.pop() ?? "";
      if (found.length > 0) {
        found[0] = fragments.join("") + found[0]!;
        [fragments, length] = [[], 0];
      }
      fragments.push(last);
      length += last.length;
      if (length > maxLength) throw endless("a line");
      return found;
    },
    end(): string[] {
      const last = fragments.join("");
      fragments = [];
      return last === "" ? [] : [last];
    },
  };
}

const endless = (what: string) => new Error(`The model server sent ${what} without an end.`);

function malformed(): ChatChunk {
  return { kind: "failure", message: "A chunk was not JSON.", type: "malformed_chunk", code: null };
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
