import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { startToolStage, type ToolStage } from "../fixtures/models/tool-stage";

let stage: ToolStage;
let server: AppServer;
beforeAll(async () => {
  stage = await startToolStage();
  server = await startAppServer({ env: stage.env });
});
afterAll(async () => {
  await server?.stop();
  await stage?.close();
});

const card = (page: Page, name: string) => page.getByRole("region", { name });

test("an image in the result of a tool is shown on its card, also after a reload", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page } = chat;
  await chat.send("Draw it [files_picture]");
  await card(page, "Picture").getByText("Done").waitFor();
  for (const again of [false, true]) {
    if (again) await page.reload();
    const open = card(page, "Picture").getByRole("button", { name: "Open files_picture.png" });
    const image = open.locator("img");
    await image.waitFor();
    await expect
      .poll(() => image.evaluate((element) => (element as HTMLImageElement).naturalWidth))
      .toBe(480);
  }
});

test("a result that is too long is cut on its card, and the whole of it can be downloaded", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const { page } = chat;
  await chat.send("Read it [files_report]");
  const report = card(page, "Report");
  await report.getByText("Done").waitFor();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    report.getByRole("button", { name: /files_report/ }).click(),
  ]);
  expect(file.suggestedFilename()).toContain("files_report");
});

test("the answer names the servers whose tools were away", async ({ openChat }) => {
  const chat = await openChat(server);
  await chat.send("Count it [files_numbers]");
  await chat.page
    .getByText("Tools that were unavailable during this answer: “gone”.", { exact: false })
    .waitFor();
});

test("tools that models cannot use are named where one chooses tools", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page } = chat;
  await page.getByRole("button", { name: "Tools", exact: true }).click();
  await page.getByRole("menuitem", { name: "Choose individual tools" }).click();
  const left = page.getByRole("dialog").getByText("Models cannot use these tools: many and odd!name.");
  await expect.poll(() => left.count()).toBe(2);
});

test("a call that only reads is shown as running, with what its server says of it", async ({ openChat }) => {
  const chat = await openChat(server);
  const slow = card(chat.page, "Slow");
  await chat.send("Read it [files_slow]");
  await slow.getByText("Running…").waitFor();
  await slow.getByText("38% · Reading page 3 of 8").waitFor();
  expect(await slow.getByRole("progressbar").getAttribute("value")).toBe("0.375");
  stage.release();
  await slow.getByText("Done").waitFor();
  expect(await slow.getByRole("progressbar").count()).toBe(0);
});
