import { createServer, type ServerResponse } from "node:http";
import { readJsonBody } from "./read-json-body.ts";
import { monotonicUs, parseScript, stampToken } from "./stamped-token.ts";

/**
 * A process that speaks OpenAI's chat completions and says stamped tokens at a set pace. What it is late by, it
 * makes up for, so that it says as much as was asked as long as it gets any processor time. DELETE ends all
 * answers, and tells how many tokens were said since the last time.
 */
type Answer = { response: ServerResponse; left: number; everyUs: number; nextAt: number };
type CompletionRequest = { messages: { role: string; content: string | { text: string }[] }[] };

/** One clock for all answers: a timer for each would cost more than the tokens. */
const TICK_MS = 4;
const answers = new Set<Answer>();
let said = 0;

const server = createServer((request, response) => {
  if (request.method === "DELETE") {
    for (const answer of answers) end(answer);
    response.end(String(said));
    said = 0;
    return;
  }
  if (request.method !== "POST") return void response.end();
  void readJsonBody<CompletionRequest>(request).then(({ messages }) => {
    const content = messages.findLast(({ role }) => role === "user")!.content;
    const script = parseScript(
      typeof content === "string" ? content : content.map(({ text }) => text).join(""),
    );
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const everyUs = script.everyMs * 1_000;
    const answer = { response, left: script.tokens, everyUs, nextAt: monotonicUs() + script.thinkMs * 1_000 };
    answers.add(answer);
    response.on("close", () => answers.delete(answer));
    say(answer);
  });
});
setInterval(() => answers.forEach(say), TICK_MS);
server.listen(Number(process.env.PORT), "127.0.0.1");

function say(answer: Answer) {
  const { response } = answer;
  for (let now = monotonicUs(); answer.left > 0 && answer.nextAt <= now; now = monotonicUs()) {
    answer.left -= 1;
    said += 1;
    answer.nextAt += answer.everyUs;
    response.write(event({ delta: { content: stampToken(now) }, finish_reason: null }));
  }
  if (answer.left === 0) end(answer);
}

function end(answer: Answer) {
  answers.delete(answer);
  answer.response.end(`${event({ delta: {}, finish_reason: "stop" })}data: [DONE]\n\n`);
}

function event(choice: object): string {
  const chunk = { id: "stub", object: "chat.completion.chunk", created: 0, model: "stub" };
  return `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, ...choice }] })}\n\n`;
}
