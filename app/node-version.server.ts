import { engines } from "../package.json";

/**
 * Why the server cannot run on this version of Node, or null. `start.sh` says the same before anything is loaded;
 * this is for servers that are started without it.
 */
export function nodeVersionProblem(version: string): string | null {
  const [least = "", leastMajor, leastMinor] = /(\d+)\.(\d+)/.exec(engines.node) ?? [];
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isEnough =
    major > Number(leastMajor) || (major === Number(leastMajor) && minor >= Number(leastMinor));
  return isEnough ? null : `Holdfast needs Node.js ${least} or later; this is ${version}.`;
}
