import { createHash } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import { hostname } from "node:os";
import leven from "leven";
import { z } from "zod";
import { MAX_CODE_LENGTH } from "./conversation/api";
import { MAX_PROMPT_LENGTH, MAX_PROMPTS } from "./conversation/limits";
import { starterPrompts } from "./conversation/preset";
import { quotedVariables } from "./environment.server";
import { hostName, isLoopbackName } from "~/http/admission/host-policy";
import type { QuotaLimits } from "./quotas/quotas";
import { MODEL_VARIABLES, parseModelConfig, type ModelConfig } from "./model/offers/model-config";
import { ModelConfigError } from "./model/offers/model-config-error";

export type Config = {
  dataDir: string;
  /** The name of this node, as shown to people and other nodes: letters, digits and dashes. */
  nodeName: string;
  drainSeconds: number;
  /** Part of `drainSeconds` during which a node still takes requests after SIGTERM. */
  shutdownDelaySeconds: number;
  journalFlushMs: number;
  keepAliveSeconds: number;
  /** Longest times for the head of a request to arrive, and for all of it. */
  headersSeconds: number;
  requestSeconds: number;
  /** Longest time for which a client may not read a response that waits for it. */
  slowReaderSeconds: number;
  /** Longest silence on an event stream. */
  heartbeatSeconds: number;
  maxBodyBytes: number;
  /** The largest conversation that may be imported. */
  maxImportBytes: number;
  /** Largest size of one attached file, and of all files of one conversation. */
  maxAttachmentBytes: number;
  maxSessionAttachmentBytes: number;
  /** How long a hand-off to another device waits, in minutes. */
  handoffMinutes: number;
  /** Days without use after which a conversation is deleted; null keeps all. */
  retentionDays: number | null;
  /** Whether stored files are encrypted, with keys derived from session ids. */
  encryptAtRest: boolean;
  logLevel: "silent" | "error" | "warn" | "info" | "debug";
  /** Code of the routes for the operator; null where there are none. */
  operatorCode: string | null;
  access: {
    /** Access codes, each of which lets a client use the server; without any, all clients may. */
    codes: readonly string[];
    /** Lifetime of the access cookie. */
    days: number;
  };
  /** Number of proxies in front whose `X-Forwarded-For` is trusted. */
  trustedHops: number;
  /**
   * Accepted host names, in lower case, `*.` for any subdomain; without any, the address that it listens on decides.
   */
  allowedHosts: readonly string[];
  /** Connections, or behind proxies requests, that one address may have open on a node; 0 sets no limit. */
  addressConnections: number;
  /** Bytes that one address may read from a node in a minute; 0 sets no limit. */
  addressReadBytesPerMinute: number;
  quotas: QuotaLimits;
  /** Whether the server listens on a loopback address, which only this machine can reach. */
  isPrivate: boolean;
  /** Whether it runs under `npm run dev`, whose page reloads by itself. */
  isDevelopment: boolean;
  /** Whether every page shows which node answers, and which session. */
  showsNodes: boolean;
  /** Whether the log is text for people, in development, instead of JSON. */
  readableLog: boolean;
  metrics: {
    format: "none" | "emf";
    /** Dimensions of every metric, by name. */
    dimensions: Readonly<Record<string, string>>;
  };
  /** Servers of tools: a path, or the configuration itself as JSON; null for none. */
  mcpConfig: string | null;
  /** Whether models may read pages of the web, and a person is asked for each. */
  readPage: "off" | "ask" | "on";
  model: ModelConfig;
  brand: {
    name: string;
    /** Path or data URL. */
    logo: string | null;
    welcome: string | null;
    prompts: readonly string[] | null;
    presetsFile: string | null;
  };
};

const wholeNumber = (name: string, fallback: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, `${name} must be a whole number.`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `${name} must be from ${min} to ${max}.`)
    .default(fallback);

/** A limit; 0 sets none. */
const limit = (name: string, fallback: number) => wholeNumber(name, fallback, 0, 999_999_999_999);

/** Shortest access code: with the limit of wrong codes, too long to be guessed unless it is a word. */
const MIN_CODE_LENGTH = 8;

const accessCodes = z
  .string()
  .default("")
  .transform((text) => text.split(",").map((code) => code.trim()))
  .transform((codes) => codes.filter((code) => code !== ""))
  .refine(
    (codes) => codes.every((code) => code.length >= MIN_CODE_LENGTH && code.length <= MAX_CODE_LENGTH),
    `ACCESS_CODE must have ${MIN_CODE_LENGTH} to ${MAX_CODE_LENGTH} characters in each code.`,
  );

