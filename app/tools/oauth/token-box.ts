import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { OAuthConfig } from "../tools-config";

/** Tokens as an authorization server has issued them. */
export type Tokens = {
  accessToken: string;
  refreshToken: string;
  /** Milliseconds since 1970; null where it is not known. */
  expiresAt: number | null;
};

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts the tokens of one server for the volume, with a key derived from what the operator has configured for it, so
 * that the volume alone does not disclose them.
 */
export function createTokenBox(oauth: OAuthConfig, resource: string) {
  const { tokenUrl, issuer, clientId, clientSecret, refreshToken } = oauth;
  const where = tokenUrl ?? issuer ?? resource;
  const configured = JSON.stringify([where, clientId, clientSecret ?? "", refreshToken]);
  const key = Buffer.from(hkdfSync("sha256", configured, "", "holdfast tokens of tools", 32));

  return {
    /** Names the folder of these tokens. The operator's next refresh token begins another one. */
    name: createHash("sha256").update(key).update("name").digest("hex"),
    /** @param name of the file, to which the content is bound */
    seal(name: string, tokens: Tokens): string {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(
        Buffer.from(name),
      );
      const sealed = [nonce, cipher.update(JSON.stringify(tokens)), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(sealed).toString("base64url");
    },
    /** @throws where the content was changed, or belongs to another name */
    open(name: string, sealed: string): Tokens {
      const bytes = Buffer.from(sealed, "base64url");
      const end = bytes.length - TAG_BYTES;
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(end));
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]);
      return JSON.parse(text.toString("utf8")) as Tokens;
    },
  };
}
