import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { docxFile, paragraph } from "../fixtures/office-files";
import type { ChatPage } from "../fixtures/browser/chat-page";
import { PDF, pngFile } from "../fixtures/sample-files";
import { PHONE, screenOr } from "../fixtures/browser/screens";

const context = screenOr(PHONE);

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({
    env: {
      DEMO_TOKENS_PER_SECOND: "2000",
      MODELS: JSON.stringify([
        { id: "demo/demo", name: "Seeing", accepts: ["image", "document"] },
        { id: "demo/reader", name: "Reading", accepts: ["document"] },
        { id: "demo/blind", name: "Blind", accepts: [] },
      ]),
    },
  });
});
afterAll(() => server.stop());

const picture = { name: "sunset.png", mimeType: "image/png", buffer: pngFile(60, 40) };
const plan = { name: "plan.pdf", mimeType: "application/pdf", buffer: PDF };
const notes = { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# Notes\n\nBuy tea.") };

const chips = ({ page }: ChatPage) => page.getByRole("list", { name: "Files to send" }).getByRole("listitem");
const input = ({ page }: ChatPage) => page.getByTestId("file-input");
const ready = (chat: ChatPage) => chat.page.locator('.draft-file[data-state="uploaded"]');

/** Chooses files by the button's own dialog. */
async function choose(chat: ChatPage, ...files: (typeof picture)[]) {
  const chooser = chat.page.waitForEvent("filechooser");
  await chat.button("Attach files").click();
  await (await chooser).setFiles(files);
}

async function sendNow(chat: ChatPage) {
  await chat.page.locator('button[aria-label="Send"]:not([aria-disabled="true"])').click();
}

/** How wide the browser has drawn an image: 0 until it has. */
const drawnWidth = (page: Page, selector: string) =>
  page.locator(selector).evaluate((image: HTMLImageElement) => image.naturalWidth);

test("chosen files go with the message, can be looked at and downloaded, also after a refresh", async ({
  openChat,
}) => {
  const chat = await openChat(server, { context });
  await choose(chat, picture, plan);
  await expect.poll(() => ready(chat).count()).toBe(2);
  expect(await chips(chat).allInnerTexts()).toEqual([
    expect.stringContaining("sunset.png") as string,
    expect.stringContaining("plan.pdf") as string,
  ]);
  await chat.composer.fill("What are these?");
  await sendNow(chat);
  const answer = await chat.reply(0, "complete");
  expect(await answer.innerText()).toContain("sunset.png");
  expect(await chips(chat).count()).toBe(0);

  await chat.refresh();
  await chat.reply(0, "complete");
  await expect.poll(() => drawnWidth(chat.page, ".message-files__image img")).toBe(60);
  await chat.button("Open sunset.png").click();
  const dialog = chat.page.getByRole("dialog", { name: "sunset.png" });
  await dialog.getByRole("img", { name: "sunset.png" }).waitFor();
  // As wide as the picture and the page allow, not as other dialogs.
  expect(await dialog.evaluate((element) => getComputedStyle(element).maxWidth)).toBe(
    `${context.viewport.width - 24}px`,
  );
  const saved = chat.page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download" }).click();
  expect((await saved).suggestedFilename()).toBe("sunset.png");
  await chat.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  const document = chat.page.waitForEvent("download");
  await chat.button("Download plan.pdf").click();
  const stream = await (await document).createReadStream();
  const bytes: Buffer[] = [];
  for await (const piece of stream) bytes.push(piece as Buffer);
  expect(Buffer.concat(bytes)).toEqual(PDF);
});

longTest(
  "a file that was uploaded and not sent is there after a refresh, and can be removed",
  async ({ openChat }) => {
    const chat = await openChat(server, { context });
    await choose(chat, picture, notes);
    await expect.poll(() => ready(chat).count()).toBe(2);
    await chat.refresh();
    await expect.poll(() => ready(chat).count()).toBe(2);
    await expect.poll(() => drawnWidth(chat.page, ".draft-file img")).toBe(60);
    await chat.button("Remove sunset.png").click();
    expect(await chips(chat).count()).toBe(1);
    // On a touch screen that would bring up the keyboard.
    const isFocused = await chat.composer.evaluate((element) => element === document.activeElement);
    expect(isFocused).toBe(!context.hasTouch);
    // Nothing but a file is a message, too.
    await sendNow(chat);
    await chat.reply(0, "complete");
    expect((await chat.stored()).messages[0]?.parts).toMatchObject([
      { type: "file", mediaType: "text/markdown", filename: "notes.md" },
    ]);
    await chat.refresh();
    expect(await chips(chat).count()).toBe(0);
  },
);

longTest(
  "what the model does not take is said before it is sent, and goes when another is chosen",
  async ({ openChat }) => {
    const chat = await openChat(server, { context });
    await choose(chat, picture);
    await chat.composer.fill("Look");
    await chat.chooseModel("Reading");
    const refusal = chat.page.getByRole("alert").filter({ hasText: "Reading does not support images." });
    await refusal.waitFor();
    expect(await chat.button("Send").getAttribute("aria-disabled")).toBe("true");
    await chat.composer.press("Control+Enter");
    expect(await chat.mine.count()).toBe(0);

    await chat.chooseModel("Blind");
    await chat.page.getByText("Blind does not support images. Choose another model").waitFor();
    await chat.button("Remove sunset.png").click();
    await choose(chat, notes);
    await chat.page.getByText("Blind cannot be given").waitFor({ state: "detached" });
    await chat.chooseModel("Seeing");
    await sendNow(chat);
    await chat.reply(0, "complete");
  },
);

longTest(
  "a Word document is attached as its text, for a model that takes text only",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await chat.chooseModel("Blind");
    const buffer = Buffer.from(docxFile(paragraph("Meet at noon")));
    await choose(chat, { name: "plan.docx", mimeType: "application/octet-stream", buffer });
    await expect.poll(() => ready(chat).count()).toBe(1);
    await sendNow(chat);
    await chat.reply(0, "complete");
    const [part] = (await chat.stored()).messages[0]!.parts;
    expect(part).toMatchObject({ mediaType: "text/plain", filename: "plan.docx.html", size: 19 });
  },
);

