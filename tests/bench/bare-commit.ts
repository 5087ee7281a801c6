import { link, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { revisionName } from "~/store/documents/layout";

/**
 * The floor of a commit: its file operations (app/store/PROTOCOL.md, Committing), one after another, on the same bytes,
 * and nothing else. No parse, no schema, no queue, no deadline, and listings are not evaluated.
 */
export async function bareCommit(folder: string, rev: number, bytes: Uint8Array): Promise<void> {
  const at = (name: string) => join(folder, name);
  await readdir(folder);

  const newest = await open(at(revisionName(rev - 1)), "r");
  await newest.readFile();
  await newest.close();

  const temporary = await open(at("bare.tmp"), "wx", 0o600);
  await temporary.writeFile(bytes);
  await temporary.sync();
  await temporary.close();

  await link(at("bare.tmp"), at(revisionName(rev)));
  await unlink(at("bare.tmp"));
  await readdir(folder);
  if (rev > 2) await unlink(at(revisionName(rev - 2)));

  const names = await open(folder, "r");
  await names.sync();
  await names.close();
}
