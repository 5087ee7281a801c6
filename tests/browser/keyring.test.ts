import { afterAll, beforeAll, expect } from "vitest";
import { STATUS_KEY } from "~/browser/keyring/keyring-config";
import { longTest, test, type ServedApp } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { readSession } from "../fixtures/session-api";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { smallTargets, violations } from "../fixtures/browser/accessibility";
import { unreadableText } from "../fixtures/browser/readability";
import { createSoftwareAuthenticator } from "../fixtures/software-authenticator";
import { addVirtualAuthenticator } from "../fixtures/virtual-authenticator";

let cluster: Cluster;
/** Passkeys belong to host names, and an address is none. */
let served: ServedApp;

beforeAll(async () => {
  cluster = await startCluster({ size: 3, env: { DEMO_TOKENS_PER_SECOND: "2000" } });
  served = { url: cluster.url.replace("127.0.0.1", "localhost"), output: cluster.output };
});
afterAll(() => cluster.stop());

/** A node that was killed, and conditional requests that found nothing new. */
const LOST = [/Failed to load resource/];

async function closeSettings(chat: ChatPage) {
  await chat.page.keyboard.press("Escape");
  await chat.page.getByRole("dialog", { name: "Settings", exact: true }).waitFor({ state: "hidden" });
}

/** By a person who reads, listens or touches. */
async function expectUsable({ page }: ChatPage) {
  expect(await unreadableText(page)).toEqual([]);
  expect(await violations(page)).toEqual([]);
  const isTouched = await page.evaluate(() => matchMedia("(pointer: coarse)").matches);
  expect(await smallTargets(page, isTouched ? 44 : 24)).toEqual([]);
}

/** What comes out of the printer has the code, and nothing of the page behind it. */
async function printCode({ page, button }: ChatPage, code: string) {
  await page.evaluate(() => (window.print = () => undefined));
  await button("Print").click();
  await page.emulateMedia({ media: "print" });
  expect(await page.evaluate(() => document.body.innerText)).toMatch(
    new RegExp(`^Holdfast: recovery code\\s+${code}\\s+To use it, open http`),
  );
  await page.emulateMedia({ media: "screen" });
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  expect(await page.locator(".print-sheet").count()).toBe(0);
}

/** Turns the keyring on with a code, and proves that it was kept. @returns the code */
async function turnOnWithCode(chat: ChatPage): Promise<string> {
  const settings = await chat.openSettings();
  await settings.getByRole("button", { name: "Turn on with a recovery code" }).click();
  const dialog = chat.page.getByRole("dialog", { name: "Recovery code" });
  const code = await dialog.getByLabel("Recovery code").innerText();
  expect(code).toMatch(/^([0-9A-Z]{4}-){13}[0-9A-Z]{4}$/);
  await expectUsable(chat);
  await printCode(chat, code);
  await dialog.getByRole("button", { name: "I’ve saved it" }).click();
  await dialog.getByRole("textbox", { name: "Recovery code" }).fill(code.replace(/^..../, "0000"));
  await dialog.getByRole("button", { name: "Check" }).click();
  await dialog.getByText("At least one character is mistyped.").waitFor();
  await dialog.getByRole("textbox", { name: "Recovery code" }).fill(code.toLowerCase().replaceAll("-", " "));
  await chat.page.keyboard.press("Enter");
  await dialog.getByText("That is the right code.").waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
  await settings.getByText("On. This browser is up to date.").waitFor();
  await closeSettings(chat);
  return code;
}

async function joinWithCode(chat: ChatPage, code: string) {
  const settings = await chat.openSettings();
  await settings.getByRole("button", { name: "Open my list here" }).click();
  const dialog = chat.page.getByRole("dialog", { name: "Open my list here" });
  await dialog.getByRole("textbox", { name: "Recovery code" }).fill(code);
  await dialog.getByRole("button", { name: "Open with the code" }).click();
  await dialog.waitFor({ state: "hidden" });
  await closeSettings(chat);
}

