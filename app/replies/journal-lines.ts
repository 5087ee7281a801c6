import { parseStored } from "~/conversation/parse-stored";
import { replyChunk, type ReplyChunk } from "~/conversation/reply-chunk";
import { newerFormat } from "~/store/newer-format";
import type { Encryptor } from "~/store/encryption/encryptor";

/** What the lines of one journal look like. They are numbered from 0, and parsed in their order. */
export type JournalLines = {
  format(chunk: ReplyChunk, line: number): string;
  /**
   * Null for what is no chunk, or not the one that was written there.
   * @throws KeyNotHeld; ExpectedError `session_newer_format` for a line that a newer version has written
   */
  parse(text: string, line: number): ReplyChunk | null;
};

export const plainLines: JournalLines = {
  format: (chunk) => JSON.stringify(chunk),
  parse(text) {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return null;
    }
    const parsed = parseStored(replyChunk, json);
    if (parsed.kind === "newer") throw newerFormat("This answer", parsed.reason);
    return parsed.kind === "whole" ? parsed.value : null;
  },
};

/**
 * Each line is sealed by itself, with the journal and its number as context, so that a journal can be followed
 * while it grows, and none of its lines can stand elsewhere. What is cut off its end is not missed, as with a writer
 * that died. A journal has one writer: it is sealed from its first line on, or not at all.
 */
export function journalLines(encryptor: Encryptor, sessionKey: string, journalName: string): JournalLines {
  const place = (line: number) =>
    ({ use: "journal", key: sessionKey, name: `${journalName} ${String(line)}` }) as const;
  let isSealed = true;
  return {
    format(chunk, line) {
      const text = plainLines.format(chunk, line);
      return encryptor.isOn ? encryptor.encryptText(place(line), text) : text;
    },
    parse(text, line) {
      if (line === 0) isSealed = !text.startsWith("{");
      if (!isSealed) return plainLines.parse(text, line);
      const opened = encryptor.decryptText(place(line), text);
      return opened && plainLines.parse(opened.toString("utf8"), line);
    },
  };
}
