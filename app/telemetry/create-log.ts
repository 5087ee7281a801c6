import { pino, stdSerializers, type DestinationStream, type Logger } from "pino";
import { createRedactor } from "./redact";

export type LogOptions = {
  level: string;
  node: string;
  /** Lines for people instead of JSON for programs. */
  readable: boolean;
  /** Values that are removed from errors. */
  secrets?: readonly string[];
  /** Destination of JSON lines. */
  stream: DestinationStream;
};

/** The log of this process: one line for each event, on stdout. */
export function createLog({ level, node, readable, secrets = [], stream }: LogOptions): Logger {
  const redact = createRedactor(secrets);
  const options = {
    level,
    base: { node },
    serializers: { err: (error: unknown) => describeError(error, redact) },
  };
  if (readable) {
    const pretty = { ignore: "node", singleLine: true };
    return pino({ ...options, transport: { target: "pino-pretty", options: pretty } });
  }
  // Levels by name instead of number, for searches.
  return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, stream);
}

/**
 * Only known fields of an error: errors of model providers contain the whole request, and so the session. Whatever was
 * thrown: a log line must not fail.
 */
function describeError(thrown: unknown, redact: (text: string) => string): object {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { type, message, stack, ...more } = stdSerializers.err(error);
  const known = ["code", "errno", "syscall", "statusCode", "requestId"] as const;
  return {
    type,
    message: redact(message),
    stack: redact(stack),
    ...Object.fromEntries(known.flatMap((name) => (more[name] === undefined ? [] : [[name, more[name]]]))),
  };
}
