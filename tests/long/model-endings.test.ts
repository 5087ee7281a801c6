import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import {
  type ChatEndpoint,
  type ChatRequest,
  delta,
  startChatEndpoint,
  stream,
} from "../fixtures/models/chat-endpoint";
import { NO_LIMITS } from "../fixtures/no-limits";
import { readSession, textOf } from "../fixtures/session-api";

/** Thoughts in tags before everything it says, titles too; no word for the first question about nothing. */
let endpoint: ChatEndpoint;
let server: AppServer;
let askedForNothing = 0;

function answerTo({ body }: ChatRequest): string {
  const messages = JSON.stringify(body.messages);
  if (messages.includes("You name conversations")) return "<think>\nA title.\n</think>\n\nThoughts on Paris";
  if (messages.includes("nothing") && askedForNothing++ === 0) return "<think>Hm.</think>\n";
  return "<think>\nWhich one?\n</think>\n\nThe one in France.";
}

beforeAll(async () => {
  endpoint = await startChatEndpoint((response, request) => {
    const pieces = answerTo(request).match(/[^]{1,3}/g) ?? [];
    stream(response, ...pieces.map((content) => delta({ content })), delta({}, "stop"));
  });
  server = await startAppServer({
    env: {
      ...NO_LIMITS,
      ...endpoint.env("thinker"),
      TITLE_MODEL: "openai-compatible/thinker",
    },
  });
});
afterAll(async () => {
  await server.stop();
  await endpoint.close();
});

test("thoughts in tags are folded, are in no title, and are not sent back", async ({ openChat }) => {
  const chat = await openChat(server);
  const answer = await chat.ask("Where is Paris?");
  expect(await answer.innerText()).toContain("The one in France.");
  expect(await answer.innerText()).not.toMatch(/think>|Which one/);
  await chat.page.getByRole("heading", { name: "Thoughts on Paris", level: 1 }).waitFor();
  await answer.getByText("Reasoning").click();
  await answer.getByText("Which one?").waitFor();
  await chat.ask("Sure?");
  expect(JSON.stringify(endpoint.requests.at(-1)!.body.messages)).not.toContain("Which one");
});

test("an answer without a word is a failure that says so, and Retry asks again", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.send("Say nothing");
  const failed = await chat.reply(0, "failed");
  await failed.getByText("The model returned no answer.").waitFor();
  await failed.getByRole("button", { name: "Retry" }).click();
  expect(await (await chat.reply(0, "complete")).innerText()).toContain("The one in France.");
});

test("characters that no model takes are replaced for it, which is noted and kept", async ({ openChat }) => {
  const chat = await openChat(server);
  const answer = await chat.ask("Beep \u0007 beep");
  const note = "Invalid characters were replaced.";
  await answer.getByText(note).waitFor();
  const session = await readSession(server.url, await chat.sessionId());
  const message = session!.messages.at(-1)!;
  expect(textOf(session!.messages[0])).toContain("\u0007");
  expect(message.role === "assistant" && message.metadata.omissions).toEqual([{ code: "text_malformed" }]);
  await chat.refresh();
  await (await chat.reply(0, "complete")).getByText(note).waitFor();
});
