import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { longConversation } from "../fixtures/long-conversation";

const DRAWN = "Formula $x^2$ and\n\n```mermaid\nflowchart TD\n  A[a (b)] --> B\n```";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer();
});
afterAll(() => server.stop());

test("Ctrl+P prints all messages, with formulas and diagrams that were never on screen", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const conversation = longConversation(100);
  conversation.messages[1]!.parts = [{ type: "text", text: DRAWN }];
  await chat.importFile("long.json", JSON.stringify(conversation));
  await chat.replies.last().waitFor();
  await chat.refresh();
  await chat.replies.last().waitFor();
  const { page } = chat;
  expect(await page.locator(".katex, .diagram").count()).toBe(0);
  const printed = page.evaluate(
    () =>
      new Promise((resolve) => {
        window.print = () =>
          resolve(
            ["article", ".katex", ".diagram img"].map((each) => document.querySelectorAll(each).length),
          );
      }),
  );
  await page.keyboard.press("ControlOrMeta+P");
  expect(await printed).toEqual([100, 1, 1]);
});
