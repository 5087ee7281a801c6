import { afterAll, beforeAll, describe, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import {
  startBedrockEndpoint,
  type BedrockEndpoint,
  type BehaviourName,
} from "../fixtures/models/bedrock-endpoint";
import { longTest, test } from "../fixtures/browser/browser-test";
import { pick } from "../fixtures/browser/chat-page";
import { textOf } from "../fixtures/session-api";
import { longVariants, variants } from "../fixtures/variants";

let bedrock: BedrockEndpoint;
let server: AppServer;

beforeAll(async () => {
  bedrock = await startBedrockEndpoint();
  server = await startAppServer({
    env: {
      MODEL_PROVIDER: "bedrock",
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "not-a-real-key",
      BEDROCK_BASE_URL: bedrock.url,
      // Titles would be requests that nobody here has asked for.
      TITLE_MODEL: "none",
      // A loaded machine may take some seconds to the first word.
      MODEL_STALL_SECONDS: "10",
      MODELS: JSON.stringify([
        { id: "bedrock/eu.amazon.nova-pro-v1:0" },
        { id: "bedrock/eu.amazon.nova-lite-v1:0" },
        { id: "bedrock/eu.amazon.nova-micro-v1:0", name: "Small window", contextTokens: 6_500 },
      ]),
    },
  });
});
afterAll(async () => {
  await server.stop();
  await bedrock.close();
});

test("a conversation with Bedrock: signed, limited, and with all that was said before", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const before = bedrock.requests.length;
  const answer = await chat.ask("The first question");
  expect(await answer.innerText()).toContain("You said: The first question");
  await chat.ask("The second question");

  const [first, second] = bedrock.requests.slice(before);
  expect(first).toMatchObject({
    authorization: "sigv4",
    modelId: expect.stringMatching(/^eu\.amazon\.nova-/) as string,
    body: { inferenceConfig: { maxTokens: 5000 } },
  });
  expect(second!.body.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(JSON.stringify(second!.body.messages)).toContain("You said: The first question");
  await chat.refresh();
  await chat.reply(1, "complete");
});

longTest("the model that was picked is the one that is asked", async ({ openChat }) => {
  const chat = await openChat(server);
  const before = bedrock.requests.length;
  await chat.chooseModel("Amazon Nova Lite");
  await chat.ask("Hello");
  expect(bedrock.requests[before]?.modelId).toMatch(/nova-lite/);
});

longTest(
  "a failed answer names its cause, another model is asked with one click, and then it is quiet",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.chooseModel("Amazon Nova Lite");
    bedrock.script("denied");
    await chat.send("A question");
    const failed = await chat.reply(0, "failed");
    await failed.getByText("Cause").click();
    await failed.getByText("You don't have access to the model").waitFor();
    expect(await failed.getByRole("button", { name: /^(Retry|Regenerate)$/ }).count()).toBe(1);

    const before = bedrock.requests.length;
    await pick(failed.getByRole("button", { name: "Answer with another model" }), "Amazon Nova Pro");
    await chat.reply(0, "complete");
    expect(bedrock.requests[before]?.modelId).toMatch(/nova-pro/);

    bedrock.script("denied");
    await chat.send("Another question");
    await chat.reply(1, "failed");
    await chat.ask("One more question");
    const earlier = chat.replies.nth(1);
    await earlier.getByText("The answer failed.").waitFor();
    expect(await earlier.innerText()).not.toContain("playground");
  },
);

/** `tries`: how often the server asks before it tells the person. */
type Refusal = [behaviour: BehaviourName, tries: number, sentence: RegExp];
type Break = [behaviour: BehaviourName, sentence: RegExp];

