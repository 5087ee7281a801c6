import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { newId } from "~/conversation/session/session-id";
import { isSignedWith } from "./sigv4.ts";

export type RoleCredentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAt: number;
  usedTimes: number;
};

/** What gives tasks the credentials of their role, and knows them again when a request is signed with them. */
export type TaskRole = {
  /** What ECS sets in a task, with a path of its own. */
  variables(): Record<string, string>;
  /** Every credentials that were given out, by the path of the task that got them. */
  readonly given: ReadonlyMap<string, readonly RoleCredentials[]>;
  /** Why a request is refused as AWS would; null where it is signed with credentials that are valid. */
  refusal(request: IncomingMessage, body: Buffer): [status: number, type: string, message: string] | null;
  close(): Promise<void>;
};

/** The SDK fetches new ones so long before the old ones expire. */
const REFRESHED_BEFORE_MS = 300_000;

/** @param renewAfterMs Credentials are this old when the SDK wants new ones. */
export async function startTaskRole(renewAfterMs: number): Promise<TaskRole> {
  const given = new Map<string, RoleCredentials[]>();
  const byKey = new Map<string, RoleCredentials>();

  const server = createServer((request, response) => {
    const listed = given.get(request.url ?? "");
    if (request.method !== "GET" || !listed) {
      response.writeHead(404).end();
      return;
    }
    const credentials: RoleCredentials = {
      accessKeyId: `ASIA${newId()
        .replaceAll(/[^A-Za-z0-9]/g, "")
        .toUpperCase()}`,
      secretAccessKey: newId() + newId(),
      sessionToken: newId() + newId() + newId(),
      expiresAt: Date.now() + renewAfterMs + REFRESHED_BEFORE_MS,
      usedTimes: 0,
    };
    listed.push(credentials);
    byKey.set(credentials.accessKeyId, credentials);
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(
      JSON.stringify({
        RoleArn: "arn:aws:iam::123456789012:role/holdfast-TaskRole",
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        Token: credentials.sessionToken,
        Expiration: new Date(credentials.expiresAt).toISOString(),
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    given,
    variables() {
      const path = `/v2/credentials/${newId()}`;
      given.set(path, []);
      return {
        AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
        AWS_REGION: "us-east-1",
        AWS_DEFAULT_REGION: "us-east-1",
        // ECS says AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, whose host is fixed to 169.254.170.2.
        AWS_CONTAINER_CREDENTIALS_FULL_URI: address + path,
        ECS_CONTAINER_METADATA_URI_V4: `${address}/v4/${newId()}`,
      };
    },
    refusal(request, body) {
      const keyId = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "";
      const credentials = byKey.get(keyId);
      if (!credentials || request.headers["x-amz-security-token"] !== credentials.sessionToken) {
        return [403, "UnrecognizedClientException", "The security token included in the request is invalid."];
      }
      if (Date.now() > credentials.expiresAt) {
        return [403, "ExpiredTokenException", "The security token included in the request is expired"];
      }
      if (!isSignedWith(credentials.secretAccessKey, request, body)) {
        return [403, "InvalidSignatureException", "The request signature we calculated does not match."];
      }
      credentials.usedTimes += 1;
      return null;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
