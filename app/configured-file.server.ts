import { readFileSync } from "node:fs";
import { ConfigError } from "./config.server";

/**
 * Reads a text that the configuration names, at start.
 * @throws ConfigError naming the variable
 */
export function readConfiguredText(variable: string, path: string): string {
  // Some editors begin a text with a byte order mark, which is no JSON.
  return readConfiguredFile(variable, path)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}

/** The same for a file of bytes. */
export function readConfiguredFile(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(`${variable}: ${(error as Error).message}.`);
  }
}
