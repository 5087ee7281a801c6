import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Whether a request without a query carries the signature, version 4, that this secret gives it. */
export function isSignedWith(
  secret: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): boolean {
  const parsed =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\S+?), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  const time = headers["x-amz-date"];
  if (!parsed || typeof time !== "string") return false;
  const [, scope, signedHeaders, signature] = parsed as unknown as [string, string, string, string];
  const canonical = [
    method,
    // Encoded once more, as every service but S3 wants it.
    (url ?? "").split("/").map(encode).join("/"),
    "",
    ...signedHeaders
      .split(";")
      .map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, " ")}`),
    "",
    signedHeaders,
    sha256(body),
  ].join("\n");
  const key = scope.split("/").reduce<Buffer | string>((before, part) => hmac(before, part), `AWS4${secret}`);
  const expected = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n"));
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}

function encode(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer | string, data: string) => createHmac("sha256", key).update(data).digest();
