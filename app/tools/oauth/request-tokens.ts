import { z } from "zod";
import type { OAuthConfig } from "../tools-config";
import type { TokenEndpoint } from "./discover-endpoint";
import type { Tokens } from "./token-box";

/** Longest time for an answer of an authorization server, in milliseconds. */
const REQUEST_MS = 10_000;

/**
 * An access token that fits in no header would be kept for good. Odd fields beside it are left out: the refresh token was
 * used for this answer, and there may be no other one.
 */
const answer = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  refresh_token: z.string().min(1).optional().catch(undefined),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
});

/** The authorization server has refused the refresh token: it was revoked, or used before. Asking again cannot help. */
export class TokensRefused extends Error {
  override readonly name = "TokensRefused";
  constructor() {
    super("the authorization server has refused the refresh token");
  }
}

/**
 * Exchanges a refresh token for new tokens (RFC 6749, section 6), for one server (RFC 8707).
 * @throws TokensRefused; another error where it is not known whether the refresh token was used
 */
export async function requestTokens(
  { clientId, clientSecret }: Pick<OAuthConfig, "clientId" | "clientSecret">,
  { endpoint, refreshToken, resource }: { endpoint: TokenEndpoint; refreshToken: string; resource: string },
  { fetch, epochMs }: { fetch: typeof globalThis.fetch; epochMs: () => number },
): Promise<Tokens> {
  const inHeader = clientSecret !== undefined && endpoint.secretIn === "header";
  const body = new URLSearchParams({
    ...{ grant_type: "refresh_token", refresh_token: refreshToken, resource },
    ...(!inHeader && { client_id: clientId }),
    ...(!inHeader && clientSecret !== undefined && { client_secret: clientSecret }),
  });
  const response = await fetch(endpoint.url, {
    method: "POST",
    redirect: "error",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      ...(inHeader && { Authorization: basic(clientId, clientSecret) }),
    },
    body: body.toString(),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  if (!response.ok) {
    const { error } = ((await response.json().catch(() => null)) ?? {}) as { error?: unknown };
    if (error === "invalid_grant") throw new TokensRefused();
    throw new Error(`the authorization server has answered ${String(response.status)}`);
  }
  const { data } = answer.safeParse(await response.json());
  if (!data) throw new Error("the authorization server has sent no tokens");
  return {
    accessToken: data.access_token,
    // Servers that do not rotate them send none.
    refreshToken: data.refresh_token ?? refreshToken,
    expiresAt: data.expires_in === undefined ? null : epochMs() + data.expires_in * 1_000,
  };
}

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
