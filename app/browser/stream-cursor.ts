import type { Cursor } from "~/conversation/reply-chunk";

/** Null when the text is no cursor. Here and not from conversation/: that file would bring zod into the page. */
export function readCursor(text: string): Cursor | null {
  const match = /^([A-Za-z0-9_-]{1,64})\.(\d{1,9})\.(\d{1,9})$/.exec(text);
  return match && { replyId: match[1]!, epoch: Number(match[2]), seq: Number(match[3]) };
}