/** Longer than an access code: it is for one person, and no page asks for it. */
const MIN_OPERATOR_CODE_LENGTH = 16;

const operatorCode = z
  .string()
  .trim()
  .default("")
  .transform((code) => (code === "" ? null : code))
  .refine(
    (code) => code === null || (code.length >= MIN_OPERATOR_CODE_LENGTH && code.length <= MAX_CODE_LENGTH),
    `OPERATOR_CODE must have ${MIN_OPERATOR_CODE_LENGTH} to ${MAX_CODE_LENGTH} characters.`,
  );

const allowedHosts = z
  .string()
  .default("")
  .transform((text) => text.split(",").map((entry) => entry.trim().toLowerCase().replace(/\.$/, "")))
  .transform((entries) => entries.filter((entry) => entry !== ""))
  .refine(
    (entries) => entries.map((entry) => entry.replace(/^\*\./, "")).every(isHostName),
    "ALLOWED_HOSTS must be host names with commas, without a port: chat.example.com, *.example.com.",
  );

const prompts = z
  .string()
  .transform((text, context) => {
    try {
      return starterPrompts.parse(JSON.parse(text));
    } catch {
      const message = `STARTER_PROMPTS must be a JSON array of at most ${MAX_PROMPTS} texts of at most ${MAX_PROMPT_LENGTH} characters.`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
  })
  .optional();

/** A shell replaces these; elsewhere they would be part of the name of a folder. */
const MEANT_FOR_A_SHELL = /^~(?:\/|$)|\$[{(A-Za-z_]/;

/** Whether it may be an address to listen on, or a name of one. Digits and dots alone are an address or a mistake. */
const isListenable = (host: string) =>
  isIP(host) !== 0 || (/^[A-Za-z0-9._-]{1,253}$/.test(host) && /[^\d.]/.test(host));

function isHostName(name: string): boolean {
  return !name.includes("*") && hostName(name) === name;
}

const environment = z.object({
  DATA_DIR: z
    .string()
    .refine(
      (path) => !MEANT_FOR_A_SHELL.test(path),
      "DATA_DIR has a ~ or $ that only a shell replaces: write the whole path.",
    )
    .default("./data"),
  NODE_NAME: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "NODE_NAME must be 1 to 64 letters, digits and dashes.")
    .optional(),
  // Read by remix-serve; here to know whether other machines can reach the server.
  HOST: z
    .string()
    .refine(
      isListenable,
      "HOST must be an address of this machine, such as 127.0.0.1 or ::1, without a port.",
    )
    .optional(),
  PORT: wholeNumber("PORT", 3000, 0, 65_535),
  DRAIN_SECONDS: wholeNumber("DRAIN_SECONDS", 100, 0, 3_600),
  SHUTDOWN_DELAY_SECONDS: wholeNumber("SHUTDOWN_DELAY_SECONDS", 0, 0, 3_600),
  JOURNAL_FLUSH_MS: wholeNumber("JOURNAL_FLUSH_MS", 45, 0, 5_000),
  // Longer than the 60 s for which a load balancer keeps an idle connection.
  KEEP_ALIVE_SECONDS: wholeNumber("KEEP_ALIVE_SECONDS", 75, 1, 4_000),
  // Ten to twenty times the time that the slowest network needs.
  HEADERS_SECONDS: wholeNumber("HEADERS_SECONDS", 15, 1, 300),
  // 4.5 MB, the largest attachment, at 200 kbit/s.
  REQUEST_SECONDS: wholeNumber("REQUEST_SECONDS", 180, 1, 3_600),
  SLOW_READER_SECONDS: wholeNumber("SLOW_READER_SECONDS", 30, 1, 3_600),
  // A tab takes a stream that was silent for 12 s for dead (app/browser/chat/following/event-stream.ts), so that a frozen node
  // is left within seconds: two heartbeats must fit in. Load balancers cut after 30 to 60 s.
  HEARTBEAT_SECONDS: wholeNumber("HEARTBEAT_SECONDS", 5, 1, 6),
  MAX_BODY_BYTES: wholeNumber("MAX_BODY_BYTES", 262_144, 1_024, 100_000_000),
  MAX_IMPORT_BYTES: wholeNumber("MAX_IMPORT_BYTES", 16_000_000, 1_024, 100_000_000),
  // The largest document that Bedrock accepts.
  MAX_ATTACHMENT_BYTES: wholeNumber("MAX_ATTACHMENT_BYTES", 4_500_000, 1_024, 100_000_000),
  MAX_SESSION_ATTACHMENT_BYTES: wholeNumber(
    "MAX_SESSION_ATTACHMENT_BYTES",
    200_000_000,
    1_024,
    999_999_999_999,
  ),
  HANDOFF_MINUTES: wholeNumber("HANDOFF_MINUTES", 10, 1, 1_440),
  RETENTION_DAYS: wholeNumber("RETENTION_DAYS", 0, 0, 36_500),
  SHOW_NODES: z.enum(["on", "off"], "SHOW_NODES must be on or off.").optional(),
  ENCRYPT_AT_REST: z.enum(["on", "off"], "ENCRYPT_AT_REST must be on or off.").default("off"),
  ACCESS_CODE: accessCodes,
  OPERATOR_CODE: operatorCode,
  ACCESS_DAYS: wholeNumber("ACCESS_DAYS", 30, 1, 365),
  TRUSTED_HOPS: wholeNumber("TRUSTED_HOPS", 0, 0, 10),
  ALLOWED_HOSTS: allowedHosts,
  LIMIT_SESSION_MESSAGES_PER_MINUTE: limit("LIMIT_SESSION_MESSAGES_PER_MINUTE", 30),
  LIMIT_SESSION_MESSAGES_PER_DAY: limit("LIMIT_SESSION_MESSAGES_PER_DAY", 2_000),
  // An office or a school may be behind one address.
  LIMIT_ADDRESS_MESSAGES_PER_MINUTE: limit("LIMIT_ADDRESS_MESSAGES_PER_MINUTE", 120),
  LIMIT_ADDRESS_MESSAGES_PER_DAY: limit("LIMIT_ADDRESS_MESSAGES_PER_DAY", 5_000),
  LIMIT_ADDRESS_SESSIONS_PER_DAY: limit("LIMIT_ADDRESS_SESSIONS_PER_DAY", 500),
  LIMIT_ADDRESS_IMPORTS_PER_DAY: limit("LIMIT_ADDRESS_IMPORTS_PER_DAY", 10_000),
  // A person has a keyring, one more for each passkey, and new ones after a device was lost.
  LIMIT_ADDRESS_KEYRINGS_PER_DAY: limit("LIMIT_ADDRESS_KEYRINGS_PER_DAY", 200),
  LIMIT_ADDRESS_CHANGES_PER_MINUTE: limit("LIMIT_ADDRESS_CHANGES_PER_MINUTE", 300),
  LIMIT_ADDRESS_BYTES_PER_DAY: limit("LIMIT_ADDRESS_BYTES_PER_DAY", 5_000_000_000),
  LIMIT_ADDRESS_REPLIES: limit("LIMIT_ADDRESS_REPLIES", 30),
  LIMIT_NODE_REPLIES: limit("LIMIT_NODE_REPLIES", 1_000),
  // A tab needs one or two.
  LIMIT_ADDRESS_CONNECTIONS: limit("LIMIT_ADDRESS_CONNECTIONS", 500),
  // 500 of the longest conversations.
  LIMIT_ADDRESS_READ_BYTES_PER_MINUTE: limit("LIMIT_ADDRESS_READ_BYTES_PER_MINUTE", 2_000_000_000),
  LIMIT_ADDRESS_BUDGET_PERCENT: wholeNumber("LIMIT_ADDRESS_BUDGET_PERCENT", 50, 0, 100),
  LIMIT_WRONG_CODES_PER_HOUR: limit("LIMIT_WRONG_CODES_PER_HOUR", 20),
  DAILY_TOKEN_BUDGET: limit("DAILY_TOKEN_BUDGET", 0),
  DAILY_DOLLAR_BUDGET: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, "DAILY_DOLLAR_BUDGET must be a number, such as 20 or 2.50.")
    .transform(Number)
    .default(0),
  LOG_LEVEL: z
    .enum(
      ["silent", "error", "warn", "info", "debug"],
      "LOG_LEVEL must be silent, error, warn, info or debug.",
    )
    .default("info"),
  METRICS: z.enum(["none", "emf"], "METRICS must be none or emf.").default("none"),
  SERVICE_NAME: z.string().max(40, "SERVICE_NAME must have at most 40 characters.").default("Holdfast"),
  SERVICE_LOGO: z.string().optional(),
  WELCOME_TEXT: z.string().max(200, "WELCOME_TEXT must have at most 200 characters.").optional(),
  STARTER_PROMPTS: prompts,
  PRESETS: z.string().optional(),
  // Set by AWS Copilot in every container.
  COPILOT_APPLICATION_NAME: z.string().optional(),
  COPILOT_ENVIRONMENT_NAME: z.string().optional(),
  COPILOT_SERVICE_NAME: z.string().default("holdfast"),
  MCP_CONFIG: z.string().optional(),
  READ_PAGE: z.enum(["off", "ask", "on"], "READ_PAGE must be off, ask or on.").default("off"),
  NODE_ENV: z.string().optional(),
});

/** Every variable that the app reads. */
export const CONFIG_VARIABLES: readonly string[] = [...Object.keys(environment.shape), ...MODEL_VARIABLES];

/** Errors in the environment, one line for each variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Parses the configuration. Unset and empty variables have their defaults; spaces around a value are ignored.
 * @throws ConfigError naming every invalid variable
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const quoted = quotedVariables(env, CONFIG_VARIABLES);
  // Reported alone: other errors may follow from these.
  if (quoted.length > 0) throw new ConfigError(quoted.join("\n"));
  const given = Object.fromEntries(
    Object.keys(environment.shape).flatMap((name) => (env[name]?.trim() ? [[name, env[name].trim()]] : [])),
  );
  const parsed = environment.safeParse(given);
  const issues = parsed.success ? [] : parsed.error.issues.map((issue) => issue.message);
  if (parsed.data && parsed.data.SHUTDOWN_DELAY_SECONDS > parsed.data.DRAIN_SECONDS) {
    issues.push("SHUTDOWN_DELAY_SECONDS must be at most DRAIN_SECONDS, of which it is a part.");
  }
  let model: ModelConfig | null = null;
  try {
    model = parseModelConfig(env);
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    issues.push(...error.issues);
  }
  if (!parsed.success || !model || issues.length > 0) throw new ConfigError(issues.join("\n"));
  return toConfig(parsed.data, model);
}

function toConfig(values: z.infer<typeof environment>, model: ModelConfig): Config {
  return {
    dataDir: values.DATA_DIR,
    nodeName: values.NODE_NAME ?? defaultNodeName(hostname(), values.PORT),
    drainSeconds: values.DRAIN_SECONDS,
    shutdownDelaySeconds: values.SHUTDOWN_DELAY_SECONDS,
    journalFlushMs: values.JOURNAL_FLUSH_MS,
    keepAliveSeconds: values.KEEP_ALIVE_SECONDS,
    headersSeconds: values.HEADERS_SECONDS,
    requestSeconds: values.REQUEST_SECONDS,
    slowReaderSeconds: values.SLOW_READER_SECONDS,
    heartbeatSeconds: values.HEARTBEAT_SECONDS,
    maxBodyBytes: values.MAX_BODY_BYTES,
    maxImportBytes: values.MAX_IMPORT_BYTES,
    maxAttachmentBytes: values.MAX_ATTACHMENT_BYTES,
    maxSessionAttachmentBytes: values.MAX_SESSION_ATTACHMENT_BYTES,
    handoffMinutes: values.HANDOFF_MINUTES,
    retentionDays: values.RETENTION_DAYS || null,
    encryptAtRest: values.ENCRYPT_AT_REST === "on",
    logLevel: values.LOG_LEVEL,
    access: { codes: values.ACCESS_CODE, days: values.ACCESS_DAYS },
    operatorCode: values.OPERATOR_CODE,
    trustedHops: values.TRUSTED_HOPS,
    allowedHosts: values.ALLOWED_HOSTS,
    addressConnections: values.LIMIT_ADDRESS_CONNECTIONS,
    addressReadBytesPerMinute: values.LIMIT_ADDRESS_READ_BYTES_PER_MINUTE,
    quotas: {
      sessionMessagesPerMinute: values.LIMIT_SESSION_MESSAGES_PER_MINUTE,
      sessionMessagesPerDay: values.LIMIT_SESSION_MESSAGES_PER_DAY,
      addressMessagesPerMinute: values.LIMIT_ADDRESS_MESSAGES_PER_MINUTE,
      addressMessagesPerDay: values.LIMIT_ADDRESS_MESSAGES_PER_DAY,
      addressSessionsPerDay: values.LIMIT_ADDRESS_SESSIONS_PER_DAY,
      addressImportsPerDay: values.LIMIT_ADDRESS_IMPORTS_PER_DAY,
      addressKeyringsPerDay: values.LIMIT_ADDRESS_KEYRINGS_PER_DAY,
      addressChangesPerMinute: values.LIMIT_ADDRESS_CHANGES_PER_MINUTE,
      addressBytesPerDay: values.LIMIT_ADDRESS_BYTES_PER_DAY,
      addressReplies: values.LIMIT_ADDRESS_REPLIES,
      nodeReplies: values.LIMIT_NODE_REPLIES,
      wrongCodesPerHour: values.LIMIT_WRONG_CODES_PER_HOUR,
      daily: { tokens: values.DAILY_TOKEN_BUDGET, dollars: values.DAILY_DOLLAR_BUDGET },
      addressBudgetPercent: values.LIMIT_ADDRESS_BUDGET_PERCENT,
    },
    isPrivate: isLoopback(values.HOST),
    isDevelopment: values.NODE_ENV === "development",
    showsNodes: (values.SHOW_NODES ?? (values.NODE_ENV === "development" ? "on" : "off")) === "on",
    readableLog: values.NODE_ENV === "development",
    metrics: {
      format: values.METRICS,
      dimensions: {
        ...(values.COPILOT_APPLICATION_NAME && { Application: values.COPILOT_APPLICATION_NAME }),
        ...(values.COPILOT_ENVIRONMENT_NAME && { Environment: values.COPILOT_ENVIRONMENT_NAME }),
        Service: values.COPILOT_SERVICE_NAME,
      },
    },
    mcpConfig: values.MCP_CONFIG ?? null,
    readPage: values.READ_PAGE,
    model,
    brand: {
      name: values.SERVICE_NAME,
      logo: values.SERVICE_LOGO ?? null,
      welcome: values.WELCOME_TEXT ?? null,
      prompts: values.STARTER_PROMPTS ?? null,
      presetsFile: values.PRESETS ?? null,
    },
  };
}

/** Largest edit distance at which a name counts as a misspelt variable. */
const MAX_TYPOS = 2;
/** Shorter variables are within that distance of too many other names. */
const MIN_MEANT_LENGTH = 8;

/** Unknown variables that are nearly a known one: an access code under a misspelt name would protect nothing. */
export function misspeltVariables(
  env: Readonly<Record<string, string | undefined>>,
): { variable: string; meant: string }[] {
  return Object.keys(env)
    .filter((variable) => !CONFIG_VARIABLES.includes(variable))
    .flatMap((variable) => {
      const meant = CONFIG_VARIABLES.find(
        (name) =>
          name.length >= MIN_MEANT_LENGTH &&
          leven(name, variable, { maxDistance: MAX_TYPOS + 1 }) <= MAX_TYPOS,
      );
      return meant === undefined ? [] : [{ variable, meant }];
    });
}

function isLoopback(host: string | undefined): boolean {
  const name = host === undefined ? null : hostName(isIPv6(host) ? `[${host}]` : host);
  return name !== null && isLoopbackName(name);
}

/** Longest host part of a node's name: 64 characters less a dash and a port. */
const MAX_HOST_LENGTH = 58;
/** Digits of the digest that shortens a longer host name: names of pods differ only at their end. */
const DIGEST_LENGTH = 8;

/**
 * The default name of a node: the same after a restart, so that the new process is recognised as the successor of the
 * old one, and different on every host.
 */
export function defaultNodeName(host: string, port: number): string {
  const cleaned = host.replace(/[^A-Za-z0-9-]+/g, "-");
  const digest = createHash("sha256").update(host).digest("hex").slice(0, DIGEST_LENGTH);
  const short =
    cleaned.length > MAX_HOST_LENGTH
      ? `${cleaned.slice(0, MAX_HOST_LENGTH - DIGEST_LENGTH - 1)}-${digest}`
      : cleaned;
  return `${short || "node"}-${port}`;
}

/** The environment of this process. No other module reads `process.env`. */
export const processEnvironment: Record<string, string | undefined> = process.env;
