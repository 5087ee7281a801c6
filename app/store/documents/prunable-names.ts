import { damagedName, revisionName, type SessionFolder } from "./layout";
import { abandonedTemporaries } from "./abandoned-temporaries";

/**
 * Names that a commit makes obsolete: all older revisions but the spare, marks of damage below the commit, and
 * temporary files of dead writers.
 * @param rev the revision that was committed
 * @param spare the revision that it was built on; 0 where there is none
 */
export function prunableNames(
  folder: SessionFolder,
  { rev, spare, isDead }: { rev: number; spare: number; isDead: (instance: string) => boolean },
): string[] {
  return [
    ...folder.revisions.filter((other) => other < rev && other !== spare).map(revisionName),
    ...folder.damaged.filter((other) => other < rev).map(damagedName),
    ...abandonedTemporaries(folder, isDead),
  ];
}
