/**
 * Ends a process that has not begun to serve, with what to mend and nothing else. On stderr itself: what is printed by
 * way of the console goes to the log, which may be silent, and is for programs.
 */
export function cannotStart(problem: string): never {
  process.stderr.write(`Holdfast cannot start:\n${problem}\n`);
  process.exit(1);
}
