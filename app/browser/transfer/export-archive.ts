import { strToU8, Zip, ZipDeflate } from "fflate";
import type { Conversation, Folder } from "~/browser/conversations/conversation-list";
import { entryKey } from "~/browser/conversations/conversation-list";
import { loadSession } from "~/browser/chat/load-session";
import type { SessionApi } from "~/browser/chat/session-api";
import { exportJson } from "~/conversation/files/export-conversation";
import { titleWithoutTags } from "~/conversation/reply/think-tags";
import { fileName } from "~/browser/conversations/export-conversation-file";
import { ARCHIVE_FORMAT, ARCHIVE_VERSION, INDEX_NAME } from "./archive-format";

export type ArchiveIndex = {
  format: typeof ARCHIVE_FORMAT;
  version: number;
  folders: readonly Folder[];
  conversations: readonly ArchivedConversation[];
};

/** `key`: of its entry, by which a browser that has the conversation leaves it out of an import. */
export type ArchivedConversation = Pick<
  Conversation,
  "title" | "updatedAt" | "pinned" | "archived" | "folder"
> & { key: string; file: string };

export type ExportResult = {
  archive: Blob;
  exported: number;
  /** The titles of conversations that could not be read. */
  failed: readonly string[];
};

type Dependencies = {
  api: (conversationId: string) => Pick<SessionApi, "load">;
  folders: readonly Folder[];
  signal: AbortSignal;
  onProgress: (done: number) => void;
};

/**
 * One zip file with the export of each conversation. They are read one after the other and compressed at once, so that
 * only one is in memory.
 */
export async function exportArchive(
  conversations: readonly Conversation[],
  { api, folders, signal, onProgress }: Dependencies,
): Promise<ExportResult> {
  const parts: Blob[] = [];
  const failed: string[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>]));
  });
  const add = (name: string, text: string) => {
    const file = new ZipDeflate(name);
    zip.add(file);
    file.push(strToU8(text), true);
  };
  const listed = conversations.map((conversation, index) => ({
    conversation,
    file: `conversations/${String(index + 1).padStart(5, "0")} ${fileName(conversation.title)}.json`,
  }));
  add(INDEX_NAME, JSON.stringify(indexOf(listed, folders), null, 2));
  for (const [done, { conversation, file }] of listed.entries()) {
    signal.throwIfAborted();
    onProgress(done);
    try {
      const session = await loadSession(api(conversation.id), signal);
      add(file, exportJson(session));
    } catch (error) {
      if (signal.aborted) throw error;
      failed.push(titleWithoutTags(conversation.title));
    }
  }
  zip.end();
  const archive = new Blob(parts, { type: "application/zip" });
  return { archive, exported: listed.length - failed.length, failed };
}

function indexOf(
  listed: readonly { conversation: Conversation; file: string }[],
  folders: readonly Folder[],
): ArchiveIndex {
  return {
    format: ARCHIVE_FORMAT,
    version: ARCHIVE_VERSION,
    folders,
    conversations: listed.map(({ conversation, file }) => {
      const { id, title, updatedAt, pinned, archived, folder } = conversation;
      return { key: entryKey(id), file, title, updatedAt, pinned, archived, folder };
    }),
  };
}
