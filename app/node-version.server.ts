import { engines } from "../package.json";

/**
 * Why the server cannot run on this version of Node; null where it can. `start.sh` checks the same before anything is
 * loaded; this check is for servers that are started without it.
 */
export function nodeVersionProblem(version: string): string | null {
  const [least = "", leastMajor, leastMinor] = /(\d+)\.(\d+)/.exec(engines.node) ?? [];
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isEnough =
    major > Number(leastMajor) || (major === Number(leastMajor) && minor >= Number(leastMinor));
  return isEnough ? null : `Holdfast needs Node.js ${least} or later; this is ${version}.`;
}
