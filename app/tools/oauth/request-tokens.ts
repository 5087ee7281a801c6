import { z } from "zod";
import type { OAuthConfig } from "../tools-config";
import type { Tokens } from "./token-box";

/** Longest time for an answer of an authorization server, in milliseconds. */
const REQUEST_MS = 10_000;

const answer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.coerce.number().positive().optional(),
});

/** The authorization server has refused the refresh token: it was revoked, or used before. */
export class TokensRefused extends Error {
  override readonly name = "TokensRefused";
}

/**
 * Exchanges a refresh token for new tokens (RFC 6749, section 6), for one server (RFC 8707).
 * @throws TokensRefused; another error where it is not known whether the refresh token was used
 */
export async function requestTokens(
  { tokenUrl, clientId, clientSecret }: OAuthConfig,
  { refreshToken, resource }: { refreshToken: string; resource: string },
  { fetch, epochMs }: { fetch: typeof globalThis.fetch; epochMs: () => number },
): Promise<Tokens> {
  const body = new URLSearchParams({
    ...{ grant_type: "refresh_token", refresh_token: refreshToken, resource },
    ...(clientSecret === undefined && { client_id: clientId }),
  });
  const response = await fetch(tokenUrl, {
    method: "POST",
    redirect: "error",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      ...(clientSecret !== undefined && { Authorization: basic(clientId, clientSecret) }),
    },
    body: body.toString(),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  if (response.status === 400 || response.status === 401) {
    await response.body?.cancel();
    throw new TokensRefused("the authorization server has refused the refresh token");
  }
  if (!response.ok) throw new Error(`the authorization server has answered ${String(response.status)}`);
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
