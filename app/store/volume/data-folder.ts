import { basename, dirname } from "node:path";
import type { Layout } from "~/store/documents/layout";
import { namesIn } from "./list-folder";
import type { Volume } from "./volume";

/** Names in one log message, and characters of each. */
const MAX_NAMES = 10;
const MAX_NAME_LENGTH = 80;

/** Names that file systems make in their own root. */
const SYSTEM_NAMES: ReadonlySet<string> = new Set(["lost+found"]);

/** Subfolders of folders of hashes are named by a hash's first two digits. */
const HASH_FOLDER = /^[0-9a-f]{2}$/;

/**
 * Finds names in the data folder that Holdfast does not use, such as a backup that was copied into the folder instead
 * of replacing it: nothing in them is served. Names that begin with a dot are left out: file systems and desktops
 * make some.
 * @param folders names by folder; the data folder's own names are under ""
 * @param ours names that the layout has in the data folder
 */
export function foreignNames(
  folders: Readonly<Record<string, readonly string[]>>,
  ours: readonly string[],
): string[] {
  const isForeign = (folder: string, name: string) =>
    !name.startsWith(".") &&
    !SYSTEM_NAMES.has(name) &&
    (folder === "" ? !ours.includes(name) : !HASH_FOLDER.test(name));
  return Object.entries(folders).flatMap(([folder, names]) =>
    names
      .filter((name) => isForeign(folder, name))
      .toSorted()
      .map((name) => (folder === "" ? name : `${folder}/${name}`)),
  );
}

/** One log message about foreign names. They are quoted, so that a name cannot pass for a part of the message. */
export function foreignNamesWarning(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => JSON.stringify(name.slice(0, MAX_NAME_LENGTH)));
  const more = names.length - shown.length;
  return (
    `DATA_DIR holds names that Holdfast does not use, and does not serve: ${shown.join(", ")}` +
    `${more > 0 ? ` and ${more} more` : ""}. They are left in place. A backup is restored in place of DATA_DIR, not into it.`
  );
}

/** Lists the data folder for `foreignNames`. A missing folder counts as empty. */
export async function listForeignNames(volume: Pick<Volume, "list">, layout: Layout): Promise<string[]> {
  const ours = Object.values(layout)
    .filter((value) => typeof value === "string" && dirname(value) === layout.root)
    .map((folder) => basename(folder as string));
  const folders: Record<string, string[]> = { "": await namesIn(volume, layout.root) };
  for (const folder of [layout.sessions, layout.shares, layout.attachments]) {
    folders[basename(folder)] = await namesIn(volume, folder);
  }
  return foreignNames(folders, ours);
}
