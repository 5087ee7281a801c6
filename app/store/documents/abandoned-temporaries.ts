import type { SessionFolder } from "./layout";

/**
 * Names of temporary files that dead writers have left, among those of a folder that was listed for another reason.
 * A live writer that was wrongly taken for dead loses nothing: its link finds no file, and it commits again.
 */
export function abandonedTemporaries(
  { temporaries }: Pick<SessionFolder, "temporaries">,
  isDead: (instance: string) => boolean,
): string[] {
  return temporaries.filter(({ instance }) => isDead(instance)).map(({ name }) => name);
}