describe.each(
  variants<Refusal>([
    ["denied", 1, /Bedrock denied access to .+ in eu-central-1: .*open the model once in the playground/],
    ["badCredentials", 1, /AWS did not accept the server's credentials/],
    ["throttled", 3, /more requests for .+ than it takes\. Wait a minute/],
    ["unavailable", 3, /has a problem at the moment/],
    ["unknownModel", 1, /does not offer .+: choose another model/],
    ["tooLong", 1, /too long for .+\. Start a new one/],
  ]),
)("when Bedrock answers %s", (behaviour, tries, sentence) => {
  test("the person is told what to do, and Retry asks again", async ({ openChat }) => {
    const chat = await openChat(server);
    bedrock.script(...Array.from({ length: tries }, () => behaviour));
    await chat.send("A question");
    const failed = await chat.reply(0, "failed");
    expect(await failed.innerText()).toMatch(sentence);
    expect((await chat.stored()).messages[1]).toMatchObject({ metadata: { status: "failed" } });
    await chat.refresh();
    expect(await (await chat.reply(0, "failed")).innerText()).toMatch(sentence);

    await chat.button("Retry").click();
    const answer = await chat.reply(0, "complete");
    expect(await answer.innerText()).toContain("You said: A question");
    expect(await chat.replies.count()).toBe(1);
  });
});

describe.each(
  longVariants<Break>([
    ["errorFrame", /was cut off in the middle/],
    ["throttleFrame", /more requests for .+ than it takes/],
    ["cut", /was cut off in the middle/],
    ["noStop", /was cut off in the middle/],
    ["stall", /went silent/],
  ]),
)("when Bedrock's answer breaks off (%s)", (behaviour, sentence) => {
  test("what it had said is kept, the person is told, and Retry asks again", async ({ openChat }) => {
    const chat = await openChat(server);
    bedrock.script(behaviour);
    await chat.send("Count for me [words:40]");
    const failed = await chat.reply(0, "failed");
    expect(await failed.innerText()).toMatch(sentence);
    expect(await failed.innerText()).toContain("word19 word20");
    await chat.refresh();
    expect(await (await chat.reply(0, "failed")).innerText()).toContain("word19 word20");
    const { messages } = await chat.stored();
    expect(textOf(messages[1])).toMatch(/^word1 .* word20\b/);
    expect(messages[1]).toMatchObject({ metadata: { status: "failed" } });

    await chat.button("Retry").click();
    const answer = await chat.reply(0, "complete");
    expect(await answer.innerText()).toContain("word39 word40");
    expect(await chat.replies.count()).toBe(1);
  });
});

longTest(
  "an answer that has reached its longest length says so, and goes on where it stopped",
  async ({ openChat }) => {
    const chat = await openChat(server);
    const text = Array.from({ length: 12 }, (_, index) => `word${index + 1}`).join(" ");
    bedrock.script({ name: "ok", text, stopReason: "max_tokens" });
    await chat.send("Count for me [words:20]");
    const cut = await chat.reply(0, "interrupted");
    expect(await cut.innerText()).toMatch(/reached the maximum length/);
    await chat.button("Continue").click();
    const answer = await chat.reply(0, "complete");
    await expect.poll(() => answer.innerText()).toMatch(/word1 .*word12 word13 .*word20/);
  },
);

longTest(
  "who talks longer than the model can read is told that it does not know the beginning",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.chooseModel("Small window");
    const note = chat.page.getByText("the oldest messages were left out");
    await chat.ask(`First ${"a word ".repeat(600)}`);
    expect(await note.count()).toBe(0);
    const answer = await chat.ask("Second");
    await note.waitFor();
    expect(JSON.stringify(bedrock.requests.at(-1)!.body)).not.toContain("First");
    await answer.getByRole("button", { name: "Details" }).click();
    await chat.page.getByRole("dialog").getByText("Messages left out").waitFor();
    await chat.refresh();
    await note.waitFor();
  },
);

longTest("Stop ends the connection to Bedrock, too", async ({ openChat }) => {
  const chat = await openChat(server);
  const index = bedrock.requests.length;
  await chat.send("Slowly [words:200] [paced:30]");
  await chat.replyOfLength(0, 60);
  await chat.button("Stop").click();
  await chat.reply(0, "stopped");
  expect(await bedrock.requests[index]!.ended).toBe("closed by client");
});
