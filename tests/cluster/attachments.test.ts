import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attachmentPart, type AttachmentPart, type AttachmentView } from "~/conversation/files/attachment";
import type { ErrorBody, ModelsView, PostMessageBody } from "~/conversation/api";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { partOf, PDF, pngFile, sha256 } from "../fixtures/sample-files";
import { readSession, textOf } from "../fixtures/session-api";

const PNG = pngFile(16, 16);

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    env: {
      DEMO_TOKENS_PER_SECOND: "5000",
      MAX_SESSION_ATTACHMENT_BYTES: "9000000",
      MODELS: JSON.stringify([
        { id: "demo/demo", accepts: ["image", "document"] },
        { id: "demo/blind", name: "Blind", accepts: ["document"] },
      ]),
    },
  });
});
afterAll(() => server.stop());

function request(path: string, sessionId: string | null, init: RequestInit = {}) {
  const headers = { ...(sessionId !== null && { "X-Session-Id": sessionId }), ...init.headers };
  return fetch(`${server.url}${path}`, { ...init, headers });
}

function upload(sessionId: string | null, bytes: Buffer<ArrayBuffer>, filename: string, type = "image/png") {
  return request("/api/session/attachments", sessionId, {
    method: "POST",
    body: bytes,
    headers: { "Content-Type": type, "X-File-Name": encodeURIComponent(filename) },
  });
}

async function uploaded(sessionId: string, bytes: Buffer<ArrayBuffer>, filename: string) {
  const response = await upload(sessionId, bytes, filename);
  expect(response.status).toBe(201);
  return attachmentPart((await response.json()) as AttachmentView);
}

function send(
  sessionId: string,
  parts: PostMessageBody extends infer B ? (B extends { message: { parts: infer P } } ? P : never) : never,
  more: object = {},
) {
  return request("/api/session/messages", sessionId, {
    method: "POST",
    body: JSON.stringify({ message: { id: newId(), parts }, parentId: null, ...more }),
    headers: { "Content-Type": "application/json" },
  });
}

const download = (sessionId: string, { url }: Pick<AttachmentPart, "url">, init: RequestInit = {}) =>
  request(`/api/session/attachments/${url.slice("attachment:".length)}`, sessionId, init);

async function failureOf(response: Response) {
  const { error } = (await response.json()) as ErrorBody;
  return [response.status, error.code];
}

const folderOf = (sessionId: string) => {
  const key = hashSessionId(sessionId);
  return join(server.dataDir, "attachments", key.slice(0, 2), key);
};
const filesOf = (sessionId: string) => readdir(folderOf(sessionId)).catch(() => []);

describe("an upload", () => {
  it("answers with what the file is, whatever its sender says, and again the same", async () => {
    const sessionId = newId();
    for (let time = 0; time < 2; time++) {
      const response = await upload(sessionId, PNG, "../../a “picture”\u202Egpj.png", "text/html");
      expect([response.status, await response.json()]).toEqual([
        201,
        { id: sha256(PNG), mediaType: "image/png", filename: "a “picture”gpj.png", size: PNG.length },
      ]);
    }
    expect(await filesOf(sessionId)).toHaveLength(1);
  });

  it.each([
    ["without a session id", null, PNG, "x.png", [400, "bad_session_id"]],
    ["without a name", newId(), PNG, "", [400, "bad_request"]],
    ["that is empty", newId(), Buffer.alloc(0), "x.txt", [400, "bad_request"]],
    ["of another kind", newId(), Buffer.from("PK\u0003\u0004\0"), "x.png", [415, "unsupported_media_type"]],
    ["that is too large", newId(), Buffer.alloc(4_500_001, "x"), "x.txt", [413, "attachment_too_large"]],
    [
      "of an image that is too large",
      newId(),
      Buffer.concat([PNG, Buffer.alloc(3_750_000)]),
      "x.png",
      [413, "attachment_too_large"],
    ],
  ] as const)("%s is a clear error, and nothing is kept", async (_, sessionId, bytes, name, failure) => {
    expect(await failureOf(await upload(sessionId, bytes, name))).toEqual(failure);
    if (sessionId) expect(await filesOf(sessionId)).toEqual([]);
  });

  it("that does not say how much comes is held to the limit all the same", async () => {
    const sessionId = newId();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 100) controller.close();
        else controller.enqueue(Buffer.alloc(100_000, "x"));
      },
    });
    const response = await request("/api/session/attachments", sessionId, {
      method: "POST",
      body,
      headers: { "X-File-Name": "x.txt" },
      duplex: "half",
    } as RequestInit);
    expect(await failureOf(response)).toEqual([413, "attachment_too_large"]);
    expect(await filesOf(sessionId)).toEqual([]);
  });

  it("that is cut off leaves nothing, and nothing alarming in the log", async () => {
    const sessionId = newId();
    const one = httpRequest(`${server.url}/api/session/attachments`, {
      method: "POST",
      headers: { "X-Session-Id": sessionId, "X-File-Name": "x.txt", "Content-Length": "100000" },
    });
    one.on("error", () => undefined);
    one.write("the first words");
    await expect.poll(() => filesOf(sessionId)).toHaveLength(1);
    one.destroy();
    await expect.poll(() => filesOf(sessionId)).toEqual([]);
    expect(server.output()).not.toContain("unexpected");
  });

  it("into a full conversation is refused, and what is there stays", async () => {
    const sessionId = newId();
    for (const letter of ["a", "b"]) {
      expect((await upload(sessionId, Buffer.alloc(4_400_000, letter), "x.txt")).status).toBe(201);
    }
    const third = await upload(sessionId, Buffer.alloc(400_000, "c"), "x.txt");
    expect(await failureOf(third)).toEqual([413, "attachments_full"]);
    expect(await filesOf(sessionId)).toHaveLength(2);
  });
});

