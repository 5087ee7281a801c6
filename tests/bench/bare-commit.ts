import { link, mkdir, open, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
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

  await syncFolder(folder);
}

/**
 * The floor of the first commit of a session: its file operations, those at once that the protocol has at once. The folder
 * above the session's exists, as on a volume in use.
 */
export async function bareFirstCommit(folder: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(folder, "bare.tmp");
  await readdir(folder).catch(() => undefined);
  await mkdir(folder);
  await mkdir(join(folder, "bare.life"));

  const above = [dirname(folder), dirname(dirname(folder))].map(syncFolder);
  const file = await open(temporary, "wx", 0o600);
  await file.writeFile(bytes);
  await Promise.all([file.sync(), ...above]);

  await link(temporary, join(folder, revisionName(1)));
  await Promise.all([readdir(folder), syncFolder(folder), file.close().then(() => unlink(temporary))]);
}

async function syncFolder(folder: string): Promise<void> {
  const names = await open(folder, "r");
  await names.sync();
  await names.close();
}
