import { Unzip, UnzipInflate } from "fflate";
import type { ConversationUpdate } from "~/browser/conversations/conversation-list";
import { fromChatGpt } from "./chatgpt-export";
import { fromClaude } from "./claude-export";
import { ARCHIVE_FORMAT, ARCHIVE_VERSION, INDEX_NAME } from "./archive-format";
import type { ArchivedConversation } from "./export-archive";
import { fieldsOf, listOf, textOf } from "./export-fields";
import { fileOfForeign, type FileLimits, type Skipped } from "./foreign-conversation";
import { createJsonElementReader, type JsonElementReader } from "./json-elements";

const FORMAT = "holdfast-conversation";
const VERSION = 1;
/** Longest text of one conversation, in UTF-16 code units: eight times what the server takes, with all that is left out. */
const MAX_LENGTH = 64_000_000;
const CONVERSATIONS_NAME = /(^|\/)conversations(-\d+)?\.json$/;
const OWN_NAME = /^conversations\/.*\.json$/;
/** The beginning of a damaged conversation, in which its title is searched, in UTF-16 code units. */
const HEAD_LENGTH = 2_000;

/** One conversation to be imported. */
export type ImportItem = {
  /** The file in the form that the server imports. */
  text: string;
  title: string;
  /** See `ConversationUpdate`; undefined for a copy, which is imported each time. */
  source?: string;
  /** Key of the same conversation in the browser that exported it. */
  key?: string;
  list: Pick<ConversationUpdate, "pinned" | "archived"> & { updatedAt?: string; folderTitle?: string };
  skipped: ReadonlySet<Skipped>;
};

export type UnreadableReason = "importNotOurs" | "importNewer" | "importDamaged" | "importTooLarge";

/** What a conversation of a file is read as. */
export type FoundConversation =
  | { kind: "item"; item: ImportItem }
  /** Without a text. */
  | { kind: "empty" }
  /** The title is empty if it is unknown. */
  | { kind: "unreadable"; title: string; reason: UnreadableReason }
  /** Nothing in the file can be read, or nothing more of a damaged zip file. */
  | { kind: "refused"; reason: UnreadableReason };

type Index = ReadonlyMap<string, Pick<ImportItem, "key" | "source" | "list">>;

/**
 * The conversations in a file: an export of one or all conversations of Holdfast, or that of ChatGPT or Claude, as JSON or
 * in the zip file that they send. The file is read piece by piece, one conversation at a time; one that is damaged does not
 * keep the others from being read.
 *
 * @param onTotal called once, with the number of conversations
 */
export async function* readExport(
  file: Blob,
  limits: FileLimits,
  onTotal: (total: number) => void,
): AsyncGenerator<FoundConversation> {
  try {
    yield* conversationsIn(file, limits, onTotal);
  } catch (error) {
    yield { kind: "refused", reason: error instanceof Refusal ? error.reason : "importNotOurs" };
  }
}

class Refusal extends Error {
  readonly reason: UnreadableReason;

