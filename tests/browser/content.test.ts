import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { startBedrockEndpoint, type BedrockEndpoint } from "../fixtures/models/bedrock-endpoint";
import { longTest, test } from "../fixtures/browser/browser-test";
import { textOf } from "../fixtures/session-api";

/** What a model says, or is made to say by a page that it was given to read, is no friend of the person. */
const HOSTILE = `Before <b id="raw">raw</b>

<script>window.harmed = "script"</script>
<img src="x" onerror="window.harmed = 'onerror'">
<iframe src="https://example.com/frame"></iframe>
<svg onload="window.harmed = 'onload'"></svg>
<style>body { display: none }</style>
<form action="https://example.com/"><input name="password"></form>

![pixel](https://example.com/pixel.png?secret=1) and ![local](/local.png)

[click](javascript:window.harmed='link') [data](data:text/html,<script>1</script>) [fine](https://example.com/page)

After`;

let bedrock: BedrockEndpoint;
let server: AppServer;

beforeAll(async () => {
  bedrock = await startBedrockEndpoint();
  server = await startAppServer({
    env: {
      MODEL_PROVIDER: "bedrock",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "not-a-real-key",
      BEDROCK_BASE_URL: bedrock.url,
      // Titles would be requests that nobody here has asked for.
      TITLE_MODEL: "none",
    },
  });
});
afterAll(async () => {
  await server.stop();
  await bedrock.close();
});

test("nothing in an answer runs, loads anything or leaves the page", async ({ openChat }) => {
  const chat = await openChat(server);
  const asked: string[] = [];
  chat.page.on("request", (request) => asked.push(request.url()));
  bedrock.script({ name: "ok", text: HOSTILE });
  const answer = await chat.ask("Say something evil");
  await answer.getByText("After").waitFor();
  // And once more from the conversation's file.
  await chat.refresh();
  await chat.reply(0, "complete");

  expect(await chat.page.evaluate(() => (window as { harmed?: string }).harmed)).toBeUndefined();
  const tags = await answer.evaluate((element) =>
    [...element.querySelectorAll("script, img, iframe, style, form, input, #raw, object, embed")].map(
      ({ outerHTML }) => outerHTML,
    ),
  );
  expect(tags).toEqual([]);
  expect(asked.filter((url) => url.includes("example.com") || url.includes("local.png"))).toEqual([]);

  const links = await answer.evaluate((element) =>
    [...element.querySelectorAll("a")].map(({ href, rel, target }) => ({ href, rel, target })),
  );
  const [harmless] = links.filter(({ href }) => href === "https://example.com/page");
  expect(harmless).toMatchObject({ target: "_blank", rel: expect.stringContaining("noopener") as string });
  expect(links.filter(({ href }) => /^(javascript|data):/.test(href))).toEqual([]);
  // Nothing that was said is hidden from the conversation's file.
  expect(textOf((await chat.stored()).messages[1])).toBe(HOSTILE);
});

longTest("what a person writes is shown as it was written", async ({ openChat }) => {
  const chat = await openChat(server);
  const text = "<script>window.harmed = 1</script> **not bold** & ![x](https://example.com/x.png)";
  await chat.ask(text);
  expect(await chat.questions.first().innerText()).toBe(text);
  expect(await chat.page.evaluate(() => (window as { harmed?: number }).harmed)).toBeUndefined();
});
