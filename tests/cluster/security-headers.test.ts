import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";

let server: AppServer;
let script: string;
beforeAll(async () => {
  server = await startAppServer();
  const files = await readdir(new URL("../../public/build/", import.meta.url));
  script = files.find((name) => name.endsWith(".js"))!;
});
afterAll(() => server.stop());

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(`${server.url}${path}`, { headers, method });

describe("every response", () => {
  it.each([
    ["the page", "/", 200],
    ["the page's data", "/_root.data", 200],
    ["a page that is not there", "/nowhere", 404],
    ["an answer of the API", "/api/models", 200],
    ["a refusal of the API", "/api/session", 400],
    ["an address that is none", "/%ff", 400],
    ["a picture", "/favicon.svg", 200],
    ["a script", () => `/build/${script}`, 200],
    ["the diagrams' frame", "/diagrams", 200],
    ["health", "/healthz", 200],
  ])("keeps browsers safe: %s", async (_, path, status) => {
    const response = await get(typeof path === "string" ? path : path());
    await response.text();
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": expect.stringContaining("microphone=()") as string,
    });
    const policy = response.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src[^;]*(unsafe|\*|https:)/);
    // Joined to another one by a comma, it would be two.
    expect(policy).not.toContain(",");
    expect(response.headers.get("Strict-Transport-Security")).toBeNull();
  });

  it("tells browsers to stay with TLS where they came by it", async () => {
    const hsts = async (headers: Record<string, string>) =>
      (await get("/api/models", headers)).headers.get("Strict-Transport-Security");
    expect(await hsts({ "X-Forwarded-Proto": "https" })).toBe("max-age=31536000");
    expect(await hsts({ "X-Forwarded-Proto": "http", Origin: "https://chat.example" })).toMatch("max-age");
    expect(await hsts({ "X-Forwarded-Proto": "http", Origin: "http://chat.example" })).toBeNull();
    expect(await hsts({ "X-Forwarded-Proto": "http" })).toBeNull();
  });
});

describe("the page", () => {
  it("has a nonce of its own each time, on every inline script and nowhere else", async () => {
    const seen = await Promise.all(
      [1, 2].map(async () => {
        const response = await get("/");
        const nonce = /'nonce-([^']+)'/.exec(response.headers.get("Content-Security-Policy")!)![1]!;
        const scripts = (await response.text()).match(/<script[^>]*>/g)!;
        expect(scripts.length).toBeGreaterThan(2);
        for (const tag of scripts) expect(tag).toContain(`nonce="${nonce}"`);
        return nonce;
      }),
    );
    expect(seen[0]).not.toBe(seen[1]);
    expect(Buffer.from(seen[0]!, "base64")).toHaveLength(16);
  });

  it("may be framed by nobody, and its API by nobody either", async () => {
    for (const path of ["/", "/api/models", "/nowhere"]) {
      expect((await get(path)).headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    }
    expect((await get("/diagrams")).headers.get("Content-Security-Policy")).toContain(
      "frame-ancestors 'self'",
    );
  });
});
