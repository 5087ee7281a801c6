/**
 * Ends a process that has not begun to serve, with the problem as its only output. Writes to stderr directly: console
 * output goes to the log, which may be silent, and is for programs.
 */
export function cannotStart(problem: string): never {
  process.stderr.write(`Holdfast cannot start:\n${problem}\n`);
  process.exit(1);
}