/** As when a person clears the data of the site, or the browser does. */
async function clearStorage(chat: ChatPage) {
  await chat.page.evaluate(() => {
    localStorage.clear();
    sessionStorage.clear();
  });
  await chat.refresh();
}

const titlesIn = async (chat: ChatPage) =>
  Object.values(await chat.listed())
    .flat()
    .sort();

/** Whether the keyring lacks something that this browser has. */
function hasUnsentChanges({ page }: ChatPage): Promise<boolean> {
  return page.evaluate((key) => {
    const { phase, isWaiting } = JSON.parse(localStorage.getItem(key)!) as {
      phase: string;
      isWaiting: boolean;
    };
    return isWaiting || phase !== "on";
  }, STATUS_KEY);
}

test("a cleared browser gets everything back with a passkey, also the draft, though a node has died", async ({
  openChat,
}) => {
  const chat = await openChat(served, { expectErrors: LOST });
  await addVirtualAuthenticator(chat.page);
  await chat.ask("About tea");
  const settings = await chat.openSettings();
  await settings.getByRole("button", { name: "Turn on with a passkey" }).click();
  await settings.getByText("On. This browser is up to date.").waitFor();
  await expectUsable(chat);
  await closeSettings(chat);
  await chat.startNew();
  await chat.ask("About coffee");
  await chat.startNew();
  await chat.composer.fill("Not sent yet");
  await chat.page.waitForFunction(() =>
    Object.entries(localStorage).some(
      ([key, text]) => key.startsWith("holdfast.draft.") && text === "Not sent yet",
    ),
  );
  await expect.poll(() => hasUnsentChanges(chat)).toBe(false);

  await cluster.nodes[1]!.kill();
  try {
    await clearStorage(chat);
    await chat.showList();
    expect(await titlesIn(chat)).toEqual([]);
    const again = await chat.openSettings();
    await again.getByRole("button", { name: "Open my list here" }).click();
    const dialog = chat.page.getByRole("dialog", { name: "Open my list here" });
    await expectUsable(chat);
    await dialog.getByRole("button", { name: "Open with a passkey" }).click();
    await dialog.waitFor({ state: "hidden" });
    await closeSettings(chat);
    await chat.showList();
    await expect.poll(() => titlesIn(chat)).toEqual(["About coffee", "About tea"]);
    await expect.poll(() => chat.composer.inputValue()).toBe("Not sent yet");
  } finally {
    await cluster.nodes[1]!.start();
  }
});

longTest(
  "two browsers open one list by the same passkey, while a node dies, and then have the same",
  async ({ openChat }) => {
    const passkeys = createSoftwareAuthenticator();
    const laptop = await openChat(served, { expectErrors: LOST });
    await passkeys.addTo(laptop.page);
    await laptop.refresh();
    await laptop.ask("About tea");
    const settings = await laptop.openSettings();
    await settings.getByRole("button", { name: "Turn on with a passkey" }).click();
    await settings.getByText("On. This browser is up to date.").waitFor();
    await closeSettings(laptop);

    const phone = await openChat(served, { expectErrors: LOST });
    await passkeys.addTo(phone.page);
    await phone.refresh();
    await phone.ask("About coffee");
    await cluster.nodes[0]!.kill();
    try {
      await phone.openSettings();
      await phone.button("Open my list here").click();
      const dialog = phone.page.getByRole("dialog", { name: "Open my list here" });
      await dialog.getByRole("button", { name: "Open with a passkey" }).click();
      await dialog.waitFor({ state: "hidden" });
      await closeSettings(phone);
      await laptop.startNew();
      await laptop.ask("About juice");
      for (const each of [laptop, phone]) {
        await each.showList();
        await expect.poll(() => titlesIn(each)).toEqual(["About coffee", "About juice", "About tea"]);
      }
    } finally {
      await cluster.nodes[0]!.start();
    }
  },
);

