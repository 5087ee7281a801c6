import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { encodeDocument } from "../../app/browser/keyring/sealing/document-codec.ts";
import { toRecoveryCode } from "../../app/browser/keyring/sealing/recovery-code.ts";
import { sealBase } from "../../app/browser/keyring/sealing/frames.ts";
import {
  cipherOf,
  newSecret,
  secretToText,
  type KeyringSecret,
} from "../../app/browser/keyring/sealing/secret.ts";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { wideTest } from "../fixtures/browser/browser-test";
import type { ChatPage } from "../fixtures/browser/chat-page";

let server: AppServer;

beforeAll(async () => {
  server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "2000", LOG_LEVEL: "debug" } });
});
afterAll(() => server.stop());

// Two devices that write at the same moment: the later one merges, and writes again.
const expectErrors = [/409 \(Conflict\).*keyring/];

/** Makes an empty keyring, as a browser does. */
async function newKeyring(): Promise<KeyringSecret> {
  const secret = newSecret();
  const cipher = cipherOf(secret);
  const { bytes } = sealBase(cipher, 1, encodeDocument({ entries: new Map(), horizon: 0 }));
  const response = await fetch(`${server.url}/api/keyring`, {
    method: "PUT",
    headers: { "X-Keyring-Id": cipher.id, "If-Match": '"0"', "Content-Type": "application/json" },
    body: JSON.stringify({ sealed: Buffer.from(bytes).toString("base64url") }),
  });
  expect(response.status).toBe(200);
  return secret;
}

/** The browser has the secret from now on. */
async function give(chat: ChatPage, secret: KeyringSecret, device: string): Promise<void> {
  await chat.page.evaluate(
    (config) => localStorage.setItem("holdfast.keyring", config),
    JSON.stringify({ secret: secretToText(secret), device, retired: [] }),
  );
  await chat.refresh();
}

const phase = (chat: ChatPage) =>
  chat.page.evaluate(() => {
    const status = localStorage.getItem("holdfast.keyring.status");
    return status ? (JSON.parse(status) as { phase: string; isWaiting: boolean }) : null;
  });

wideTest(
  "two browsers with one keyring have the same list, drafts and deletions, and one that was cleared has them back",
  { timeout: 120_000 },
  async ({ openChat }) => {
    const secret = await newKeyring();
    const laptop = await openChat(server, { expectErrors });
    await give(laptop, secret, "laptop");
    await expect.poll(() => phase(laptop)).toMatchObject({ phase: "on" });
    await laptop.ask("About tea");
    const phone = await openChat(server, { expectErrors });
    await give(phone, secret, "phone");
    await phone.openListed("About tea");
    await phone.reply(0, "complete");

    // While both are open: a new conversation, and a draft in one that exists.
    await phone.startNew();
    await phone.ask("About coffee");
    await laptop.conversations.getByText("About coffee").waitFor();
    await laptop.composer.fill("Not sent");
    await phone.openListed("About tea");
    await expect.poll(() => phone.composer.inputValue()).toBe("Not sent");

    // A browser that lost everything.
    await expect.poll(() => phase(laptop)).toMatchObject({ phase: "on", isWaiting: false });
    const restored = await openChat(server, { expectErrors });
    await give(restored, secret, "restored");
    await restored.openListed("About tea");
    await expect.poll(() => restored.composer.inputValue()).toBe("Not sent");
    await restored.openListed("About coffee");
    await restored.reply(0, "complete");

    // A deletion removes it everywhere.
    await restored.deleteConversation();
    await laptop.conversations.getByText("About coffee").waitFor({ state: "detached", timeout: 40_000 });
    await phone.conversations.getByText("About coffee").waitFor({ state: "detached" });

    // Neither a log nor a file has what names or opens the keyring, nor what is in it alone.
    const ids = await laptop.page.evaluate(() =>
      Object.entries(localStorage).flatMap(([key, entry]) =>
        key.startsWith("holdfast.entry.")
          ? ((JSON.parse(entry as string) as { id?: string[] }).id?.[0] ?? [])
          : [],
      ),
    );
    expect(ids.length).toBeGreaterThan(0);
    const names = readdirSync(server.dataDir, { recursive: true, withFileTypes: true });
    expect(names.some(({ parentPath }) => parentPath.includes("keyrings"))).toBe(true);
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const text of [
      cipherOf(secret).id,
      secretToText(secret),
      toRecoveryCode(secret),
      "Not sent",
      ...ids,
    ]) {
      expect(files.filter((path) => path.includes(text) || readFileSync(path).includes(text))).toEqual([]);
      expect(server.output()).not.toContain(text);
    }
  },
);
