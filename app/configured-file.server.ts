import { readFileSync } from "node:fs";
import { ConfigError } from "./config.server";

/**
 * Reads a file that the configuration names, at start.
 * @throws ConfigError naming the variable
 */
export function readConfiguredFile(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(`${variable}: ${(error as Error).message}.`);
  }
}
