import { Unzip, UnzipInflate } from "fflate";
import { PageError } from "~/browser/chat/api-error";
import type { ConversationUpdate } from "~/browser/conversations/conversation-list";
import { fromChatGpt } from "./chatgpt-export";
import { fromClaude } from "./claude-export";
import { ARCHIVE_FORMAT, ARCHIVE_VERSION, INDEX_NAME, type ArchivedConversation } from "./export-archive";
import { fieldsOf, listOf, textOf } from "./export-fields";
import { fileOfForeign, type ForeignConversation, type Skipped } from "./foreign-conversation";

const FORMAT = "holdfast-conversation";
const VERSION = 1;
/** Longest text of one file in an archive, in bytes: browsers have no longer strings. */
const MAX_BYTES = 400_000_000;
const CONVERSATIONS_NAME = /(^|\/)conversations(-\d+)?\.json$/;
const OWN_NAME = /^conversations\/.*\.json$/;

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

/**
 * The conversations in a file: an export of one or all conversations of Holdfast, or that of ChatGPT or Claude, as JSON or
 * in the zip file that they send. An archive is read piece by piece.
 * @param onTotal called with the number of conversations, when it is known
 * @throws PageError `importNotOurs`, `importNewer`, `importTooLarge`
 */
export async function* readExport(file: Blob, onTotal: (total: number) => void): AsyncGenerator<ImportItem> {
  const isZip = (await file.slice(0, 2).text()) === "PK";
  if (!isZip) {
    const items = itemsIn(await file.text());
    onTotal(items.length);
    yield* items.map(({ make }) => make()).filter((item) => item !== null);
    return;
  }
  let index = new Map<string, Pick<ImportItem, "key" | "source" | "list">>();
  let total = 0;
  let hasFound = false;
  for await (const { name, text } of unzipped(file)) {
    if (name === INDEX_NAME) {
      index = readIndex(text);
      onTotal((total = index.size));
    } else if (CONVERSATIONS_NAME.test(name)) {
      const items = itemsIn(text);
      onTotal((total += items.length));
      for (const { make } of items) {
        const item = make();
        if (item) yield item;
      }
    } else {
      const known = index.get(name);
      for (const { make } of itemsIn(text)) {
        const item = make();
        if (item) yield { ...item, ...known };
      }
    }
    hasFound = true;
  }
  if (!hasFound) throw new PageError("importNotOurs");
}

/** The files of interest in a zip file, one after the other. */
async function* unzipped(file: Blob): AsyncGenerator<{ name: string; text: string }> {
  const ready: { name: string; text: string }[] = [];
  let failure: Error | null = null;
  const unzip = new Unzip((entry) => {
    const { name } = entry;
    if (name !== INDEX_NAME && !CONVERSATIONS_NAME.test(name) && !OWN_NAME.test(name)) return;
    const decoder = new TextDecoder();
    let text = "";
    entry.ondata = (error, chunk, isLast) => {
      if (error) failure ??= error;
      if (failure) return;
      text += decoder.decode(chunk, { stream: !isLast });
      if (text.length > MAX_BYTES) failure = new PageError("importTooLarge");
      if (isLast) ready.push({ name, text });
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  const reader = file.stream().getReader();
  for (;;) {
    const { value, done } = await reader.read();
    try {
      unzip.push(value ?? new Uint8Array(), done);
    } catch (cause) {
      failure ??= new PageError("importNotOurs", { cause });
    }
    if (failure)
      throw failure instanceof PageError ? failure : new PageError("importNotOurs", { cause: failure });
    yield* ready.splice(0);
    if (done) return;
  }
}

/** Made one at a time: the converted form of all of them would take as much memory again. */
function itemsIn(text: string): { make: () => ImportItem | null }[] {
  const json = parseJson(text);
  if (Array.isArray(json)) {
    const known = json.map(fromForeign).filter((found) => found !== null);
    if (known.length === 0 && json.length > 0) throw new PageError("importNotOurs");
    return known.map((found) => ({ make: () => itemOf(found) }));
  }
  const foreign = fromForeign(json);
  if (foreign) return [{ make: () => itemOf(foreign) }];
  const { format, version, title } = fieldsOf(json);
  if (format !== FORMAT) throw new PageError("importNotOurs");
  if (typeof version === "number" && version > VERSION) throw new PageError("importNewer");
  return [{ make: () => ({ text, title: textOf(title).trim(), list: {}, skipped: new Set() }) }];
}

function fromForeign(value: unknown): ForeignConversation | null {
  return fromChatGpt(value) ?? fromClaude(value);
}

function itemOf(conversation: ForeignConversation): ImportItem | null {
  const file = fileOfForeign(conversation);
  if (!file) return null;
  const { source, updatedAt, archived, skipped } = conversation;
  return {
    text: JSON.stringify(file),
    title: file.title,
    source,
    list: { updatedAt, ...(archived && { archived }) },
    skipped,
  };
}

function readIndex(text: string): Map<string, Pick<ImportItem, "key" | "source" | "list">> {
  const { format, version, folders, conversations } = fieldsOf(parseJson(text));
  if (format !== ARCHIVE_FORMAT) throw new PageError("importNotOurs");
  if (typeof version === "number" && version > ARCHIVE_VERSION) throw new PageError("importNewer");
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PageError("importNotOurs", { cause });
  }
}
