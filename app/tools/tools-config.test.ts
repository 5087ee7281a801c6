import { describe, expect, it } from "vitest";
import { parseTools } from "./tools-config";

const one = (server: object) => JSON.stringify({ mcpServers: { files: server } });

describe("the configuration of tools", () => {
  it("takes servers over HTTP and local ones, with our keys and their defaults", () => {
    const text = JSON.stringify({
      mcpServers: {
        web: {
          url: "https://example.org/mcp",
          headers: { Authorization: "Bearer ${TOKEN}" },
          readOnly: ["search"],
        },
        files: {
          command: "npx",
          args: ["-y", "server", "${HOME_DIR}"],
          approval: "always",
          timeoutSeconds: 5,
        },
      },
    });
    const { servers, warnings } = parseTools(text, { TOKEN: "t", HOME_DIR: "/home/ada" });
    expect(warnings).toEqual([]);
    expect(servers).toEqual([
      {
        name: "web",
        connection: { kind: "http", url: "https://example.org/mcp", headers: { Authorization: "Bearer t" } },
        readOnly: ["search"],
        approval: "changes",
        timeoutMs: 60_000,
        isOffByDefault: false,
      },
      {
        name: "files",
        connection: { kind: "stdio", command: "npx", args: ["-y", "server", "/home/ada"], env: {} },
        readOnly: [],
        approval: "always",
        timeoutMs: 5_000,
        isOffByDefault: false,
      },
    ]);
  });

  it("takes `servers` for `mcpServers`, as VS Code has it", () => {
    const text = JSON.stringify({ servers: { web: { type: "sse", url: "http://localhost:1/sse" } } });
    expect(parseTools(text, {}).servers[0]!.connection).toMatchObject({ kind: "sse" });
  });

  it("warns of unknown keys", () => {
    const { warnings } = parseTools(one({ command: "x", disabled: false }), {});
    expect(warnings).toEqual(["MCP_CONFIG: files.disabled means nothing here"]);
  });

  it.each([
    ["text that is not JSON", "{", /not JSON/],
    ["no servers", "{}", /mcpServers/],
    [
      "a variable that is not set",
      one({ command: "x", env: { KEY: "${SECRET_KEY}" } }),
      /SECRET_KEY.*not set/,
    ],
    ["a server without an address or a command", one({ readOnly: [] }), /files\.url/],
    ["an address of another scheme", one({ url: "file:///etc/passwd" }), /files\.url/],
    ["an unknown policy", one({ command: "x", approval: "sometimes" }), /files\.approval/],
    [
      "a name with other characters",
      JSON.stringify({ mcpServers: { "my files": { command: "x" } } }),
      /letters/,
    ],
    ["a header that is none", one({ url: "http://x", headers: { "X Y": "hunter2" } }), /files\.headers\.X Y/],
    [
      "a header with a line break",
      one({ url: "http://x", headers: { X: "hunter\n2" } }),
      /^((?!hunter).)*files\.headers\.X cannot((?!hunter).)*$/,
    ],
    ["a reserved name", JSON.stringify({ mcpServers: { demo: { command: "x" } } }), /taken/],
    [
      "names of which one begins the other",
      JSON.stringify({ mcpServers: { a: { command: "x" }, a_b: { command: "x" } } }),
      /begins/,
    ],
  ])("refuses %s by name", (_, text, message) => {
    expect(() => parseTools(text, {}, ["demo"])).toThrow(message);
  });

  it("takes tokens for a server, and refuses incomplete ones without repeating them", () => {
    const oauth = { tokenUrl: "https://example.org/token", clientId: "me", refreshToken: "${REFRESH}" };
    const { servers } = parseTools(one({ url: "https://example.org/mcp", oauth }), { REFRESH: "r-0" });
    expect(servers[0]!.connection).toMatchObject({ oauth: { ...oauth, refreshToken: "r-0" } });
    const incomplete = { ...oauth, refreshToken: "", clientSecret: "hunter2" };
    const refused = () => parseTools(one({ url: "https://example.org/mcp", oauth: incomplete }), {});
    expect(refused).toThrow(/files\.oauth\.refreshToken/);
    expect(refused).not.toThrow(/hunter2/);
  });

  it("never repeats a value in an error", () => {
    const refused = () => parseTools(one({ url: "https://user:hunter2@[bad" }), {});
    expect(refused).toThrow(/files\.url/);
    expect(refused).not.toThrow(/hunter2/);
  });
});