describe("a stored file", () => {
  it("is told as what it is, asked for again before a copy is shown, never run, and only to its session", async () => {
    const sessionId = newId();
    const page = Buffer.from("<!doctype html><script>alert(1)</script>");
    const part = await uploaded(sessionId, page, "page.html");
    expect(part.mediaType).toBe("text/plain");
    const response = await download(sessionId, part);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "content-disposition": "attachment",
      "content-security-policy": "sandbox; default-src 'none'",
      "cache-control": "private, no-cache",
      vary: expect.stringContaining("X-Session-Id") as string,
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(page);
    const again = await download(sessionId, part, {
      headers: { "If-None-Match": response.headers.get("ETag")! },
    });
    expect(again.status).toBe(304);
    expect(again.headers.get("Cache-Control")).toBe("private, no-cache");
    for (const known of [`W/${response.headers.get("ETag")!}`, `"x", ${response.headers.get("ETag")!}`])
      expect((await download(sessionId, part, { headers: { "If-None-Match": known } })).status).toBe(304);
    const stale = { "If-None-Match": `"${"0".repeat(64)}"` };
    expect((await download(sessionId, part, { headers: stale })).status).toBe(200);
    const notFound = [404, "attachment_not_found"];
    expect(await failureOf(await download(newId(), part))).toEqual(notFound);
    expect(await failureOf(await download(sessionId, partOf(PNG, "image/png", "x")))).toEqual(notFound);
    for (const path of ["..%2f..%2fsessions", "x", `${sha256(page)}.40.txt`]) {
      expect(await failureOf(await request(`/api/session/attachments/${path}`, sessionId))).toEqual(notFound);
    }
  });
});

describe("a file of a conversation that was deleted", () => {
  it("is not there for a browser that has a copy of it", async () => {
    const sessionId = newId();
    const part = await uploaded(sessionId, PNG, "dot.png");
    await (await send(sessionId, [part])).text();
    const known = { headers: { "If-None-Match": (await download(sessionId, part)).headers.get("ETag")! } };
    expect((await download(sessionId, part, known)).status).toBe(304);
    expect((await request("/api/session", sessionId, { method: "DELETE" })).status).toBe(204);
    const gone = await download(sessionId, part, known);
    expect(gone.headers.get("Cache-Control")).toBe("no-store");
    expect(await failureOf(gone)).toEqual([404, "attachment_not_found"]);
  });
});

