import { basename, dirname } from "node:path";
import type { Layout } from "~/store/sessions/layout";
import type { Volume } from "./volume";

/** Names that are shown at most, and how much of each. */
const MAX_NAMES = 10;
const MAX_NAME_LENGTH = 80;

/** What a file system makes in its own root. */
const OF_THE_SYSTEM: ReadonlySet<string> = new Set(["lost+found"]);

/** Names in the folders of hashes, which are made of their first two digits. */
const HASH_FOLDER = /^[0-9a-f]{2}$/;

/**
 * Names in the data folder that are not Holdfast's, such as a backup that was copied into it instead of in its place:
 * nothing in them is served. Names with a dot are left out: file systems and desktops keep their own.
 * @param folders names by folder, the data folder's own under ""
 * @param ours the folders that the layout has
 */
export function foreignNames(
  folders: Readonly<Record<string, readonly string[]>>,
  ours: readonly string[],
): string[] {
  const isForeign = (folder: string, name: string) =>
    !name.startsWith(".") &&
    !OF_THE_SYSTEM.has(name) &&
    (folder === "" ? !ours.includes(name) : !HASH_FOLDER.test(name));
  return Object.entries(folders).flatMap(([folder, names]) =>
    names
      .filter((name) => isForeign(folder, name))
      .toSorted()
      .map((name) => (folder === "" ? name : `${folder}/${name}`)),
  );
}

/** One sentence for the log. Names are quoted, so that none can look like a part of it. */
export function foreignNamesWarning(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => JSON.stringify(name.slice(0, MAX_NAME_LENGTH)));
  const more = names.length - shown.length;
  return (
    `DATA_DIR holds what is not Holdfast's, and what is in it is not served: ${shown.join(", ")}` +
    `${more > 0 ? ` and ${more} more` : ""}. It is left alone. A backup is restored in place of DATA_DIR, not into it.`
  );
}

/** Lists the data folder for `foreignNames`. A folder that is not there yet has no names. */
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

async function namesIn(volume: Pick<Volume, "list">, folder: string): Promise<string[]> {
  try {
    return await volume.list(folder);
  } catch (error) {
    // Whatever else is wrong with it the volume's probe says.
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
