import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser-test";
import { variants } from "../fixtures/variants";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const answer = (page: Page) => page.getByRole("article", { name: "Assistant" }).last();

describe("a tool of the demo", () => {
  test.for(variants([WIDE, PHONE]))(
    "asks first, also after a reload, and runs once: %o",
    async (viewport, { openChat }) => {
      const chat = await openChat(server, { context: { viewport } });
      const { page } = chat;
      await chat.send("Add a note: buy milk");
      const card = page.getByRole("region", { name: "Add note" });
      await card.getByText("Needs your approval").waitFor();
      expect(await card.innerText()).toContain("buy milk");
      await page.reload();
      await card.getByRole("button", { name: "Edit arguments" }).click();
      await card.getByRole("textbox").fill('{ "text": "buy oat milk" }');
      await card.getByRole("button", { name: "Allow" }).click();
      await card.getByText("Running…").waitFor();
      await card.getByText("Done").waitFor();
      await answer(page).getByText("Here are the notes now").waitFor();
    },
  );

  test("that is denied is not run", async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    await chat.send("Add a note: buy milk");
    const card = page.getByRole("region", { name: "Add note" });
    await card.getByRole("button", { name: "Deny" }).click();
    await answer(page).getByText("Then I leave the notes as they are.").waitFor();
    await chat.send("Read my notes");
    await answer(page).locator("p", { hasText: "There are no notes yet." }).waitFor();
  });

  test("whose node dies in mid-call is shown as of unknown outcome", async ({ openChat }) => {
    const chat = await openChat(server, { expectErrors: [/./] });
    const { page } = chat;
    await chat.send("Add a note: buy milk");
    const card = page.getByRole("region", { name: "Add note" });
    await card.getByRole("button", { name: "Allow" }).click();
    await card.getByText("Running…").waitFor();
    await server.kill9();
    await server.restart();
    await card.getByText("Outcome unknown").waitFor();
    await card.getByRole("button", { name: "Skip" }).click();
    await answer(page).getByText("The tool gave no result").waitFor();
  });
});
