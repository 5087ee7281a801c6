import type { Quotas, ReserveBytes } from "~/quotas/quotas";
import type { AttachmentStore } from "~/store/attachments/attachment-store";

export type AttachFileDependencies = {
  quotas: Pick<Quotas, "change">;
  attachments: Pick<AttachmentStore, "put">;
};

export type Upload = {
  filename: string;
  /** Length in bytes that the client has announced; 0 where it has not. */
  announcedBytes: number;
  /** Opens the request's body. Called once the upload is counted. */
  open: () => AsyncIterable<Uint8Array>;
};

/**
 * Stores a file of a session.
 * @throws ExpectedError refusals of the quotas, and what the body and `AttachmentStore.put` throw
 */
export function attachFile(
  sessionHash: string,
  address: string | null,
  { filename, announcedBytes, open }: Upload,
  { quotas, attachments }: AttachFileDependencies,
) {
  return quotas.change(address, (reserve) => {
    const pieces = open();
    reserve(announcedBytes);
    return attachments.put(sessionHash, filename, reserving(pieces, announcedBytes, reserve));
  });
}

/** Reserves the bytes of each piece before it is written, beyond the announced length. */
async function* reserving(pieces: AsyncIterable<Uint8Array>, announcedBytes: number, reserve: ReserveBytes) {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.byteLength;
    reserve(Math.max(length, announcedBytes));
    yield piece;
  }
}
