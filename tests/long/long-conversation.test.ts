import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { longConversation, putConversation } from "../fixtures/long-conversation";

const LENGTH = 2_000;
let server: AppServer;
let id: string;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "300" } });
  id = await putConversation(server.url, longConversation(LENGTH));
});
afterAll(() => server.stop());

/** The page on that conversation, as if it had been held in this browser. */
async function show(chat: ChatPage, which = { id, length: LENGTH }): Promise<void> {
  await chat.page.evaluate((kept) => {
    const entry = { id: kept, title: "Long", updatedAt: new Date().toISOString(), saved: true };
    localStorage.setItem("holdfast.conversations", JSON.stringify([entry]));
    localStorage.setItem("holdfast.current", kept);
    sessionStorage.setItem("holdfast.current", kept);
  }, which.id);
  await chat.refresh();
  await slot(chat.page, which.length - 1).waitFor();
}

const slot = (page: Page, index: number) => page.locator(`.message-slot[data-index="${index}"]`);

/** How far the end of the conversation is below what is in view, in pixels. */
const distanceFromEnd = (page: Page) =>
  page.locator(".conversation__scroller").evaluate((element) => {
    return Math.round(element.scrollHeight - element.scrollTop - element.clientHeight);
  });

test("two thousand messages open at their end, with few of them drawn", async ({ openChat }) => {
  const chat = await openChat(server);
  await show(chat);
  await expect.poll(() => distanceFromEnd(chat.page)).toBeLessThan(2);
  expect(await chat.page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(6_000);
});

test("what is read stays where it is while what lies above is drawn for the first time", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await show(chat);
  await chat.page.locator(".conversation__scroller").hover();
  for (let turn = 0; turn < 12; turn++) {
    await settled(chat.page);
    const seen = await inView(chat.page);
    await chat.page.mouse.wheel(0, -400);
    // The wheel moves it by 400 px and nothing else does: no jump, neither on the way nor after.
    await chat.page.waitForFunction(
      ([index, top]) => {
        const element = document.querySelector(`.message-slot[data-index="${index}"]`);
        return !element || Math.abs(element.getBoundingClientRect().top - top - 400) < 3;
      },
      [seen.index, seen.top] as const,
      { polling: "raf" },
    );
  }
  expect((await inView(chat.page)).index).toBeLessThan(LENGTH - 8);
});

test("buttons that only a mouse shows are drawn when scrolling has ended, all others at once", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  const { page } = chat;
  await show(chat);
  await settled(page);
  await page.evaluate(() => {
    Object.assign(globalThis, { sawBare: false });
    new MutationObserver(() => {
      if (document.querySelector(".tools__hidden:empty")) Object.assign(globalThis, { sawBare: true });
    }).observe(document.querySelector(".conversation__scroller")!, { subtree: true, childList: true });
  });
  const first = (await inView(page)).index;
  await page.locator(".conversation__scroller").hover();
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, -800);
      return (await inView(page)).index;
    })
    .toBeLessThan(first - 8);
  const hasMouse = await page.evaluate(() => matchMedia("(hover: hover) and (pointer: fine)").matches);
  await expect.poll(() => page.locator(".tools__hidden:empty").count()).toBe(0);
  expect(await page.evaluate(() => (globalThis as unknown as { sawBare: boolean }).sawBare)).toBe(hasMouse);
});

test("all of it is drawn for paper", async ({ openChat }) => {
  const chat = await openChat(server);
  const length = 100;
  await show(chat, { id: await putConversation(server.url, longConversation(length)), length });
  const drawn = () => chat.page.locator(".message-slot").count();
  await chat.page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  expect(await drawn()).toBe(length);
  await chat.page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await expect.poll(drawn).toBeLessThan(length / 2);
});

test("a reply streams into it and is followed, and leaves alone who reads further up", async ({
  openChat,
}) => {
  const chat = await openChat(server);
  await show(chat);
  await chat.send("Tell me a long story");
  await slot(chat.page, LENGTH + 1)
    .locator('[data-status="streaming"]')
    .waitFor();
  await expect.poll(() => distanceFromEnd(chat.page)).toBeLessThan(2);

  await chat.page.locator(".conversation__scroller").hover();
  await chat.page.mouse.wheel(0, -3_000);
  const jump = chat.page.getByRole("button", { name: /^(Jump to latest|New text below)$/ });
  await jump.waitFor();
  await settled(chat.page);
  const seen = await inView(chat.page);
  await slot(chat.page, LENGTH + 1)
    .locator('[data-status="complete"]')
    .waitFor({ state: "attached" });
  const after = await slot(chat.page, seen.index).evaluate((element) => element.getBoundingClientRect().top);
  expect(Math.abs(after - seen.top)).toBeLessThan(3);
  await jump.click();
  await expect.poll(() => distanceFromEnd(chat.page)).toBeLessThan(2);
});

/** The topmost message that begins in view. */
function inView(page: Page): Promise<{ index: number; top: number }> {
  return page.evaluate(() => {
    const scroller = document.querySelector(".conversation__scroller")!.getBoundingClientRect();
    const slots = [...document.querySelectorAll<HTMLElement>(".message-slot[data-index]")];
    const first = slots.find((element) => element.getBoundingClientRect().top >= scroller.top)!;
    return { index: Number(first.dataset.index), top: first.getBoundingClientRect().top };
  });
}

/** Once what came into view has been measured: some frames in which nothing changed its place. */
function settled(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const scroller = document.querySelector(".conversation__scroller")!;
    const state = () => `${scroller.scrollTop} ${scroller.scrollHeight}`;
    for (let still = 0, last = state(); still < 4;) {
      await new Promise(requestAnimationFrame);
      still = state() === last ? still + 1 : 0;
      last = state();
    }
  });
}
