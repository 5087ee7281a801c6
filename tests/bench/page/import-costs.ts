import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { writeChatGptExport } from "../../fixtures/foreign-archive.ts";
import { cpuTime, traceMainThread, type MainThread } from "./main-thread.ts";

const CONVERSATIONS = 300;
const CHARACTERS = 100_000;

/** What reading an export costs the main thread, in milliseconds of processor time. */
export type ImportCosts = {
  /** The longest time in which nothing else is done: what is typed waits so long. */
  longestMs: number;
  totalMs: number;
};

export type ImportCostsBeside = { fileMb: number; imported: ImportCosts; parsedWhole: ImportCosts };

/** Imports an export of ChatGPT, and beside it parses the same file in one piece, which keeps nothing of it. */
export async function importCosts(browser: Browser, url: string): Promise<ImportCostsBeside> {
  const home = await mkdtemp(join(tmpdir(), "holdfast-import-"));
  try {
    const path = join(home, "conversations.json");
    await writeChatGptExport(path, CONVERSATIONS, CHARACTERS);
    const fileMb = (await stat(path)).size / 1_000_000;
    const imported = await inPage(browser, url, (page) => costOfImport(browser, page, path));
    const parsedWhole = await inPage(browser, url, (page) => costOfParsing(browser, page, path));
    return { fileMb, imported, parsedWhole };
  } finally {
    await rm(home, { recursive: true });
  }
}

async function inPage<T>(browser: Browser, url: string, act: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  const result = await act(page);
  await context.close();
  return result;
}

async function costOfImport(browser: Browser, page: Page, path: string): Promise<ImportCosts> {
  await page.getByRole("button", { name: "Settings" }).click();
  const field = page.getByLabel("Import…", { exact: true }).and(page.locator("input"));
  await field.waitFor({ state: "attached" });
  return costsOf(
    await traceMainThread(browser, page, async () => {
      await field.setInputFiles(path);
      // All but one, which is damaged.
      await page.getByText(`Imported: ${CONVERSATIONS - 1}`).waitFor({ timeout: 600_000 });
    }),
  );
}

async function costOfParsing(browser: Browser, page: Page, path: string): Promise<ImportCosts> {
  await page.setContent('<input type="file">');
  return costsOf(
    await traceMainThread(browser, page, async () => {
      await page.locator("input").setInputFiles(path);
      await page.locator("input").evaluate(async (input: HTMLInputElement) => {
        const text = await input.files![0]!.text();
        // Without the conversation in the middle, whose brackets do not match.
        return (JSON.parse(text.replace(/\{"title": "The damaged one".*?\]\}\}/, "{}")) as unknown[]).length;
      });
    }),
  );
}

function costsOf(thread: MainThread): ImportCosts {
  return { longestMs: Math.max(...thread.tasks.map(({ cpu }) => cpu)), totalMs: cpuTime(thread) };
}
