import { z } from "zod";
import type { OAuthConfig } from "../tools-config";

/** Where an authorization server issues tokens, and how a client with a secret names itself there. */
export type TokenEndpoint = { url: string; secretIn: "header" | "body" };

/** Longest time for an answer with metadata, in milliseconds. */
const REQUEST_MS = 10_000;

const address = z.url({ protocol: /^https?$/ });
/** Protected resource metadata (RFC 9728). */
const resourceMetadata = z.object({ resource: address, authorization_servers: z.array(address).min(1) });
/** Authorization server metadata (RFC 8414, OpenID Connect Discovery). */
const serverMetadata = z.object({
  issuer: address,
  token_endpoint: address,
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

/**
 * The token endpoint for a server of tools: the configured one, or what the server and its authorization server say of
 * themselves (MCP, Authorization). Where the operator has named an issuer, the server's must be that one: otherwise a
 * server of tools could have the operator's refresh token sent to any host.
 * @throws where there is none, or the metadata contradict themselves. Messages have no addresses
 */
export async function discoverEndpoint(
  { tokenUrl, issuer }: Pick<OAuthConfig, "tokenUrl" | "issuer">,
  resource: string,
  fetch: typeof globalThis.fetch,
): Promise<TokenEndpoint> {
  if (tokenUrl !== undefined) return { url: tokenUrl, secretIn: "header" };
  const offered = await authorizationServers(resource, fetch);
  const chosen = issuer === undefined ? offered[0]! : offered.find((each) => isSame(each, issuer));
  if (chosen === undefined) throw new Error("the server names another issuer than the configured one");
  for (const url of serverMetadataUrls(chosen)) {
    const found = await readJson(url, serverMetadata, fetch);
    if (!found) continue;
    if (!isSame(found.issuer, chosen)) throw new Error("the authorization server names another issuer");
    if (chosen.startsWith("https:") && !found.token_endpoint.startsWith("https:"))
      throw new Error("the token endpoint of the authorization server is not encrypted");
    const methods = found.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const secretIn = methods.includes("client_secret_basic") ? "header" : "body";
    return { url: found.token_endpoint, secretIn };
  }
  throw new Error("the authorization server has no metadata");
}

async function authorizationServers(
  resource: string,
  fetch: typeof globalThis.fetch,
): Promise<readonly string[]> {
  const named = await namedMetadata(resource, fetch);
  const { origin, pathname } = new URL(resource);
  const wellKnown = `${origin}/.well-known/oauth-protected-resource`;
  const path = withoutSlash(pathname);
  const places = named === null ? [...(path === "" ? [] : [wellKnown + path]), wellKnown] : [named];
  for (const url of places) {
    const found = await readJson(url, resourceMetadata, fetch);
    if (!found) continue;
    if (!isPartOf(resource, found.resource)) throw new Error("the metadata are those of another server");
    return found.authorization_servers;
  }
  throw new Error("the server has no metadata about its authorization");
}

/** The address of the metadata that the server names when it refuses a request without a token; null without one. */
async function namedMetadata(resource: string, fetch: typeof globalThis.fetch): Promise<string | null> {
  const response = await get(resource, "text/event-stream", fetch);
  await response.body?.cancel();
  const challenge = response.status === 401 ? (response.headers.get("www-authenticate") ?? "") : "";
  const [, quoted, bare] = /\bresource_metadata=(?:"([^"]*)"|([^\s,]+))/i.exec(challenge) ?? [];
  const url = quoted ?? bare;
  // Of the same origin: the server speaks for itself, and for no other.
  return url !== undefined && URL.parse(url)?.origin === new URL(resource).origin ? url : null;
}

/** Where an issuer's metadata may be, in the order of the MCP specification. */
function serverMetadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = withoutSlash(pathname);
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === "" ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ];
}

/** Null where there is no such document, or it is not one of this kind. @throws the failures of the connection */
async function readJson<T>(
  url: string,
  schema: z.ZodType<T>,
  fetch: typeof globalThis.fetch,
): Promise<T | null> {
  const response = await get(url, "application/json", fetch);
  if (response.ok) return schema.safeParse(await response.json().catch(() => null)).data ?? null;
  await response.body?.cancel();
  if (response.status >= 500) throw new Error(`metadata were answered with ${String(response.status)}`);
  return null;
}

const get = (url: string, Accept: string, fetch: typeof globalThis.fetch) =>
  fetch(url, { redirect: "error", headers: { Accept }, signal: AbortSignal.timeout(REQUEST_MS) });

const withoutSlash = (path: string) => path.replace(/\/$/, "");
const isSame = (one: string, other: string) => withoutSlash(one) === withoutSlash(other);

/** Whether an address is that of a resource, or lies below it. */
function isPartOf(address: string, resource: string): boolean {
  const [whole, part] = [new URL(resource), new URL(address)];
  return part.origin === whole.origin && `${part.pathname}/`.startsWith(`${withoutSlash(whole.pathname)}/`);
}
