import { afterAll, beforeAll, expect } from "vitest";
import { startBedrockChat } from "../fixtures/models/bedrock-chat";
import { test } from "../fixtures/browser/browser-test";
import { HOSTILE_MARKDOWN } from "../fixtures/models/hostile-markdown";
import { inspectAnswers } from "../fixtures/models/inspect-answers";
import { pageOutside } from "../fixtures/browser/page-outside";
import { sayAnswers } from "../fixtures/models/say-answers";

let chat: Awaited<ReturnType<typeof startBedrockChat>>;

beforeAll(async () => {
  chat = await startBedrockChat();
});
afterAll(() => chat.stop());

test("there are more than 200 different attempts", () => {
  expect(new Set(Object.values(HOSTILE_MARKDOWN).flat()).size).toBeGreaterThan(200);
});

// That no other host is asked for anything is seen to by `openChat`, in this test as in all.
test.for(Object.entries(HOSTILE_MARKDOWN))(
  "hostile %s run nothing, load nothing and change nothing outside of their message",
  { timeout: 240_000 },
  async ([, answers], { openChat }) => {
    const tab = await openChat(chat.server, {
      // What the frame of the diagrams was kept from doing.
      expectErrors: [/Content Security Policy/],
    });
    const { page } = tab;
    const harm: string[] = [];
    await page.exposeFunction("harm", () => harm.push("script ran"));
    page.on("dialog", (dialog) => {
      harm.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.context().on("page", (other) => harm.push(`opened ${other.url()}`));
    page.on("download", () => harm.push("download"));
    page.on("framenavigated", (frame) => {
      const { pathname, origin } = new URL(frame.url(), chat.server.url);
      const isOurs =
        origin === chat.server.url &&
        (frame === page.mainFrame() ? pathname === "/" : pathname === "/diagrams");
      if (!isOurs && frame.url() !== "about:blank") harm.push(`navigated to ${frame.url()}`);
    });
    const asked = new Set<string>();
    page.on("request", (request) => {
      if (request.url().startsWith(chat.server.url)) asked.add(new URL(request.url()).pathname);
    });

    await tab.ask("Are you there?");
    const before = await pageOutside(page);
    await sayAnswers(chat.server.url, chat.bedrock, await tab.sessionId(), answers);
    const live = await inspectAnswers(page);
    const after = await pageOutside(page);
    await tab.refresh();
    await tab.replies.first().waitFor();
    const again = await inspectAnswers(page);

    expect(live.problems).toEqual([]);
    expect(again.problems).toEqual([]);
    expect(again.answers).toBe(answers.length + 1);
    expect(harm).toEqual([]);
    expect(after).toBe(before);
    const strange = [...asked].filter((path) => !/^\/($|build\/|api\/|diagrams($|\/)|favicon)/.test(path));
    expect(strange).toEqual([]);
  },
);
