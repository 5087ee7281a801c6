import { z } from "zod";
import type { ApprovalPolicy } from "~/conversation/calls/tool-set";

/** One server of tools, as the operator has configured it. */
export type ToolServerConfig = {
  /** Begins the names of its tools: letters, digits and hyphens. */
  name: string;
  connection:
    | { kind: "http" | "sse"; url: string; headers: Record<string, string>; oauth?: OAuthConfig }
    | { kind: "stdio"; command: string; args: string[]; env: Record<string, string>; cwd?: string };
  /** Names of tools, as the server has them, that change nothing. */
  readOnly: readonly string[];
  approval: ApprovalPolicy;
  timeoutMs: number;
  isOffByDefault: boolean;
};

/** Tokens that the operator has got for a server, by which nodes get new ones. */
export type OAuthConfig = {
  /** The token endpoint of the authorization server; without it the server of tools is asked (discover-endpoint.ts). */
  tokenUrl?: string | undefined;
  /** The authorization server that has issued the tokens: no other one is sent them. */
  issuer?: string | undefined;
  clientId: string;
  clientSecret?: string | undefined;
  refreshToken: string;
  accessToken?: string | undefined;
};

/** The configuration cannot be used. `message` names the place and never contains a value. */
export class ToolsConfigError extends Error {
  override readonly name = "ToolsConfigError";
}

const DEFAULT_TIMEOUT_SECONDS = 60;

const ours = {
  readOnly: z.array(z.string()).default([]),
  approval: z.enum(["always", "changes", "never"]).default("changes"),
  timeoutSeconds: z.number().positive().max(3_600).default(DEFAULT_TIMEOUT_SECONDS),
  offByDefault: z.boolean().default(false),
};
const texts = z.record(z.string(), z.string()).default({});
/** By name and value as fetch takes them: it would refuse each request, and say why with the value. */
const headers = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, "this is no name of a header"),
    z
      .string()
      .trim()
      .regex(
        /^[\t\x20-\x7e\x80-\xff]*$/,
        "a header takes no line break, and no other character than Latin-1",
      ),
  )
  .default({});
const secret = z.string().min(1);
const oauth = z.strictObject({
  tokenUrl: z.url({ protocol: /^https?$/ }).optional(),
  issuer: z.url({ protocol: /^https?$/ }).optional(),
  clientId: secret,
  clientSecret: secret.optional(),
  refreshToken: secret,
  accessToken: secret.optional(),
});
const remote = z.object({
  type: z.enum(["http", "streamable-http", "sse"]).default("http"),
  url: z.url({ protocol: /^https?$/ }),
  headers,
  oauth: oauth.optional(),
  ...ours,
});
const local = z.object({
  type: z.literal("stdio").default("stdio"),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: texts,
  cwd: z.string().optional(),
  ...ours,
});
const KNOWN_KEYS: ReadonlySet<string> = new Set([...Object.keys(remote.shape), ...Object.keys(local.shape)]);

const file = z.object({ mcpServers: z.record(z.string(), z.record(z.string(), z.unknown())) });

const SERVER_NAME = /^[A-Za-z0-9_-]{1,32}$/;

export type ParsedTools = {
  servers: ToolServerConfig[];
  /** Sentences about what was ignored. */
  warnings: string[];
};

/**
 * Parses the customary `mcpServers` configuration, as Claude Desktop, VS Code and Cursor have it, with our own keys for
 * each server. `${NAME}` in a text is replaced by that variable.
 * @throws ToolsConfigError
 */
export function parseTools(
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
  reserved: readonly string[] = [],
): ParsedTools {
  const { mcpServers } = parseFile(text);
  const warnings: string[] = [];
  const names = [...reserved, ...Object.keys(mcpServers)];
  const servers = Object.entries(mcpServers).map(([name, values]) => {
    const problem = nameProblem(name, names, reserved);
    if (problem)
      throw new ToolsConfigError(`MCP_CONFIG: the name of the server ${JSON.stringify(name)} ${problem}.`);
    for (const key of Object.keys(values)) {
      if (!KNOWN_KEYS.has(key)) warnings.push(`MCP_CONFIG: ${name}.${key} means nothing here`);
    }
    return parseServer(name, expand(values, variables, name));
  });
  return { servers, warnings };
}

/** Tools are named `<server>_<tool>`: those of two servers must not be mistaken for one another. */
function nameProblem(name: string, names: readonly string[], reserved: readonly string[]): string | null {
  if (!SERVER_NAME.test(name)) return "must consist of at most 32 letters, digits, hyphens and underscores";
  if (reserved.includes(name)) return "is taken";
  const before = names.find((other) => name.startsWith(`${other}_`));
  return before === undefined ? null : `begins with that of ${before}: its tools could be mistaken for those`;
}

function parseFile(text: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ToolsConfigError("MCP_CONFIG is not JSON.");
  }
  const { servers, mcpServers = servers } = (json ?? {}) as { servers?: unknown; mcpServers?: unknown };
  const { data } = file.safeParse({ mcpServers });
  if (!data)
    throw new ToolsConfigError("MCP_CONFIG needs an object `mcpServers` with an object for each server.");
  return data;
}

function parseServer(name: string, values: Record<string, unknown>): ToolServerConfig {
  const schema = "command" in values ? local : remote;
  const { data, error } = schema.safeParse(values);
  if (error) {
    const [issue] = error.issues;
    const place = [name, ...(issue?.path ?? [])].join(".");
    throw new ToolsConfigError(
      `MCP_CONFIG: ${place} cannot be used: ${issue?.message ?? "it is not valid"}.`,
    );
  }
  const { readOnly, approval, timeoutSeconds, offByDefault } = data;
  const shared = { name, readOnly, approval, timeoutMs: timeoutSeconds * 1000, isOffByDefault: offByDefault };
  if ("command" in data) {
    const { command, args, env, cwd } = data;
    return {
      ...shared,
      connection: { kind: "stdio", command, args, env, ...(cwd !== undefined && { cwd }) },
    };
  }
  const { type, url, headers, oauth: tokens } = data;
  const kind = type === "sse" ? "sse" : "http";
  return { ...shared, connection: { kind, url, headers, ...(tokens && { oauth: tokens }) } };
}

/** Replaces `${NAME}` in all texts. @throws ToolsConfigError for a variable that is not set */
function expand<T>(value: T, variables: Readonly<Record<string, string | undefined>>, server: string): T {
  return JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each !== "string"
      ? each
      : each.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, name: string) => {
          const found = variables[name];
          if (found !== undefined) return found;
          throw new ToolsConfigError(`MCP_CONFIG: ${server} uses \${${name}}, which is not set.`);
        }),
  ) as T;
}
