import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, longWideTest, test } from "../fixtures/browser/browser-test";
import { picture } from "../fixtures/browser/picture";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
});
afterAll(() => server.stop());

const answer = (page: Page) => page.getByRole("article", { name: "Assistant" }).last();

describe("a tool of the demo", () => {
  test("asks first, also after a reload, and runs once", async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    await chat.send("Add a note: buy milk");
    const card = page.getByRole("region", { name: "Add note" });
    await card.getByText("Needs your approval").waitFor();
    expect(await card.innerText()).toContain("buy milk");
    await page.reload();
    await card.getByRole("button", { name: "Edit arguments" }).click();
    await card.getByRole("textbox").fill('{ "text": "buy oat milk" }');
    await card.getByRole("button", { name: "Allow", exact: true }).click();
    await card.getByText("Running…").waitFor();
    await card.getByRole("progressbar", { name: "Add note" }).and(page.locator("[value]")).waitFor();
    await card.getByText(/^[1-9]0%$/).waitFor();
    await picture(page, "tools-progress");
    await card.getByText("Done").waitFor();
    expect(await card.getByRole("progressbar").count()).toBe(0);
    await answer(page).getByText("Here are the notes now").waitFor();
  });

  // On a touch screen the focus would open the keyboard over the text.
  longWideTest("is decided about once, and the focus is not lost with its buttons", async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    await chat.send("Add a note: buy milk");
    const card = page.getByRole("region", { name: "Add note" });
    const deny = card.getByRole("button", { name: "Deny" });
    await deny.waitFor();
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/api\/session(\/stream.*)?$/, async (route) => {
      await released;
      await route.continue();
    });
    await card.getByRole("button", { name: "Allow", exact: true }).focus();
    // The decision was answered, and what it has changed is being read.
    const isRead = page.waitForRequest(/\/api\/session$/);
    await page.keyboard.press("Enter");
    await isRead;
    expect(await deny.isEnabled()).toBe(false);
    release();
    await card.getByText("Done").waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("message");
  });

  longTest(
    "that is always allowed in a conversation asks no more, until its settings say so",
    async ({ openChat }) => {
      const chat = await openChat(server);
      const { page } = chat;
      await chat.send("Add a note: buy milk");
      const cards = page.getByRole("region", { name: "Add note" });
      await picture(page, "tools-asks");
      await cards.getByRole("button", { name: "Always allow in this conversation" }).click();
      await cards.getByText("Done").waitFor();
      await answer(page).getByText("Here are the notes now").waitFor();
      await chat.send("Add a note: buy tea");
      await cards.nth(1).getByText("Done").waitFor();
      await picture(page, "tools-done");

      await page.getByRole("button", { name: "Tools", exact: true }).click();
      await page.getByRole("menuitemcheckbox", { name: "demo" }).waitFor();
      await picture(page, "tools-menu");
      await page.getByRole("menuitem", { name: "Choose individual tools" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("2 tools").click();
      await picture(page, "tools-settings");
      const asks = dialog.getByRole("checkbox", { name: "Ask first: Add note" });
      expect(await asks.isChecked()).toBe(false);
      await asks.check();
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await answer(page).getByText("Here are the notes now").waitFor();
      await chat.send("Add a note: buy bread");
      await cards.nth(2).getByText("Needs your approval").waitFor();
    },
  );

  longTest("of a server that is switched off is not called", async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    await page.getByRole("button", { name: "Tools", exact: true }).click();
    await page.getByRole("menuitemcheckbox", { name: "demo" }).click();
    await page.keyboard.press("Escape");
    await chat.send("Add a note: buy milk");
    await chat.reply(0, "complete");
    expect(await page.getByRole("region", { name: "Add note" }).count()).toBe(0);
  });

  longTest("shows its arguments behind a link only where the person has chosen so", async ({ openChat }) => {
    const chat = await openChat(server, {
      context: { permissions: ["clipboard-read", "clipboard-write"] },
    });
    const { page } = chat;
    await chat.send("Add a note: buy milk");
    await page
      .getByRole("region", { name: "Add note" })
      .getByRole("button", { name: "Allow", exact: true })
      .click();
    await answer(page).getByText("Here are the notes now").waitFor();
    await chat.choose("Share");
    const dialog = page.getByRole("dialog");
    const link = async (withArguments: boolean) => {
      await dialog.getByRole("checkbox", { name: "Include tool arguments" }).setChecked(withArguments);
      await dialog.getByRole("button", { name: /link/i }).first().click();
      await dialog.getByRole("status").filter({ hasText: /\S/ }).waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    for (const withArguments of [false, true]) {
      const url = await link(withArguments);
      const reader = await openChat(server, {
        path: url.slice(server.url.length),
      });
      const card = reader.page.getByRole("region", { name: "demo_add_note" });
      await card.waitFor();
      expect(await card.getByText("Details").count()).toBe(withArguments ? 1 : 0);
      if (withArguments) await card.getByText("Details").click();
      const shared = await reader.page.getByRole("main").innerHTML();
      expect(shared.split("buy milk").length - 1).toBe(withArguments ? 4 : 3);
      await picture(reader.page, `tools-shared-${String(withArguments)}`);
      await reader.page.close();
    }
  });

  longTest("that is denied is not run", async ({ openChat }) => {
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
    await card.getByRole("button", { name: "Allow", exact: true }).click();
    await card.getByText("Running…").waitFor();
    await server.kill9();
    await server.restart();
    await card.getByText("Outcome unknown").waitFor();
    await card.getByRole("button", { name: "Skip" }).click();
    await answer(page).getByText("The tool gave no result").waitFor();
  });
});
