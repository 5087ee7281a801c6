import { createHash } from "node:crypto";
import { join } from "node:path";
import { parseAttachmentName } from "./attachments/attachment-names";
import { createLayout, readSessionFolder, revisionName, type Layout } from "./documents/layout";
import { parseHeader, type HeaderDocument } from "./sessions/session-header";
import { parseStoredShare } from "./shares/share-files";
import { namesIn } from "./volume/list-folder";
import type { Volume } from "./volume/volume";

/** What was found wrong, with the path below DATA_DIR. */
export type RestoreFinding = {
  /**
   * `lost`: no revision of a conversation can be read. `older`: the newest one cannot, and the one before is served.
   * `missing`: a file that a message names is not there. `damaged`: a file or a shared conversation cannot be read.
   * `newer`: a later version of the application wrote it.
   */
  kind: "lost" | "older" | "missing" | "damaged" | "newer";
  path: string;
  reason: string;
};

export type RestoreSummary = {
  conversations: number;
  /** Of these, those whose content is encrypted: only their headers could be checked. */
  encrypted: number;
  messages: number;
  deleted: number;
  /** Conversations with an answer that was running: a node takes it over. */
  running: number;
  files: number;
  bytes: number;
  shares: number;
  keyrings: number;
  /** Files that the application itself had quarantined. */
  quarantined: number;
  /** The newest change of a conversation, in ISO 8601; null without any. */
  newest: string | null;
};

export type RestoreCheckOptions = {
  /** Only read from. */
  volume: Pick<Volume, "list" | "read">;
  dataDir: string;
  onFinding: (finding: RestoreFinding) => void;
};

/**
 * Reads everything on a volume that was restored, or a copy of one: every conversation, its files and shares. Changes
 * nothing. @throws the volume's errors
 */
export async function checkRestore({
  volume,
  dataDir,
  onFinding,
}: RestoreCheckOptions): Promise<RestoreSummary> {
  const layout = createLayout(dataDir);
  const summary: RestoreSummary = {
    ...{ conversations: 0, encrypted: 0, messages: 0, deleted: 0, running: 0 },
    ...{ files: 0, bytes: 0, shares: 0, keyrings: 0, quarantined: 0, newest: null },
  };
  const found = (kind: RestoreFinding["kind"], path: string, reason: string) =>
    onFinding({ kind, path: path.slice(dataDir.length + 1), reason });
  for await (const hash of namesInShards(volume, layout.sessions)) {
    const header = await readNewest(volume, layout.sessionFolder(hash), found);
    if (header) await countSession(volume, layout, { hash, header }, summary, found);
  }
  for await (const name of namesInShards(volume, layout.shares)) {
    if (!name.endsWith(".json")) continue;
    const path = join(layout.shares, name.slice(0, 2), name);
    const parsed = parseStoredShare((await volume.read(path)).bytes);
    if (parsed.kind === "whole") summary.shares += 1;
    else found(parsed.kind, path, parsed.reason);
  }
  for await (const _ of namesInShards(volume, layout.keyrings)) summary.keyrings += 1;
  for await (const _ of namesInShards(volume, layout.quarantine)) summary.quarantined += 1;
  return summary;
}

type Found = (kind: RestoreFinding["kind"], path: string, reason: string) => void;

/** Names two levels down: `ab/abcdef…`. */
async function* namesInShards(volume: Pick<Volume, "list">, folder: string): AsyncGenerator<string> {
  for (const shard of await namesIn(volume, folder)) yield* await namesIn(volume, join(folder, shard));
}

/** The header of the newest revision that can be read; null where there is none, or a later version's. */
async function readNewest(
  volume: RestoreCheckOptions["volume"],
  folder: string,
  found: Found,
): Promise<HeaderDocument | null> {
  const { revisions, damaged } = readSessionFolder(await namesIn(volume, folder));
  const reasons: string[] = [];
  for (const rev of revisions) {
    const path = join(folder, revisionName(rev));
    const reason = await volume.read(path).then(
      ({ bytes }) => parseHeader(bytes, rev),
      (error: unknown) => ({ kind: "damaged" as const, reason: (error as Error).message }),
    );
    if (reason.kind === "newer") found("newer", path, reason.reason);
    if (reason.kind === "newer") return null;
    if (reason.kind === "whole") {
      if (reasons.length > 0) found("older", folder, reasons.join("; "));
      return reason.document;
    }
    reasons.push(`${revisionName(rev)}: ${reason.reason}`);
  }
  // A folder without revisions is what an unfinished first commit leaves.
  if (revisions.length + damaged.length > 0)
    found("lost", folder, reasons.join("; ") || "every revision was quarantined");
  return null;
}

async function countSession(
  volume: RestoreCheckOptions["volume"],
  layout: Layout,
  { hash, header }: { hash: string; header: HeaderDocument },
  summary: RestoreSummary,
  found: Found,
) {
  if (header.retiredAt !== undefined) {
    summary.deleted += 1;
    return;
  }
  summary.conversations += 1;
  summary.messages += header.messages.length;
  if (header.isEncrypted) summary.encrypted += 1;
  if (header.reply !== null) summary.running += 1;
  if (summary.newest === null || header.updatedAt > summary.newest) summary.newest = header.updatedAt;

  const folder = layout.attachmentFolder(hash);
  const missing = new Set(header.files);
  for (const name of await namesIn(volume, folder)) {
    const stored = parseAttachmentName(name);
    if (!stored) continue;
    const { bytes } = await volume.read(join(folder, name));
    summary.files += 1;
    summary.bytes += bytes.length;
    missing.delete(stored.id);
    const isWhole = stored.isEncrypted || createHash("sha256").update(bytes).digest("hex") === stored.id;
    if (!isWhole) found("damaged", join(folder, name), "its bytes are not those of its name");
  }
  for (const id of missing) found("missing", join(folder, id), "a message names it");
}
