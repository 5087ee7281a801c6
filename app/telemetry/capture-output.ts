import { format } from "node:util";
import type { Logger } from "pino";
import { createRedactor } from "./redact";

const LEVELS = { log: "info", info: "info", warn: "warn", error: "error", debug: "debug" } as const;

/**
 * Writes the console output of remix-serve, libraries and Node to the log, so that stdout and stderr contain only JSON
 * lines. (remix-serve prints its address, and `undefined` when it has closed.)
 */
export function captureOutput(
  log: Pick<Logger, "info" | "warn" | "error" | "debug" | "fatal">,
  target: {
    console: Pick<Console, keyof typeof LEVELS>;
    process: Pick<NodeJS.Process, "on" | "exit"> & Listeners;
  },
  redact: (text: string) => string = createRedactor([]),
): void {
  for (const [method, level] of Object.entries(LEVELS) as [keyof typeof LEVELS, "info"][]) {
    target.console[method] = (...values: unknown[]) => {
      const err = values.find((value) => value instanceof Error);
      const said = redact(format(...values.filter((value) => value !== undefined && value !== err)));
      if (said !== "" || err)
        log[level]({ ...(err && { err }) }, said || redact(String((err as Error).message)));
    };
  }

  // Node's own listener prints plain text.
  target.process.removeAllListeners("warning");
  target.process.on("warning", (warning) => log.warn({ err: warning }, "Node warns"));
  target.process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught exception: the process exits");
    target.process.exit(1);
  });
}

type Listeners = { removeAllListeners(event: "warning"): unknown };
