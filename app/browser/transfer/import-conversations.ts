import type { ApiClient } from "~/browser/chat/api-client";
import { ApiError, PageError } from "~/browser/chat/api-error";
import { backoffMs, pause } from "~/browser/chat/backoff";
import type { Conversations } from "~/browser/conversations/conversations";
import { timestamp, type PageClock } from "~/browser/page/page-clock";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import { ITEM_ID_PATTERN } from "~/conversation/session/session-id";
import type { FileLimits, Skipped } from "./foreign-conversation";
import type { FoundConversation, ImportItem } from "./read-export";

const LIMITS: FileLimits = { titleLength: MAX_TITLE_LENGTH, itemIds: ITEM_ID_PATTERN };
/** Attempts for passing failures other than a limit, whose end the server tells. */
const ATTEMPTS = 6;

export type ImportProgress = {
  done: number;
  /** Null until it is known. */
  total: number | null;
  /** A limit of the server is waited for until then, in milliseconds since 1970. */
  waitsUntil: number | null;
};

export type ImportResult = {
  importedIds: readonly string[];
  /** Conversations that are here already. */
  known: number;
  failed: readonly ImportFailure[];
  skipped: ReadonlySet<Skipped>;
};

/** `name`: of the conversation or the file; empty for a conversation without a title, whose number in the file is known. */
export type ImportFailure = { name: string; number: number | null; error: unknown };

type Dependencies = {
  /** Reads the conversations in a file: `readExport`, or the same in a worker. */
  read: (
    file: Blob,
    limits: FileLimits,
    onTotal: (total: number) => void,
    signal: AbortSignal,
  ) => AsyncGenerator<FoundConversation>;
  api: Pick<ApiClient, "session">;
  conversations: Pick<Conversations, "remember" | "sources" | "has" | "getSnapshot" | "addFolder">;
  newId: () => string;
  clock: Pick<PageClock, "now" | "after">;
  /** Uniform in [0, 1). */
  random: () => number;
  signal: AbortSignal;
  onProgress: (progress: ImportProgress) => void;
};

/**
 * Imports all conversations in these files, one after the other. What was imported before is left out, so that an
 * import which was cut can be repeated. After the signal it ends with what it has done.
 */
export async function importConversations(
  files: readonly File[],
  dependencies: Dependencies,
): Promise<ImportResult> {
  const { read, conversations, signal, onProgress } = dependencies;
  const sources = conversations.sources();
  const importedIds: string[] = [];
  const failed: ImportFailure[] = [];
  const skipped = new Set<Skipped>();
  let known = 0;
  let done = 0;
  let total: number | null = null;
  const progress = (waitsUntil: number | null = null) => onProgress({ done, total, waitsUntil });

  async function take(item: ImportItem) {
    if (isKnown(item, sources, conversations)) {
      known += 1;
      return;
    }
    importedIds.push(await importItem(item, dependencies, progress));
    if (item.source) sources.add(item.source);
    for (const kind of item.skipped) skipped.add(kind);
  }

  for (const file of files) {
    const before = done;
    const onTotal = (count: number) => {
      total = before + count;
      progress();
    };
    try {
      for await (const found of read(file, LIMITS, onTotal, signal)) {
        if (signal.aborted) break;
        try {
          if (found.kind === "item") await take(found.item);
          else if (found.kind !== "empty") throw new PageError(found.reason);
        } catch (error) {
          if (signal.aborted) break;
          failed.push({ ...nameOf(found, file, total === 1 ? null : done - before + 1), error });
        }
        done += 1;
        progress();
      }
    } catch (error) {
      failed.push({ name: file.name, number: null, error });
    }
  }
  return { importedIds, known, failed, skipped };
}

/** @param number null if it is the only one */
function nameOf(
  found: FoundConversation,
  file: File,
  number: number | null,
): Pick<ImportFailure, "name" | "number"> {
  if (number === null || found.kind === "refused") return { name: file.name, number: null };
  const title = found.kind === "item" ? found.item.title : found.kind === "unreadable" ? found.title : "";
  return { name: title, number: title === "" ? number : null };
}

function isKnown(
  { source, key }: ImportItem,
  sources: ReadonlySet<string>,
  conversations: Pick<Conversations, "has">,
): boolean {
  return (source !== undefined && sources.has(source)) || (key !== undefined && conversations.has(key));
}

/** @returns the id of the new conversation */
async function importItem(
  { text, title, source, list: { folderTitle, ...list } }: ImportItem,
  dependencies: Dependencies,
  onWait: (until: number | null) => void,
): Promise<string> {
  const { conversations, newId, clock } = dependencies;
  const id = newId();
  await sendPatiently(id, text, dependencies, onWait);
  const folder = folderTitle === undefined ? undefined : folderNamed(folderTitle, conversations);
  conversations.remember({
    ...{ id, title, saved: true, updatedAt: timestamp(clock) },
    ...list,
    ...(folder !== undefined && { folder }),
    ...(source !== undefined && { source }),
  });
  return id;
}

/** @throws PageError `importNewer`, `importDamaged`, `importTooLarge`; ApiError for other failures */
async function sendPatiently(
  id: string,
  text: string,
  { api, clock, random, signal }: Dependencies,
  onWait: (until: number | null) => void,
): Promise<void> {
  for (let failures = 0; ;) {
    signal.throwIfAborted();
    try {
      await api.session(id).import(text, signal);
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { retryAt } = error;
      failures += retryAt === null ? 1 : 0;
      if (retryAt === null && (!error.isPassing || failures === ATTEMPTS)) throw reasonOf(error);
      const ms =
        retryAt === null ? backoffMs(failures, random) : Math.max(0, retryAt - clock.now()) + 500 * random();
      onWait(retryAt);
      await pause(clock, ms, signal, () => undefined);
      onWait(null);
    }
  }
}

function reasonOf(error: ApiError): Error {
  if (error.code === "file_newer_format") return new PageError("importNewer", { cause: error });
  if (error.code === "bad_request") return new PageError("importDamaged", { cause: error });
  if (error.code === "body_too_large" || error.code === "session_full") {
    return new PageError("importTooLarge", { cause: error });
  }
  return error;
}

function folderNamed(title: string, conversations: Dependencies["conversations"]): string {
  const known = conversations.getSnapshot().folders.find((folder) => folder.title === title);
  return known?.key ?? conversations.addFolder(title);
}
