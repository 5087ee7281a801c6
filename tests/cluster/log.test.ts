import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashSessionId, sessionFingerprint } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { startBedrockEndpoint, type BedrockEndpoint } from "../fixtures/models/bedrock-endpoint";
import { emfLine } from "../fixtures/emf-line";
import { readSession } from "../fixtures/session-api";
import { variants } from "../fixtures/variants";

type Line = Record<string, unknown> & { msg?: string; level?: string };

/** Words that people and models say, none of which the log may hold. */
const QUESTION = "marmalade";
const ANSWER = "rhubarb pie";

let bedrock: BedrockEndpoint;
beforeAll(async () => {
  bedrock = await startBedrockEndpoint();
});
afterAll(() => bedrock.close());

function start(env: Record<string, string>) {
  return startAppServer({
    env: {
      ...{
        NODE_NAME: "tester",
        MODEL_PROVIDER: "bedrock",
        BEDROCK_BASE_URL: bedrock.url,
        TITLE_MODEL: "none",
      },
      ...{ AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "none" },
      ...env,
    },
  });
}

/** A browser's side: what it asks is noted, to be found in the log. */
function createAsker(server: AppServer) {
  const sessionId = newId();
  const asked: { method: string; route: string; status: number; session: string | undefined }[] = [];
  const session = sessionFingerprint(hashSessionId(sessionId));
  const ask = async (
    method: string,
    path: string,
    { route = path, body }: { route?: string; body?: object } = {},
  ) => {
    const isApi = path.startsWith("/api/");
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { "Content-Type": "application/json", ...(isApi && { "X-Session-Id": sessionId }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    asked.push({ method, route, status: response.status, session: isApi ? session : undefined });
    return text;
  };
  const say = async () => {
    const parentId = (await readHead()) ?? null;
    const message = { id: newId(), parts: [{ type: "text", text: `${QUESTION} ${newId()}` }] };
    return ask("POST", "/api/session/messages", { body: { message, parentId } });
  };
  /** Not by `ask`: 404 before the first message. */
  const readHead = async () => {
    const text = await ask("GET", "/api/session");
    return (JSON.parse(text) as { head?: string }).head;
  };
  return { sessionId, session, asked, ask, say };
}

/** Every line of stdout and stderr, or an error where one is no JSON object. */
function linesOf(server: AppServer): Line[] {
  const text = server.output();
  expect(text).toMatch(/^$|\n$/);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      expect(line).toMatch(/^\{.*\}$/);
      return JSON.parse(line) as Line;
    });
}

const sum = (lines: Line[], name: string) => lines.reduce((total, line) => total + (line[name] as number), 0);

describe("a server in production prints JSON and nothing else", () => {
  it("with one line a request, one a reply and its metrics, and no word or id of a conversation", async () => {
    const server = await start({ METRICS: "emf", LOG_LEVEL: "debug", COPILOT_SERVICE_NAME: "chat" });
    try {
      const person = createAsker(server);
      bedrock.script("unavailable", { name: "ok", text: ANSWER }, "denied", { name: "stall", text: ANSWER });
      await person.say();
      await person.say();
      const third = person.say();
      await bedrock.request(3);
      await person.ask("POST", "/api/session/stop");
      await third;
      await person.ask("GET", "/");
      await person.ask("GET", "/favicon.ico", { route: "/*" });
      await person.ask("GET", "/healthz");
      await person.ask("GET", `/api/session/${person.sessionId}`, { route: "/api/*" });
      await person.ask("GET", `/${person.sessionId}?q=${person.sessionId}`, { route: "/*" });
      const { messages } = (await readSession(server.url, person.sessionId))!;
      person.asked.push({ method: "GET", route: "/api/session", status: 200, session: person.session });
      expect(await server.terminate()).toEqual({ code: 0, signal: null });

      const lines = linesOf(server);
      expect(new Set(lines.map((line) => line.node))).toEqual(new Set(["tester"]));

      // The fixture has asked too, until it was ready.
      const requests = lines.filter((line) => line.msg === "request" && line.route !== "/readyz");
      const facts = ({ method, route, status, session }: Line) =>
        JSON.stringify([method, route, status, session ?? null]);
      expect(requests.map(facts).sort()).toEqual(person.asked.map(facts).sort());
      for (const { durationMs, bytes } of requests) {
        expect(durationMs).toBeGreaterThanOrEqual(0);
        expect(bytes).toBeGreaterThan(100);
      }
      const quiet = requests.filter(({ level }) => level === "debug").map(({ route }) => route);
      expect(quiet.sort()).toEqual(["/*", "/healthz"]);

      const replies = lines.filter((line) => line.msg === "the reply has settled");
      const common = { session: person.session, epoch: 1 };
      expect(replies).toEqual([
        expect.objectContaining({
          ...common,
          status: "complete",
          inputTokens: 12,
          outputTokens: 2,
          retries: 1,
        }),
        expect.objectContaining({ ...common, status: "failed", code: "model_denied", retries: 0 }),
        expect.objectContaining({ ...common, status: "stopped", retries: 0 }),
      ]);
      const settled = messages.flatMap((message) => (message.role === "assistant" ? [message.metadata] : []));
      expect(replies.map((reply) => reply.reply)).toEqual(settled.map((metadata) => metadata.replyId));
      expect(replies.map((reply) => reply.timeToFirstTokenMs)).toEqual(
        settled.map((metadata) => metadata.timeToFirstTokenMs),
      );

      // Not at the very end only, which a hanging volume would keep it from.
      const first = (test: (line: Line) => boolean) => lines.findIndex(test);
      expect(first((line) => "_aws" in line)).toBeLessThan(first((line) => line.msg === "drained"));
      const metrics = lines.filter((line) => "_aws" in line).map((line) => emfLine.parse(line));
      expect(metrics[0]).toMatchObject({ Service: "chat", VolumeLatency: expect.any(Array) as number[] });
      const counted = {
        ...{ Replies: 3, RepliesFailed: 1, RepliesStopped: 1, RepliesInterrupted: 0, Takeovers: 0 },
        ...{ InputTokens: 12, OutputTokens: 2, VolumeErrors: 0, ActiveReplies: 0 },
        ...{ Requests: requests.length - quiet.length, RequestErrors: 0 },
      };
      for (const [name, count] of Object.entries(counted))
        expect([name, sum(metrics, name)]).toEqual([name, count]);

      const output = server.output();
      for (const secret of [person.sessionId, QUESTION, ...ANSWER.split(" "), "AKIDEXAMPLE"]) {
        expect(output.includes(secret), `the log holds ${secret}`).toBe(false);
      }
    } finally {
      await server.stop();
    }
  });

  it.each(
    variants([
      ["warn", "denied", ["warn"]],
      ["error", "denied", []],
    ]),
  )(
    "no line below LOG_LEVEL=%s, and metrics only where they are wanted",
    async (LOG_LEVEL, script, levels) => {
      const server = await start({ LOG_LEVEL });
      try {
        bedrock.script(script as "denied");
        await createAsker(server).say();
        expect(await server.terminate()).toEqual({ code: 0, signal: null });
        expect(linesOf(server).map((line) => line.level)).toEqual(levels);
      } finally {
        await server.stop();
      }
    },
  );
});
