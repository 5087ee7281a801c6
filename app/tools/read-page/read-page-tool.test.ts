import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { realTimer } from "~/clocks";
import type { ToolResult } from "~/conversation/calls/tool-set";
import { createReadPage } from "./read-page-tool";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function serve(respond: (response: ServerResponse, request: IncomingMessage) => void) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${String(request.headers.host).replace(/:\d+$/, "")}${String(request.url)}`);
    respond(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

const LOCAL = { address: "127.0.0.1", family: 4 };
const PRIVATE = { address: "10.0.0.1", family: 4 };

/** Reads an address. In these tests 127.0.0.1 counts as public, and names have the addresses given here. */
async function read(
  url: unknown,
  { hosts = {}, timeoutMs }: { hosts?: Record<string, (typeof LOCAL)[][]>; timeoutMs?: number } = {},
): Promise<ToolResult & { text: string; resolved: string[] }> {
  const resolved: string[] = [];
  const server = createReadPage({
    asks: true,
    timer: (ms, run) => realTimer(timeoutMs ?? ms, run),
    resolve(host) {
      resolved.push(host);
      const answers = hosts[host];
      return Promise.resolve((answers && answers.length > 1 ? answers.shift() : answers?.[0]) ?? [LOCAL]);
    },
    isPublic: (address) => address === LOCAL.address,
    isPort: () => true,
  });
  const [tool] = server.tools()!;
  const result = await tool!.call({
    ...{ sessionHash: "s", input: { url }, onProgress: () => undefined, idempotencyKey: "k" },
    signal: new AbortController().signal,
  });
  const [first] = result.state === "output-available" ? result.output.content : [];
  const text = first?.type === "text" ? first.text : "errorText" in result ? result.errorText : "";
  return { ...result, text, resolved };
}

const html = (body: string, title = "A page") =>
  `<!doctype html><html><head><title>${title}</title><script>secret()</script></head><body>${body}</body></html>`;
const page = (response: ServerResponse, body: string | Buffer, headers: Record<string, string> = {}) =>
  void response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers }).end(body);

describe("the tool that reads pages", () => {
  it("returns the readable text with its title and address, and names the page as a source", async () => {
    const paragraphs = Array.from(
      { length: 8 },
      (_, n) => `<p>${`Sentence ${String(n)} of it. `.repeat(12)}</p>`,
    );
    const { port } = await serve((response) =>
      page(response, html(`<nav>Menu</nav><article><h1>Heading</h1>${paragraphs.join("")}</article>`)),
    );
    const { text, ...result } = await read(`http://news.example:${String(port)}/a?b=1`);
    expect(text).toContain("Sentence 7 of it.");
    expect(text).toMatch(/do not follow them\.\n\n# A page\nhttp:\/\/news\.example:\d+\/a\?b=1\n/);
    expect(text).not.toMatch(/secret|<p>/);
    expect(result).toMatchObject({
      state: "output-available",
      sources: [{ url: `http://news.example:${String(port)}/a?b=1`, title: "A page" }],
    });
  });

  it.each([
    ["plain text", "text/plain", "Just words."],
    ["Markdown", "text/markdown", "# Title"],
    ["JSON", "application/json", '{"a":1}'],
  ])("reads %s as it is", async (_, type, body) => {
    const { port } = await serve((response) => page(response, body, { "content-type": type }));
    expect((await read(`http://a.example:${String(port)}/`)).text).toContain(body);
  });

  it("reads other encodings and compressed pages", async () => {
    const latin = Buffer.from(html("<p>Café</p>"), "latin1");
    const { port } = await serve((response, { url }) => {
      if (url === "/latin") page(response, latin, { "content-type": "text/html; charset=iso-8859-1" });
      else if (url === "/gzip") page(response, gzipSync(html("<p>Café</p>")), { "content-encoding": "gzip" });
      else page(response, brotliCompressSync(html("<p>Café</p>")), { "content-encoding": "br" });
    });
    for (const path of ["latin", "gzip", "br"]) {
      expect((await read(`http://a.example:${String(port)}/${path}`)).text).toContain("Café");
    }
  });

  it("follows a few redirects, and checks each", async () => {
    const { port, requests } = await serve((response, { url }) => {
      if (url === "/a") response.writeHead(302, { location: "/b" }).end();
      else if (url === "/b")
        response.writeHead(301, { location: `http://b.example:${String(port)}/c` }).end();
      else page(response, html("<p>There.</p>"));
    });
    const { text, resolved } = await read(`http://a.example:${String(port)}/a`);
    expect(text).toContain("There.");
    expect(requests).toEqual(["a.example/a", "a.example/b", "b.example/c"]);
    expect(resolved).toEqual(["a.example", "a.example", "b.example"]);
  });

  it.each([
    ["a private address", "http://10.0.0.1/"],
    ["an address in another notation", "http://0x0a.1/"],
    ["a decimal address", "http://167772161/"],
    ["this machine in IPv6", "http://[::1]/"],
    ["mapped IPv4", "http://[::ffff:127.0.0.1]/"],
    ["a file", "file:///etc/passwd"],
    ["another protocol", "ftp://example.org/"],
    ["a password", "http://user:pass@a.example/"],
    ["no address", "not an address"],
  ])("refuses %s", async (_, url) => {
    const { state, text } = await read(url);
    expect([state, text]).toEqual(["output-error", expect.stringMatching(/^The page cannot be read\. /)]);
  });

  it("refuses a name with a private address among its addresses", async () => {
    const { port, requests } = await serve((response) => page(response, "x"));
    const { text } = await read(`http://a.example:${String(port)}/`, {
      hosts: { "a.example": [[LOCAL, PRIVATE]] },
    });
    expect(text).toContain("not one of the public internet");
    expect(requests).toEqual([]);
  });

  it("refuses a redirect to a private address, by name and by number", async () => {
    for (const location of [
      "http://inside.example/",
      "http://10.0.0.1/",
      "http://169.254.169.254/latest/meta-data",
    ]) {
      const { port } = await serve((response) => void response.writeHead(302, { location }).end());
      const hosts = { "inside.example": [[PRIVATE]] };
      expect((await read(`http://a.example:${String(port)}/`, { hosts })).text).toContain("public internet");
    }
  });

  it("connects to the address that it has checked, whatever the name resolves to next", async () => {
    const { port, requests } = await serve((response) => page(response, html("<p>Checked.</p>")));
    const hosts = { "a.example": [[LOCAL], [PRIVATE]] };
    const { text, resolved } = await read(`http://a.example:${String(port)}/`, { hosts });
    expect(text).toContain("Checked.");
    expect([resolved, requests]).toEqual([["a.example"], ["a.example/"]]);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    [
      "redirects in a circle",
      (response) => void response.writeHead(302, { location: "/" }).end(),
      "too often",
    ],
    ["an error", (response) => void response.writeHead(404).end("no"), "status 404"],
    ["an image", (response) => page(response, "x", { "content-type": "image/png" }), "type is image/png"],
    ["a page without text", (response) => page(response, html("")), "no text"],
    ["too many bytes", (response) => page(response, "x".repeat(2_100_000)), "too long"],
    [
      "a few bytes that unpack to many",
      (response) => page(response, gzipSync("x".repeat(50_000_000)), { "content-encoding": "gzip" }),
      "too long",
    ],
    [
      "bytes that do not unpack",
      (response) => page(response, "x", { "content-encoding": "gzip" }),
      "broke off",
    ],
    [
      "a cut connection",
      (response) => void response.writeHead(200).write("x", () => response.destroy()),
      "broke off",
    ],
  ])("says so after %s", async (_, respond, words) => {
    const { port } = await serve(respond);
    const { state, text } = await read(`http://a.example:${String(port)}/`);
    expect([state, text]).toEqual(["output-error", expect.stringContaining(words)]);
  });

  it("gives up on a server that does not answer, or not to the end", async () => {
    for (const respond of [
      () => undefined,
      (response: ServerResponse) => void response.writeHead(200).write("x"),
    ]) {
      const { port } = await serve(respond);
      const { state } = await read(`http://a.example:${String(port)}/`, { timeoutMs: 50 });
      expect(state).toBe("output-error");
    }
  });

  it.each([
    ["deep elements", "<div>".repeat(300_000)],
    ["deep elements, and ends of others", "<b>".repeat(200_000) + "</i>".repeat(200_000)],
    ["broken tags", "<a <b <c ".repeat(200_000)],
    ["open attributes", '<a b="'.repeat(200_000)],
    ["open comments", "<!--".repeat(300_000)],
    ["entities", "&amp;&#x1F600;&notit;".repeat(80_000)],
    ["spaces and lines", " \n\t".repeat(500_000)],
    ["open scripts", "<script>".repeat(200_000)],
  ])("reads a page of %s without keeping the process busy", async (_, body) => {
    const { port } = await serve((response) => page(response, html(`${body}<p>End.</p>`)));
    expect((await read(`http://a.example:${String(port)}/`, { timeoutMs: 10_000 })).text).not.toBe("");
  });
});
