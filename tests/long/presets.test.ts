import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { pick } from "../fixtures/browser/chat-page";

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>';
const folder = mkdtempSync(join(tmpdir(), "holdfast-presets-"));
let server: AppServer;

beforeAll(async () => {
  const presets = [
    { name: "Translator", instructions: "Into French.", model: "demo/two", prompts: ["Say good morning"] },
  ];
  writeFileSync(join(folder, "presets.json"), JSON.stringify(presets));
  server = await startAppServer({
    env: {
      DEMO_TOKENS_PER_SECOND: "2000",
      MODELS: JSON.stringify([
        { id: "demo/demo", name: "One", efforts: ["low", "high"] },
        { id: "demo/two", name: "Two" },
      ]),
      PRESETS: join(folder, "presets.json"),
      SERVICE_NAME: "Harbour",
      SERVICE_LOGO: `data:image/svg+xml;base64,${Buffer.from(LOGO).toString("base64")}`,
      WELCOME_TEXT: "Welcome aboard",
      STARTER_PROMPTS: '["What is new?"]',
    },
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

longTest("a service has a name, a logo, a welcome and starter prompts of its own", async ({ openChat }) => {
  const { page, showList } = await openChat(server);
  await page.getByRole("heading", { name: "Welcome aboard" }).waitFor();
  await page.getByRole("button", { name: "What is new?" }).waitFor();
  expect(await page.title()).toBe("Harbour");
  await showList();
  expect(await page.locator(".sidebar").getByText("Harbour").count()).toBe(1);
  const isDrawn = (image: HTMLImageElement) => image.complete && image.naturalWidth > 0;
  expect(await page.locator("img.logo").first().evaluate(isDrawn)).toBe(true);
  const manifest = (await (await page.request.get(`${server.url}/manifest.webmanifest`)).json()) as {
    name: string;
    icons: { src: string }[];
  };
  expect(manifest.name).toBe("Harbour");
  expect(manifest.icons[0]?.src).toMatch(/^\/logo\?/);
});

test("a conversation begins with a preset, else with the default instructions; presets are kept", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const { page } = chat;
  await page.getByRole("button", { name: "Translator" }).click();
  await chat.refresh();
  expect(await page.getByRole("button", { name: "Translator" }).getAttribute("aria-pressed")).toBe("true");
  await page.getByRole("button", { name: "Say good morning" }).click();
  await chat.reply(0, "complete");
  expect((await chat.stored()).settings).toEqual({ modelId: "demo/two", instructions: "Into French." });

  // Two clicks from a conversation with messages to a new one with the preset.
  await chat.button("New conversation with a preset").click();
  await page.getByRole("menuitem", { name: "Translator" }).click();
  await page.getByRole("button", { name: "Translator", pressed: true }).click();

  await chat.openSettings();
  await page.getByRole("button", { name: "Instructions and presets" }).click();
  const dialog = page.getByRole("dialog", { name: "Instructions and presets" });
  await dialog.getByLabel("Instructions for all new conversations").fill("Be brief.");
  await pick(dialog.getByRole("combobox", { name: "Model for new conversations" }), "One");
  await dialog.getByRole("button", { name: "New preset" }).click();
  const editor = page.getByRole("dialog", { name: "New preset" });
  await editor.getByLabel("Name").fill("Thinker");
  await pick(editor.getByRole("combobox", { name: "Model" }), "One");
  await pick(editor.getByRole("combobox", { name: "Reasoning effort" }), "High");
  await editor.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Thinker").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");

  await chat.send("Hi");
  await chat.reply(0, "complete");
  expect((await chat.stored()).settings).toEqual({ modelId: "demo/demo", instructions: "Be brief." });

  const other = await openChat(server, { beside: chat });
  await other.button("New conversation with a preset").click();
  await other.page.getByRole("menuitem", { name: "Thinker" }).click();
  await other.send("Hi");
  await other.reply(0, "complete");
  expect((await other.stored()).settings).toEqual({
    modelId: "demo/demo",
    instructions: "Be brief.",
    effort: "high",
  });

  // Enter that comes before the list has caught up chooses what is found then.
  await other.page.keyboard.press("Control+k");
  await other.page.getByRole("combobox", { name: "Search commands" }).fill("thinker");
  await other.page.keyboard.press("Enter");
  await other.emptyState.waitFor();
  await expect.poll(() => other.button("Thinker").getAttribute("aria-pressed")).toBe("true");
});
