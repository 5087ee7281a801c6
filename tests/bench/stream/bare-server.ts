import { createServer } from "node:http";
import { pipeUIMessageStreamToResponse } from "ai";
import type { PostMessageBody } from "~/conversation/api";
import { readJsonBody } from "./read-json-body.ts";
import { createStubAnswers } from "./stub-answer.ts";

/** The base of all ratios: Node's own server and the AI SDK's own response. Nothing is kept, or can be resumed. */
const answer = createStubAnswers(process.env.MODEL_URL!);

createServer((request, response) => {
  if (request.method !== "POST") return void response.end();
  const upstream = new AbortController();
  response.on("close", () => upstream.abort());
  void readJsonBody<PostMessageBody>(request).then((body) =>
    pipeUIMessageStreamToResponse({ response, stream: answer(body, upstream.signal) }),
  );
}).listen(Number(process.env.PORT), "127.0.0.1");