longTest("files can be dropped anywhere on the page", async ({ openChat }) => {
  const chat = await openChat(server);
  const carried = await chat.page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["a,b\n1,2\n"], "table.csv", { type: "text/csv" }));
    return data;
  });
  const zone = chat.page.getByTestId("drop-zone");
  await chat.page.dispatchEvent("body", "dragover", { dataTransfer: carried });
  await zone.waitFor();
  await chat.page.dispatchEvent("body", "dragleave", { dataTransfer: carried, relatedTarget: null });
  await zone.waitFor({ state: "detached" });
  await chat.page.dispatchEvent("body", "dragover", { dataTransfer: carried });
  await chat.page.dispatchEvent("body", "drop", { dataTransfer: carried });
  await zone.waitFor({ state: "detached" });
  await expect.poll(() => ready(chat).allInnerTexts()).toEqual([expect.stringContaining("table.csv")]);
});

longTest("a picture can be pasted, and pasted text stays text", async ({ openChat }) => {
  const chat = await openChat(server);
  const paste = (withText: boolean) =>
    chat.composer.evaluate(
      (element, [bytes, withText]) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([Uint8Array.from(bytes)], "image.png", { type: "image/png" }));
        if (withText) clipboardData.items.add("some words", "text/plain");
        const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
        return element.dispatchEvent(event);
      },
      [[...picture.buffer], withText] as const,
    );
  expect(await paste(true)).toBe(true);
  expect(await chips(chat).count()).toBe(0);
  expect(await paste(false)).toBe(false);
  await expect.poll(() => ready(chat).allInnerTexts()).toEqual([expect.stringContaining("image.png")]);
});

longTest(
  "a file that cannot be taken says why, and the message waits until it is removed",
  async ({ openChat }) => {
    const chat = await openChat(server);
    await input(chat).setInputFiles([
      { name: "program.bin", mimeType: "application/octet-stream", buffer: Buffer.from([0x7f, 0x45, 0, 0]) },
      { name: "long.txt", mimeType: "text/plain", buffer: Buffer.alloc(4_500_001, "x") },
      notes,
    ]);
    await expect.poll(() => ready(chat).count()).toBe(1);
    await chat.page.getByText("This file type is not supported").waitFor();
    await chat.page.getByText("The file is too large: the limit is 4.5 MB.").waitFor();
    await chat.composer.fill("Hello");
    expect(await chat.button("Send").getAttribute("aria-disabled")).toBe("true");
    await chat.button("Remove program.bin").click();
    await chat.button("Remove long.txt").click();
    await sendNow(chat);
    await chat.reply(0, "complete");
  },
);