longTest(
  "two devices have one list: by the code, then each sees what the other does",
  async ({ openChat }) => {
    const chat = await openChat(served, { expectErrors: LOST });
    await chat.ask("About tea");
    await chat.showList();
    await chat.page.getByText("Your conversations are listed in this browser only.").waitFor();
    const code = await turnOnWithCode(chat);
    await expect
      .poll(() => chat.page.getByText("Your conversations are listed in this browser only.").count())
      .toBe(0);

    const other = await openChat(served, { expectErrors: LOST });
    await other.ask("About coffee");
    await joinWithCode(other, code);
    for (const each of [chat, other]) {
      await each.showList();
      await expect.poll(() => titlesIn(each)).toEqual(["About coffee", "About tea"]);
    }
    // Deleted on one, gone on both.
    await other.chooseInList("About tea", "Delete");
    await expect.poll(() => titlesIn(chat), { timeout: 30_000 }).toEqual(["About coffee"]);
  },
);

longTest("a device joins by the link of the QR code, which works once", async ({ openChat }) => {
  const chat = await openChat(served, { expectErrors: LOST });
  await chat.ask("About tea");
  await turnOnWithCode(chat);
  const settings = await chat.openSettings();
  await settings.getByRole("button", { name: "Add a device" }).click();
  const dialog = chat.page.getByRole("dialog", { name: "Add a device" });
  await dialog.getByRole("button", { name: "Create link" }).click();
  await dialog.getByRole("img", { name: "QR code of the link" }).waitFor();
  const url = await dialog.getByRole("textbox", { name: "Link for the other device" }).inputValue();
  const path = url.slice(new URL(url).origin.length);

  const other = await openChat(served, { path, expectErrors: LOST });
  await other.page.getByText("This browser joins the list of your other device").waitFor();
  await expectUsable(other);
  await other.page.getByRole("checkbox").check();
  await other.button("Open my list here").click();
  await other.composer.waitFor();
  await other.showList();
  await expect.poll(() => titlesIn(other)).toEqual(["About tea"]);

  const late = await openChat(served, { path, expectErrors: LOST });
  await late.page.getByRole("checkbox").check();
  await late.button("Open my list here").click();
  await late.page.getByText("This link works only once").or(late.page.getByRole("alert")).first().waitFor();
});

longTest(
  "a lost device is locked out, also of the conversations, and a new code opens them on others",
  async ({ openChat }) => {
    const chat = await openChat(served, { expectErrors: LOST });
    await chat.ask("About tea");
    await chat.composer.fill("Not sent yet");
    const code = await turnOnWithCode(chat);
    const lost = await openChat(served, { expectErrors: LOST });
    await joinWithCode(lost, code);
    const before = await chat.stored();
    const oldId = await chat.sessionId();
    const isMoved = chat.page.waitForResponse((response) => response.url().endsWith("/api/session/move"));

    const settings = await chat.openSettings();
    await settings.getByRole("button", { name: "Manage" }).click();
    const overview = chat.page.getByRole("dialog", { name: "Your conversations on all your devices" });
    await expectUsable(chat);
    await overview.getByRole("button", { name: "A device was lost" }).click();
    const question = chat.page.getByRole("dialog", { name: "A device was lost" });
    await expectUsable(chat);
    expect(
      await question.getByRole("checkbox", { name: "Also move conversations to new ids" }).isChecked(),
    ).toBe(true);
    await question.getByRole("button", { name: "Lock out other devices" }).click();
    const shown = chat.page.getByRole("dialog", { name: "Recovery code" });
    const newCode = await shown.getByLabel("Recovery code").innerText();
    expect(newCode).not.toBe(code);

    expect((await isMoved).status()).toBe(201);
    await expect.poll(() => chat.sessionId()).not.toBe(oldId);
    const { rev: _, ...content } = before;
    expect(await chat.stored()).toMatchObject(content);
    expect(await readSession(cluster.url, oldId)).toBeNull();

    await lost.showList();
    await lost.page.getByText("The list was deleted, or replaced because a device was lost.").waitFor();
    const third = await openChat(served, { expectErrors: LOST });
    const thirdSettings = await third.openSettings();
    await thirdSettings.getByRole("button", { name: "Open my list here" }).click();
    const join = third.page.getByRole("dialog", { name: "Open my list here" });
    await join.getByRole("textbox", { name: "Recovery code" }).fill(code);
    await join.getByRole("button", { name: "Open with the code" }).click();
    await join.getByRole("alert").waitFor();
    await join.getByRole("textbox", { name: "Recovery code" }).fill(newCode);
    await join.getByRole("button", { name: "Open with the code" }).click();
    await join.waitFor({ state: "hidden" });
    await closeSettings(third);
    await third.showList();
    await expect.poll(() => titlesIn(third)).toEqual(["About tea"]);
    await third.openListed("About tea");
    await third.reply(0, "complete");
    await expect.poll(() => third.composer.inputValue()).toBe("Not sent yet");
  },
);

