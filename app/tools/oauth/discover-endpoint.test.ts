import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from "../../../tests/fixtures/models/authorization-server";
import { discoverEndpoint } from "./discover-endpoint";

let server: AuthorizationServer;
beforeEach(async () => {
  server = await startAuthorizationServer();
});
afterEach(() => server.close());

const discover = (config: Parameters<typeof discoverEndpoint>[0] = {}) =>
  discoverEndpoint(config, server.resource, globalThis.fetch);
const PROTECTED = "/.well-known/oauth-protected-resource";
const SERVER = "/.well-known/oauth-authorization-server";

describe("the token endpoint for a server of tools", () => {
  it("is the configured one, and nothing is asked then", async () => {
    const tokenUrl = "https://example.org/token";
    expect(await discover({ tokenUrl })).toEqual({ url: tokenUrl, secretIn: "header" });
    expect(server.asked).toEqual([]);
  });

  it("is found by the metadata that the server names when it refuses a request", async () => {
    server.metadata["/here"] = server.metadata[`${PROTECTED}/api`]!;
    server.metadata[`${PROTECTED}/api`] = { status: 404, body: {} };
    server.setChallenge(`Bearer error="invalid_token", resource_metadata="${server.url}/here"`);
    expect(await discover()).toEqual({ url: `${server.url}/token`, secretIn: "header" });
    expect(server.asked).toEqual(["/api", "/here", SERVER]);
  });

  it("is found at the well-known places, of the path first and then of the host", async () => {
    server.metadata[PROTECTED] = { body: { resource: server.url, authorization_servers: [server.url] } };
    server.metadata[`${PROTECTED}/api`] = { status: 404, body: {} };
    expect((await discover()).url).toBe(`${server.url}/token`);
    expect(server.asked).toEqual(["/api", `${PROTECTED}/api`, PROTECTED, SERVER]);
  });

  it("is found by OpenID Connect Discovery, also of an issuer with a path", async () => {
    const issuer = `${server.url}/realms/a`;
    server.metadata[`${PROTECTED}/api`]!.body = {
      resource: server.resource,
      authorization_servers: [issuer],
    };
    const methods = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
    server.metadata["/realms/a/.well-known/openid-configuration"] = {
      body: { issuer, token_endpoint: `${server.url}/token`, ...methods },
    };
    expect(await discover({ issuer: `${issuer}/` })).toEqual({
      url: `${server.url}/token`,
      secretIn: "body",
    });
    expect(server.asked.slice(2)).toEqual([
      `${SERVER}/realms/a`,
      "/.well-known/openid-configuration/realms/a",
      "/realms/a/.well-known/openid-configuration",
    ]);
  });

  it.each<[string, (url: string) => [path: string, body: object], string]>([
    ["of another server", (url) => [`${PROTECTED}/api`, { resource: `${url}/api2` }], "another server"],
    [
      "of another issuer",
      (url) => [SERVER, { issuer: "https://evil.example", token_endpoint: url }],
      "issuer",
    ],
  ])("is not taken from metadata %s", async (_, change, message) => {
    const [path, body] = change(server.url);
    server.metadata[path]!.body = { ...(server.metadata[path]!.body as object), ...body };
    await expect(discover()).rejects.toThrow(message);
  });

  it("is not that of an issuer which the operator has not named, nor is that one asked", async () => {
    await expect(discover({ issuer: "https://issuer.example" })).rejects.toThrow("another issuer");
    expect(server.asked).not.toContain(SERVER);
  });

  it("is not looked for at an address of another host that the server names", async () => {
    server.setChallenge('Bearer resource_metadata="http://127.0.0.2:1/secret"');
    expect((await discover()).url).toBe(`${server.url}/token`);
  });

  it("is unknown, for now, while the metadata cannot be read, and the error has no address", async () => {
    server.metadata[`${PROTECTED}/api`]!.status = 503;
    await expect(discover()).rejects.toThrow(/^metadata were answered with 503$/);
  });
});
