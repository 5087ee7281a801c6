/** All ages in milliseconds. */
export type SessionAge = {
  /** Age of the newest revision's file, by the volume's clock. */
  fileAge: number;
  /** Age of the tombstone by its timestamp and this node's clock; null where the session was not retired. */
  retiredAge: number | null;
  /** Whether the folder holds files beside the newest revision. */
  hasLeftovers: boolean;
};

/**
 * The step of a session's removal that is due.
 * @param maxAge age of the file from which a session is retired, if its document is old too
 * @param graceMs age from which a tombstone is removed
 */
export function retentionAction(
  { fileAge, retiredAge, hasLeftovers }: SessionAge,
  { maxAge, graceMs }: { maxAge: number; graceMs: number },
): "keep" | "retire" | "purge" | "remove" {
  if (retiredAge === null) return fileAge >= maxAge ? "retire" : "keep";
  if (hasLeftovers) return "purge";
  return fileAge >= graceMs && retiredAge >= graceMs ? "remove" : "keep";
}