  constructor(reason: UnreadableReason, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}

async function* conversationsIn(
  file: Blob,
  limits: FileLimits,
  onTotal: (total: number) => void,
): AsyncGenerator<FoundConversation> {
  let total = 0;
  for await (const { name } of elementsIn(file)) if (name !== INDEX_NAME) total += 1;
  onTotal(total);

  let index: Index = new Map();
  /** Until a conversation is read: a file of something else is refused as a whole. */
  let unreadable: Extract<FoundConversation, { kind: "unreadable" }>[] | null = [];
  for await (const { name, text } of elementsIn(file)) {
    if (name === INDEX_NAME) {
      index = readIndex(text);
      continue;
    }
    const found = conversationIn(text, limits);
    if (found.kind === "item") Object.assign(found.item, index.get(name));
    if (found.kind === "unreadable" && unreadable) unreadable.push(found);
    else {
      if (unreadable) yield* unreadable;
      unreadable = null;
      yield found;
    }
  }
  const [first] = unreadable ?? [];
  if (first) throw new Refusal(first.reason === "importDamaged" ? "importNotOurs" : first.reason);
}

type Element = { name: string; text: string | null };

/** The elements of the JSON files of interest, with the names of those in a zip file; `""` for a file that is none. */
async function* elementsIn(file: Blob): AsyncGenerator<Element> {
  const isZip = (await file.slice(0, 2).text()) === "PK";
  const read = isZip ? createZipReader() : createFileReader();
  const reader = file.stream().getReader();
  for (;;) {
    const { value, done } = await reader.read();
    yield* read(value ?? new Uint8Array(), done);
    if (done) return;
  }
}

type FileReader = (chunk: Uint8Array, isLast: boolean) => Element[];

function createFileReader(): FileReader {
  const read = createJsonElementReader(MAX_LENGTH);
  return (chunk, isLast) => read(chunk, isLast).map(({ text }) => ({ name: "", text }));
}

function createZipReader(): FileReader {
  const ready: Element[] = [];
  let hasFound = false;
  let failure: unknown = null;
  const unzip = new Unzip((entry) => {
    const { name } = entry;
    if (name !== INDEX_NAME && !CONVERSATIONS_NAME.test(name) && !OWN_NAME.test(name)) return;
    hasFound = true;
    const read: JsonElementReader = createJsonElementReader(MAX_LENGTH);
    entry.ondata = (error, chunk, isLast) => {
      failure ??= error;
      if (!error) for (const { text } of read(chunk, isLast)) ready.push({ name, text });
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  return (chunk, isLast) => {
    try {
      unzip.push(chunk, isLast);
    } catch (cause) {
      failure ??= cause;
    }
    if (failure ?? (isLast && !hasFound)) throw new Refusal("importNotOurs", { cause: failure });
    return ready.splice(0);
  };
}

function conversationIn(text: string | null, limits: FileLimits): FoundConversation {
  if (text === null) return { kind: "unreadable", title: "", reason: "importTooLarge" };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: "unreadable", title: titleIn(text), reason: "importDamaged" };
  }
  const foreign = fromChatGpt(json) ?? fromClaude(json);
  if (foreign) {
    const file = fileOfForeign(foreign, limits);
    if (!file) return { kind: "empty" };
    const { source, updatedAt, archived, skipped } = foreign;
    const list = { updatedAt, ...(archived && { archived }) };
    return { kind: "item", item: { text: JSON.stringify(file), title: file.title, source, list, skipped } };
  }
  const { format, version, title, name } = fieldsOf(json);
  const isNewer = format === FORMAT && typeof version === "number" && version > VERSION;
  if (format === FORMAT && !isNewer) {
    return { kind: "item", item: { text, title: textOf(title).trim(), list: {}, skipped: new Set() } };
  }
  const reason = isNewer ? "importNewer" : "importNotOurs";
  return { kind: "unreadable", title: textOf(title) || textOf(name), reason };
}

/** The title in JSON that cannot be parsed. */
function titleIn(text: string): string {
  const found = /"(?:title|name)"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text.slice(0, HEAD_LENGTH))?.[1];
  try {
    return textOf(JSON.parse(found ?? '""'));
  } catch {
    return "";
  }
}

function readIndex(text: string | null): Index {
  const { format, version, folders, conversations } = fieldsOf(parseJson(text));
  if (format !== ARCHIVE_FORMAT) throw new Refusal("importNotOurs");
  if (typeof version === "number" && version > ARCHIVE_VERSION) throw new Refusal("importNewer");
  const titles = new Map(
    listOf(folders)
      .map(fieldsOf)
      .map(({ key, title }) => [key, textOf(title)]),
  );
  return new Map(
    listOf(conversations)
      .map(fieldsOf)
      .map((entry) => {
        const { key, file, updatedAt, pinned, archived, folder } = entry as Partial<ArchivedConversation>;
        const folderTitle = titles.get(folder) ?? "";
        const list = {
          ...(typeof updatedAt === "string" && { updatedAt }),
          ...(pinned === true && { pinned }),
          ...(archived === true && { archived }),
          ...(folderTitle !== "" && { folderTitle }),
        };
        return [textOf(file), { key: textOf(key), source: `holdfast:${textOf(key)}`, list }];
      }),
  );
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch (cause) {
    throw new Refusal("importNotOurs", { cause });
  }
}
