import { parseStored } from "~/conversation/session/parse-stored";
import { replyChunk, type ReplyChunk } from "~/conversation/reply/reply-chunk";
import { newerFormat } from "~/store/newer-format";
import type { Encryptor } from "~/store/encryption/encryptor";

/** Line format of one journal. Lines are numbered from 0, and must be parsed in order. */
export type JournalLines = {
  format(chunk: ReplyChunk, line: number): string;
  /**
   * Null for a line that is not a chunk, or was not written at this place.
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
 * Encrypts each line by itself, with the journal's name and the line's number as context: a journal can be followed
 * while it grows, and no line decrypts at another place. A truncated end is not detected, as after a writer that
 * died. A journal has one writer: either all of its lines are encrypted, or none.
 */
export function journalLines(encryptor: Encryptor, sessionHash: string, journalName: string): JournalLines {
  const place = (line: number) =>
    ({ use: "journal", key: sessionHash, name: `${journalName} ${String(line)}` }) as const;
  let isEncrypted = true;
  return {
    format(chunk, line) {
      const text = plainLines.format(chunk, line);
      return encryptor.isOn ? encryptor.encryptText(place(line), text) : text;
    },
    parse(text, line) {
      if (line === 0) isEncrypted = !text.startsWith("{");
      if (!isEncrypted) return plainLines.parse(text, line);
      const opened = encryptor.decryptText(place(line), text);
      return opened && plainLines.parse(opened.toString("utf8"), line);
    },
  };
}