longTest(
  "a browser is forgotten, with its list or without, and the list is deleted for all",
  async ({ openChat }) => {
    const chat = await openChat(served, { expectErrors: LOST });
    await chat.ask("About tea");
    const code = await turnOnWithCode(chat);
    const other = await openChat(served, { expectErrors: LOST });
    await joinWithCode(other, code);

    const settings = await other.openSettings();
    await settings.getByRole("button", { name: "Manage" }).click();
    await other.button("Forget this browser").click();
    const forget = other.page.getByRole("dialog", { name: "Forget this browser" });
    await expectUsable(other);
    await forget.getByRole("checkbox").check();
    await forget.getByRole("button", { name: "Forget this browser" }).click();
    await forget.waitFor({ state: "hidden" });

    const own = await chat.openSettings();
    await own.getByRole("button", { name: "Manage" }).click();
    await chat.button("Delete the list from the server").click();
    const question = chat.page.getByRole("dialog", { name: "Delete the list from the server" });
    await question.getByRole("button", { name: "Delete from the server" }).click();
    await question.waitFor({ state: "hidden" });
    await own.getByRole("button", { name: "Turn on with a recovery code" }).waitFor();
    await closeSettings(chat);
    await chat.showList();
    expect(await titlesIn(chat)).toEqual(["About tea"]);
  },
);

longTest(
  "where a new passkey cannot be stored, the code is shown, as the only way to the list",
  async ({ openChat }) => {
    const chat = await openChat(served, { expectErrors: LOST });
    await createSoftwareAuthenticator().addTo(chat.page);
    const ids = new Set<string | null>();
    await chat.page.route("**/api/keyring", async (route) => {
      ids.add(await route.request().headerValue("X-Keyring-Id"));
      if (ids.size < 2) return route.fallback();
      return route.fulfill({ status: 413, json: { error: { code: "keyring_full", message: "Too long." } } });
    });
    await chat.refresh();
    const settings = await chat.openSettings();
    await settings.getByRole("button", { name: "Turn on with a passkey" }).click();
    const dialog = chat.page.getByRole("dialog", { name: "Recovery code" });
    await dialog.getByText("Your list is turned on, but without a passkey.").waitFor();
    expect(await dialog.getByLabel("Recovery code").innerText()).toMatch(/^([0-9A-Z]{4}-){13}[0-9A-Z]{4}$/);
  },
);

longTest("where passkeys cannot be used, the page says why, and the code serves", async ({ openChat }) => {
  const chat = await openChat(served, { expectErrors: LOST });
  await chat.page.addInitScript(() => {
    Object.defineProperty(window, "PublicKeyCredential", { value: undefined });
  });
  await chat.refresh();
  const settings = await chat.openSettings();
  await settings.getByText("The passkeys of this browser cannot store an encryption key.").waitFor();
  expect(await settings.getByRole("button", { name: "Turn on with a passkey" }).count()).toBe(0);
  await closeSettings(chat);
  await turnOnWithCode(chat);
});
