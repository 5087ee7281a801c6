import type { SessionFolder } from "./layout";

/**
 * The names of commits that were never finished, by writers that are dead. To be asked of a folder that was
 * listed anyway; nothing looks for them. Those of a live writer stay, and one that was wrongly held to be dead
 * loses nothing: its link finds no file, and it commits again.
 */
export function leftTemporaries(
  { temporaries }: Pick<SessionFolder, "temporaries">,
  isDead: (instance: string) => boolean,
): string[] {
  return temporaries.filter(({ instance }) => isDead(instance)).map(({ name }) => name);
}
