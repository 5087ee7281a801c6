import { afterAll, beforeAll, expect, it } from "vitest";
import type { PostMessageBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startBedrockEndpoint, type BedrockEndpoint } from "../fixtures/models/bedrock-endpoint";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { readSession, textOf } from "../fixtures/session-api";

/** A load balancer cuts what is silent for so long. */
const IDLE_MS = 2_000;
const HEARTBEAT_SECONDS = 1;
/** A silence of the model that is longer than the load balancer bears, in heartbeats. */
const THINKS_FOR = 4;

let bedrock: BedrockEndpoint;
let cluster: Cluster;

beforeAll(async () => {
  bedrock = await startBedrockEndpoint();
  cluster = await startCluster({
    size: 2,
    idleMs: IDLE_MS,
    env: {
      HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
      MODEL_PROVIDER: "bedrock",
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "not-a-real-key",
      BEDROCK_BASE_URL: bedrock.url,
      // Titles would be requests that nobody here has asked for.
      TITLE_MODEL: "none",
      MODEL_STALL_SECONDS: "60",
    },
  });
});
afterAll(async () => {
  await cluster.stop();
  await bedrock.close();
});

it("a model may think for longer than a load balancer bears silence, at its runner and elsewhere", async () => {
  const sessionId = newId();
  const headers = { "X-Session-Id": sessionId };
  const text = "Count for me [think] [words:40]";
  const body: PostMessageBody = { message: { id: newId(), parts: [{ type: "text", text }] }, parentId: null };
  const own = await fetch(`${cluster.url}/api/session/messages`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const other = await fetch(`${cluster.url}/api/session/stream`, { headers });
  expect(other.headers.get("X-Node")).not.toBe(own.headers.get("X-Node"));
  const streams = [own, other].map(listen);

  await Promise.all(streams.map((stream) => stream.heartbeats(THINKS_FOR)));
  bedrock.release();
  for (const stream of streams) expect(await stream.end()).toMatch(/word40.*\n\ndata: \[DONE\]\n\n$/s);
  expect(bedrock.requests).toHaveLength(1);
  const session = await readSession(cluster.url, sessionId);
  expect(session!.messages[1]).toMatchObject({ metadata: { status: "complete" } });
  expect(textOf(session!.messages[1])).toMatch(/^word1 .* word40$/);
});

/** Collects what a stream says. Rejects where it is cut. */
function listen(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const readOn = async () => {
    const { done, value } = await reader.read();
    said += value ?? "";
    return !done;
  };
  return {
    async heartbeats(count: number) {
      while (said.split(": heartbeat\n\n").length - 1 < count) {
        if (!(await readOn())) throw new Error(`The stream ended early. It said:\n${said}`);
      }
    },
    async end() {
      while (await readOn());
      return said;
    },
  };
}
