import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Encryptor } from "~/store/encryption/encryptor";
import { journalName, temporaryName, type Layout } from "~/store/documents/layout";
import { incarnationPath, listSessionFolder, syncSessionFolder } from "~/store/sessions/session-folder";
import { unlessGone, unlessTaken } from "~/store/volume/errno";
import { createLineSplitter } from "~/store/volume/split-lines";
import type { Volume } from "~/store/volume/volume";
import { createLogContent, createWordsReader, type LoggedWords } from "./log-content";
import {
  COPY_ALIAS,
  createWordsCodec,
  formatHead,
  formatWords,
  MAX_LINE_BYTES,
  WHOLE,
  type LoggedReply,
} from "./log-lines";

/** How a file with the words of a dead node begins: a segment with one reply. */
const HEAD = '{"format":';

/** Bytes of a file that show whether it holds kept words. */
export const HEAD_BYTES = HEAD.length;

/**
 * Whether a file of a session's folder holds kept words; it is a journal of an earlier version otherwise.
 * @param head its first `HEAD_BYTES`
 */
export const isKeptWords = (head: Buffer): boolean => head.toString() === HEAD;

/** A log with the lines of one reply, also those that this version cannot read, as they were. */
function formatCopy({ bodies, others, name, format }: LoggedWords, instance: string): string {
  const lines = [...bodies.values()].map((body) => formatWords(COPY_ALIAS, body));
  // From the last one on, so that the places of those before it stay.
  for (const [line, place] of [...others].toReversed()) lines.splice(place, 0, line);
  return formatHead(instance, 1, format) + name + lines.join("") + WHOLE;
}

/**
 * Copies the words of a reply from a log that is to be removed to the folder of its session, without decrypting them: this
 * node need not have the key, or know what a later version has written. Without effect where the session was deleted, or as
 * many words were copied before.
 * @throws the volume's errors
 */
export async function keepWords(
  logged: LoggedWords,
  {
    volume,
    layout,
    instance,
    newId,
  }: { volume: Volume; layout: Layout; instance: string; newId: () => string },
): Promise<void> {
  const { reply } = logged;
  const folder = await listSessionFolder(volume, layout.sessionFolder(reply.sessionHash));
  if (folder === null) return;
  // Through the incarnation's folder: if the session is deleted meanwhile, this path leads nowhere.
  const path = incarnationPath(layout.sessionFolder(reply.sessionHash), folder);
  const temporary = `${path}/${temporaryName(newId(), instance)}`;
  const text = formatCopy(logged, instance);
  try {
    await volume.writeNew(temporary, text, { removeIfLate: true });
    const kept = `${path}/${journalName(reply.replyId, reply.epoch)}`;
    await volume.link(temporary, kept).catch(async (error: unknown) => {
      unlessTaken(error);
      // The owner may have been wrongly held to be dead when they were copied, and have said more since.
      const earlier = await volume.readFrom(kept, 0);
      if (linesIn(earlier.toString()) < linesIn(text)) await volume.rename(temporary, kept);
    });
    await volume.unlink(temporary).catch(unlessGone);
    await syncSessionFolder(volume, () => path);
  } catch (error) {
    unlessGone(error);
  }
}

const linesIn = (text: string): number => text.split("\n").length;

/**
 * The chunks of kept words.
 * @throws KeyNotHeld; ExpectedError `session_newer_format`
 */
export function readKeptWords(bytes: Buffer, reply: LoggedReply, encryptor: Encryptor): ReplyChunk[] {
  const content = createLogContent();
  for (const line of createLineSplitter(MAX_LINE_BYTES)(bytes)) content.takeLine(line, 1);
  const words = content.find(reply);
  return words ? createWordsReader(words, createWordsCodec(encryptor, reply)).readMore() : [];
}
