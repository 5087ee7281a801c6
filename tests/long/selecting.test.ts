import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { test, wideTest } from "../fixtures/browser/browser-test";
import { hasFocus, type ChatPage } from "../fixtures/browser/chat-page";
import { animationsEnded } from "../fixtures/browser/animations-ended";
import { fillList } from "../fixtures/browser/fill-list";
import { PHONE, WIDE } from "../fixtures/browser/screens";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer();
});
afterAll(() => server.stop());

const rowOf = (chat: ChatPage, number: number) =>
  chat.conversations.getByRole("checkbox", { name: `Number ${number}`, exact: true });

async function selectedIn(chat: ChatPage): Promise<string[]> {
  const boxes = chat.conversations.locator("input:checked");
  return boxes.evaluateAll((all) => all.map((box) => box.ariaLabel ?? ""));
}

const numbers = (...of: number[]) => of.map((number) => `Number ${number}`);

test("a click with Shift selects all from the last one, and with Shift the keyboard does", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context: WIDE, expectErrors: [/404/] });
  const { keyboard } = chat.page;
  await fillList(chat, 12);
  await chat.chooseInList("Number 2", "Select…");
  await chat.conversations.getByText("Number 5", { exact: true }).click({ modifiers: ["Shift"] });
  expect(await selectedIn(chat)).toEqual(numbers(2, 3, 4, 5));
  expect(await chat.page.evaluate(() => String(getSelection()))).toBe("");
  // What was taken out last takes out the others.
  await rowOf(chat, 4).uncheck();
  await rowOf(chat, 3).click({ modifiers: ["Shift"] });
  expect(await selectedIn(chat)).toEqual(numbers(2, 5));

  await rowOf(chat, 8).focus();
  await keyboard.press("Space");
  await keyboard.press("Shift+ArrowDown");
  await keyboard.press("Shift+ArrowDown");
  expect(await selectedIn(chat)).toEqual(numbers(2, 5, 8, 9, 10));
  expect(await hasFocus(rowOf(chat, 10))).toBe(true);
  await keyboard.press("ArrowUp");
  await keyboard.press("ArrowUp");
  await keyboard.press("ArrowUp");
  await keyboard.press("Shift+Space");
  expect(await selectedIn(chat)).toEqual(numbers(2, 5, 7, 8, 9, 10));
  await chat.page.getByText("6 selected").waitFor();
});

wideTest(
  "when the bar of a selection, a folder or a notice goes, the focus is in the message box",
  async ({ openChat }) => {
    const chat = await openChat(server, { context: WIDE, expectErrors: [/404/] });
    const { page, composer } = chat;
    await fillList(chat, 3);
    await page.getByRole("button", { name: "Not now" }).click();
    await expect.poll(() => hasFocus(composer)).toBe(true);

    await chat.chooseInList("Number 2", "Select…");
    await page.getByRole("button", { name: "Cancel selection" }).click();
    await expect.poll(() => hasFocus(composer)).toBe(true);

    await chat.chooseInList("Number 2", "Move to folder…");
    await page.getByRole("textbox", { name: "New folder" }).fill("Drinks");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete folder “Drinks”" }).press("Enter");
    await expect.poll(() => hasFocus(composer)).toBe(true);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await expect.poll(() => hasFocus(composer)).toBe(true);
  },
);

test("on a phone a long press of a row begins a selection, and scrolling does not", async ({ openChat }) => {
  const chat = await openChat(server, { context: PHONE, clockAhead: 0, expectErrors: [/404/] });
  await fillList(chat, 12);
  await chat.openDrawer();
  await animationsEnded(chat.page);
  const cdp = await chat.page.context().newCDPSession(chat.page);
  const place = async (title: string) => {
    const box = (await chat.conversations.getByText(title, { exact: true }).boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) =>
    cdp.send("Input.dispatchTouchEvent", { type, touchPoints });

  const { x, y } = await place("Number 3");
  await touch("touchStart", { x, y });
  await rowOf(chat, 3).waitFor();
  await touch("touchEnd");
  expect(await selectedIn(chat)).toEqual(numbers(3));
  await chat.conversations.getByText("Number 6", { exact: true }).tap();
  await expect.poll(() => selectedIn(chat)).toEqual(numbers(3, 6));
  await chat.button("Cancel selection").click();

  await touch("touchStart", { x, y });
  await touch("touchMove", { x, y: y - 30 });
  // Longer than a long press takes.
  await chat.page.clock.fastForward(2_000);
  await touch("touchEnd");
  expect(await rowOf(chat, 3).count()).toBe(0);
});
