/** All ages in milliseconds. */
export type DocumentAge = {
  /** Age of the newest revision's file, by the volume's clock. */
  fileAge: number;
  /** Age of the tombstone by its timestamp and this node's clock; null where the document was not retired. */
  retiredAge: number | null;
  /** Whether a tombstone stays for good. */
  isFinal: boolean;
  /** Whether the folder holds files other than the newest revision. */
  hasLeftovers: boolean;
};

/**
 * The step of a document's removal that is due.
 * @param maxAge age of the file from which a document is retired, if its timestamp is old too
 * @param graceMs age from which a tombstone is removed
 */
export function retentionAction(
  { fileAge, retiredAge, isFinal, hasLeftovers }: DocumentAge,
  { maxAge, graceMs }: { maxAge: number; graceMs: number },
): "keep" | "retire" | "purge" | "remove" {
  if (retiredAge === null) return fileAge >= maxAge ? "retire" : "keep";
  if (hasLeftovers) return "purge";
  return !isFinal && fileAge >= graceMs && retiredAge >= graceMs ? "remove" : "keep";
}
