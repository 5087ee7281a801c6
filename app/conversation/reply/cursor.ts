/** Position in a reply's stream. As the id of a server-sent event: `replyId.epoch.seq`. */
export type Cursor = { replyId: string; epoch: number; seq: number };

export function formatCursor(cursor: Cursor): string {
  return `${cursor.replyId}.${cursor.epoch}.${cursor.seq}`;
}

/** Null for text that is not a cursor: the follower then begins at the start of the reply. */
export function parseCursor(text: string): Cursor | null {
  const match = /^([A-Za-z0-9_-]{1,64})\.(\d{1,9})\.(\d{1,9})$/.exec(text);
  return match && { replyId: match[1]!, epoch: Number(match[2]), seq: Number(match[3]) };
}