longTest("a large photo is made smaller before it is uploaded", async ({ openChat }) => {
  const chat = await openChat(server);
  // Noise does not compress, so that a PNG of it is large.
  await input(chat).evaluate(async (element: HTMLInputElement) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2_400, height: 1_200 });
    const context = canvas.getContext("2d")!;
    const image = context.createImageData(canvas.width, canvas.height);
    for (let at = 0; at < image.data.length; at += 65_536) {
      crypto.getRandomValues(image.data.subarray(at, Math.min(at + 65_536, image.data.length)));
    }
    context.putImageData(image, 0, 0);
    const blob = await new Promise<Blob>((resolve) => canvas.toBlob((made) => resolve(made!)));
    if (blob.size < 4_500_000) throw new Error("The photo is too small for this test.");
    const data = new DataTransfer();
    data.items.add(new File([blob], "noise.png", { type: "image/png" }));
    element.files = data.files;
    element.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await expect.poll(() => ready(chat).allInnerTexts(), { timeout: 20_000 }).toHaveLength(1);
  expect(await chips(chat).innerText()).toContain("noise.jpg");
  expect(await drawnWidth(chat.page, ".draft-file img")).toBe(2_048);
});

longTest("an upload that fails can be tried again", async ({ openChat }) => {
  const chat = await openChat(server, { expectErrors: [/status of 503/] });
  let isFull = true;
  await chat.page.route("**/api/session/attachments", (route) =>
    isFull
      ? route.fulfill({
          status: 503,
          json: { error: { code: "volume_unavailable", message: "The storage is full." } },
        })
      : route.continue(),
  );
  await input(chat).setInputFiles(notes);
  await chat.button("Upload notes.md again").waitFor({ timeout: 30_000 });
  isFull = false;
  await chat.button("Upload notes.md again").click();
  await expect.poll(() => ready(chat).count()).toBe(1);
});

longTest(
  "deleting the conversation deletes its files on the server and in the browser's cache",
  async ({ openChat }) => {
    // To ask for what is gone is what makes the browser forget it.
    const expectErrors = [/status of 404 .*attachments/, /ERR_CACHE_MISS/];
    const chat = await openChat(server, { expectErrors, clockAhead: 0 });
    await input(chat).setInputFiles([picture, notes]);
    await expect.poll(() => ready(chat).count()).toBe(2);
    await sendNow(chat);
    await chat.reply(0, "complete");
    await chat.refresh();
    await expect.poll(() => drawnWidth(chat.page, ".message-files__image img")).toBe(60);
    const sessionId = await chat.sessionId();
    const key = await chat.sessionHash();
    const id = (await chat.stored()).messages[0]!.parts.flatMap((part) =>
      part.type === "file" && part.mediaType === "image/png" ? [part.url.slice("attachment:".length)] : [],
    )[0]!;
    const isCached = () =>
      chat.page.evaluate(
        async ([id, sessionId]) => {
          const options = { cache: "only-if-cached", mode: "same-origin" } as const;
          const headers = { "X-Session-Id": sessionId! };
          const url = `/api/session/attachments/${id!}`;
          return fetch(url, { ...options, headers }).then(
            ({ ok }) => ok,
            () => false,
          );
        },
        [id, sessionId],
      );
    expect(await isCached()).toBe(true);
    await chat.deleteConversation();
    await chat.emptyState.waitFor();
    // When it cannot be undone any more.
    await chat.page.clock.fastForward(11_500);
    const shard = join(server.dataDir, "attachments", key.slice(0, 2));
    await expect.poll(() => readdir(shard)).not.toContain(key);
    await expect.poll(isCached).toBe(false);
  },
);

longTest("a question that is edited keeps its files, and needs no words for that", async ({ openChat }) => {
  const chat = await openChat(server);
  await input(chat).setInputFiles(picture);
  await expect.poll(() => ready(chat).count()).toBe(1);
  await chat.composer.fill("What is this?");
  await sendNow(chat);
  await chat.reply(0, "complete");
  await chat.mine.first().hover();
  await chat.mine.first().getByRole("button", { name: "Edit" }).click();
  const editor = chat.page.locator(".editor textarea");
  await editor.fill("");
  await editor.press("Control+Enter");
  await chat.page.locator('[data-status="complete"]').getByText("I was given this file").waitFor();
  await expect
    .poll(async () => (await chat.stored()).messages.filter(({ role }) => role === "user"))
    .toHaveLength(2);
  const parts = (await chat.stored()).messages.flatMap(({ role, parts }) => (role === "user" ? [parts] : []));
  expect(parts[1]).toEqual(parts[0]!.slice(0, 1));
});