describe("a message", () => {
  it("holds its files by their hash, may be nothing but files, and the model is given them", async () => {
    const sessionId = newId();
    const image = await uploaded(sessionId, PNG, "dot.png");
    const plan = await uploaded(sessionId, PDF, "plan.pdf");
    const response = await send(sessionId, [image, plan]);
    expect(response.status).toBe(200);
    await response.text();
    const session = (await readSession(server.url, sessionId))!;
    expect(session.title).toBe("dot.png, plan.pdf");
    expect(session.messages[0]?.parts).toEqual([image, plan]);
    expect(textOf(session.messages[1])).toContain("| plan.pdf | application/pdf |");

    const folder = join(
      server.dataDir,
      "sessions",
      hashSessionId(sessionId).slice(0, 2),
      hashSessionId(sessionId),
    );
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
    const file = await readFile(join(folder, names.at(-1)!), "utf8");
    expect(file).not.toContain(PNG.toString("base64").slice(0, 20));
    expect(file).toContain(image.url);
  });

  it("again with the same id joins, and keeps its files for a fork, which outlives it", async () => {
    const sessionId = newId();
    const image = await uploaded(sessionId, PNG, "dot.png");
    const message = { id: newId(), parts: [image] };
    const first = await send(sessionId, [], { message });
    await first.text();
    const again = await send(sessionId, [], { message });
    expect([again.status, (await again.text()).includes("[DONE]")]).toEqual([200, true]);
    expect((await readSession(server.url, sessionId))?.messages).toHaveLength(2);

    const forkId = newId();
    const fork = (to: string) =>
      request("/api/session/fork", to, {
        method: "POST",
        body: JSON.stringify({ from: sessionId, messageId: message.id }),
        headers: { "Content-Type": "application/json" },
      });
    expect((await fork(forkId)).status).toBe(201);
    const taken = newId();
    await (await send(taken, [{ type: "text", text: "Else" }])).text();
    expect(await failureOf(await fork(taken))).toEqual([409, "session_exists"]);
    expect((await download(taken, image)).status).toBe(404);
    await request("/api/session", sessionId, { method: "DELETE" });
    expect(Buffer.from(await (await download(forkId, image)).arrayBuffer())).toEqual(PNG);
  });

  it("is refused before it is kept where a file is not there, not what it says, or one too many", async () => {
    const sessionId = newId();
    const image = await uploaded(sessionId, PNG, "dot.png");
    const refused = async (parts: AttachmentPart[], more: object = {}) =>
      failureOf(await send(sessionId, parts, more));
    expect(await refused([partOf(PDF, "application/pdf", "plan.pdf")])).toEqual([
      404,
      "attachment_not_found",
    ]);
    expect(await refused([{ ...image, size: 1 }])).toEqual([400, "bad_request"]);
    expect(await refused([{ ...image, mediaType: "image/jpeg" }])).toEqual([400, "bad_request"]);
    expect(await refused([{ ...image, url: "https://example.org/" }])).toEqual([400, "bad_request"]);
    expect(await refused(Array.from({ length: 11 }, () => image))).toEqual([400, "bad_request"]);
    expect(await refused([])).toEqual([400, "bad_request"]);
    expect(await refused([image], { modelId: "demo/blind" })).toEqual([422, "attachment_not_supported"]);
    expect(await readSession(server.url, sessionId)).toBeNull();
  });

  it("is not answered anew by a model that does not take its files, and says so", async () => {
    const sessionId = newId();
    const message = { id: newId(), parts: [await uploaded(sessionId, PNG, "dot.png")] };
    await (await send(sessionId, [], { message })).text();
    const again = await request("/api/session/messages", sessionId, {
      method: "POST",
      body: JSON.stringify({ regenerate: message.id, modelId: "demo/blind" }),
      headers: { "Content-Type": "application/json" },
    });
    const { error } = (await again.json()) as ErrorBody;
    expect([again.status, error.message]).toEqual([
      422,
      "Blind does not support images. Choose another model or remove “dot.png”.",
    ]);
  });
});

it("models say what they can be given", async () => {
  const { models } = (await (await request("/api/models", null)).json()) as ModelsView;
  expect(models.map(({ id, accepts }) => [id, accepts])).toEqual([
    ["demo/demo", ["image", "document"]],
    ["demo/blind", ["document"]],
  ]);
});

it("a deleted conversation takes its files with it, also those of an upload that is under way", async () => {
  const sessionId = newId();
  const image = await uploaded(sessionId, PNG, "dot.png");
  await (await send(sessionId, [image])).text();
  const late = httpRequest(`${server.url}/api/session/attachments`, {
    method: "POST",
    headers: { "X-Session-Id": sessionId, "X-File-Name": "x.txt" },
  });
  late.write("the first words");
  await expect.poll(() => filesOf(sessionId)).toHaveLength(2);
  expect((await request("/api/session", sessionId, { method: "DELETE" })).status).toBe(204);
  const answered = once(late, "response");
  late.end("and the last");
  const [response] = (await answered) as [import("node:http").IncomingMessage];
  expect(response.statusCode).toBe(404);
  const shard = join(folderOf(sessionId), "..");
  expect((await readdir(shard)).filter((name) => name.startsWith(hashSessionId(sessionId)))).toEqual([]);
  expect(await failureOf(await download(sessionId, image))).toEqual([404, "attachment_not_found"]);
});
