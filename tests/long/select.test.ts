import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import { hasFocus, pick } from "../fixtures/browser/chat-page";

const others = ["One", "Two", "Three", "Four", "Five", "Six", "Seven"];
const models = [
  { id: "demo/demo", name: "Demo", inputPricePerMillion: 0.8, outputPricePerMillion: 3.2 },
  ...others.map((name) => ({ id: `demo/${name}`, name })),
];
let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { MODELS: JSON.stringify(models) } });
});
afterAll(() => server.stop());

test("a model is found by its name, among others with what they take and cost", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page } = chat;
  await chat.model.click();
  const option = page.getByRole("option");
  expect((await option.first().innerText()).split("\n")).toEqual([
    "Demo",
    "Text, images, files · $0.80 input / $3.20 output per million tokens",
  ]);
  await page.getByRole("combobox", { name: "Model" }).last().fill("thr");
  await expect.poll(() => option.count()).toBe(1);
  await page.keyboard.press("Enter");
  expect(await chat.chosenModel()).toBe("Three");
});

test("Escape closes the list and leaves the dialog that it is in", async ({ openChat }) => {
  const chat = await openChat(server);
  const { page } = chat;
  await chat.openSettings();
  const language = page.getByRole("combobox", { name: "Language" });
  await language.click();
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("option").first().waitFor({ state: "hidden" });
  await expect.poll(() => hasFocus(language)).toBe(true);
  await pick(language, "Deutsch");
  await page.getByRole("dialog", { name: "Einstellungen" }).waitFor();
});
