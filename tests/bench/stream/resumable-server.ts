import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { JsonToSseTransformStream } from "ai";
import type { PostMessageBody } from "~/conversation/api";
import { readJsonBody } from "./read-json-body.ts";
import { createStubAnswers } from "./stub-answer.ts";

/** A node of the peer: `resumable-stream` as its README uses it, its Redis on a socket of this machine. */
type Client = { connect(): Promise<unknown> };
type Redis = { createClient(options: { socket: { path: string } }): Client };
type ResumableStream = {
  createResumableStreamContext(options: { waitUntil: null; publisher: Client; subscriber: Client }): {
    createNewResumableStream(id: string, make: () => ReadableStream<string>): Promise<ReadableStream<string>>;
    resumeExistingStream(id: string): Promise<ReadableStream<string> | null | undefined>;
  };
};

const { MODEL_URL, PEERS, REDIS_SOCKET, PORT } = process.env;
const peers = createRequire(pathToFileURL(`${PEERS}/`));
const { createClient } = peers("redis") as Redis;
const { createResumableStreamContext } = (await import(
  pathToFileURL(peers.resolve("resumable-stream")).href
)) as ResumableStream;

async function connection() {
  const client = createClient({ socket: { path: REDIS_SOCKET! } });
  await client.connect();
  return client;
}
const context = createResumableStreamContext({
  waitUntil: null,
  publisher: await connection(),
  subscriber: await connection(),
});
const answer = createStubAnswers(MODEL_URL!);

createServer((request, response) => {
  const id = String(request.headers["x-session-id"]);
  const streamed =
    request.method === "POST"
      ? readJsonBody<PostMessageBody>(request).then((body) =>
          context.createNewResumableStream(id, () =>
            answer(body).pipeThrough(new JsonToSseTransformStream()),
          ),
        )
      : context.resumeExistingStream(id);
  void streamed.then(async (stream) => {
    if (!stream) return void response.writeHead(204).end();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for await (const text of stream) response.write(text);
    response.end();
  });
}).listen(Number(PORT), "127.0.0.1");
