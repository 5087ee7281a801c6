import { pino, stdSerializers, type DestinationStream, type Logger } from "pino";
import { createRedactor } from "./redact";

export type LogOptions = {
  level: string;
  node: string;
  /** Lines for people instead of JSON for programs. */
  readable: boolean;
  /** Values that no error may repeat. */
  secrets?: readonly string[];
  /** Where JSON lines go. */
  stream: DestinationStream;
};

/** The log of this process: one line for each event, on stdout. */
export function createLog({ level, node, readable, secrets = [], stream }: LogOptions): Logger {
  const redact = createRedactor(secrets);
  const options = {
    level,
    base: { node },
    serializers: { err: (error: Error) => describeError(error, redact) },
  };
  if (readable) {
    const pretty = { ignore: "node", singleLine: true };
    return pino({ ...options, transport: { target: "pino-pretty", options: pretty } });
  }
  // The names of levels, which one can search for without a table of numbers.
  return pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, stream);
}

/** Without whatever else hangs on an error: with those of model providers that is the whole conversation. */
function describeError(error: Error, redact: (text: string) => string): object {
  const { type, message, stack, ...more } = stdSerializers.err(error);
  const known = ["code", "errno", "syscall", "statusCode", "requestId"] as const;
  return {
    type,
    message: redact(message),
    stack: redact(stack),
    ...Object.fromEntries(known.flatMap((name) => (more[name] === undefined ? [] : [[name, more[name]]]))),
  };
}
