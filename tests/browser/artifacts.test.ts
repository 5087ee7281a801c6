import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longTest, test } from "../fixtures/browser/browser-test";
import { chatPage } from "../fixtures/browser/chat-page";
import { launchChromium } from "../fixtures/browser/chromium";
import { delta, startChatEndpoint, streamWhole, type ChatEndpoint } from "../fixtures/models/chat-endpoint";
import { picture } from "../fixtures/browser/picture";

/** A model that says what it is told, and a server that nothing may reach. */
let model: ChatEndpoint;
let server: AppServer;
let outside: Server;
let connections = 0;
let says = "";

beforeAll(async () => {
  model = await startChatEndpoint((response) => {
    streamWhole(response, delta({ content: says }), delta({}, "stop"));
  });
  outside = createServer((_, response) => response.end("<h1>outside</h1>")).on(
    "connection",
    () => (connections += 1),
  );
  await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
  server = await startAppServer({
    env: model.env("echo"),
  });
});
afterAll(async () => {
  await server?.stop();
  await model?.close();
  outside?.closeAllConnections();
  outside?.close();
});

const html = (body: string) => `Here it is:\n\n\`\`\`html\n${body}\n\`\`\`\n`;
const panel = (page: Page) => page.getByRole("complementary", { name: "Preview" });
const frame = (page: Page) => page.frameLocator("iframe.artifact__frame");

describe("a block of HTML", () => {
  test("opens beside the conversation with its versions, source, copy and download", async ({ openChat }) => {
    const chat = await openChat(server);
    const { page } = chat;
    says = html("<h1>One</h1><script>document.body.append('it runs')</script>");
    await chat.send("A page");
    await chat.reply(0, "complete");
    says = html("<h1>Two</h1>");
    await chat.send("Another");
    await chat.reply(1, "complete");
    expect(await page.locator("iframe.artifact__frame").count()).toBe(0);
    await page.getByRole("button", { name: "Open preview" }).last().click();
    await frame(page).getByRole("heading", { name: "Two" }).waitFor();
    await picture(page, "artifact");
    await panel(page).getByRole("button", { name: "Previous version" }).click();
    await frame(page).getByRole("heading", { name: "One" }).waitFor();
    await frame(page).getByText("it runs").waitFor();
    await panel(page).getByRole("button", { name: "Source" }).click();
    await panel(page).getByText("<h1>One</h1>").first().waitFor();
    const download = page.waitForEvent("download");
    await panel(page).getByRole("button", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toBe("artifact.html");
    await panel(page).getByRole("button", { name: "Close" }).click();
    await expect.poll(() => panel(page).count()).toBe(0);
  });

  test("has an opaque origin, and reaches no other server by any way", async ({ openChat }) => {
    const chat = await openChat(server, { expectErrors: [/./], expectRequests: [/./] });
    const { page } = chat;
    const url = `http://127.0.0.1:${String((outside.address() as AddressInfo).port)}`;
    says = html(`<link rel="stylesheet" href="${url}/a.css"><link rel="prefetch" href="${url}/b">
<style>@import "${url}/c.css"; body { background: url("${url}/d.png") }</style>
<img src="${url}/e.png"><video src="${url}/f.mp4"></video><iframe src="${url}/g"></iframe>
<script src="${url}/h.js"></script><object data="${url}/i"></object>
<form id="form" action="${url}/j" method="post"></form><a id="link" href="${url}/k" target="_blank">k</a>
<p id="result"></p>
<script>
  const tried = {};
  const attempt = (name, work) => { try { tried[name] = String(work()); } catch (error) { tried[name] = "refused"; } };
  attempt("parent", () => parent.document.title);
  attempt("storage", () => localStorage.length);
  attempt("cookie", () => document.cookie);
  attempt("peer", () => new RTCPeerConnection());
  attempt("window", () => open("${url}/l"));
  attempt("top", () => { top.location = "${url}/m"; });
  attempt("socket", () => new WebSocket("${url.replace("http", "ws")}/n"));
  attempt("source", () => new EventSource("${url}/o"));
  attempt("beacon", () => navigator.sendBeacon("${url}/p", "x"));
  attempt("worker", () => new Worker("${url}/q.js"));
  document.getElementById("form").submit();
  document.getElementById("link").click();
  fetch("${url}/r").catch(() => fetch("/api/models")).then(
    () => "reached", () => "refused",
  ).then((own) => { result.textContent = self.origin + " " + own + " " + JSON.stringify(tried); });
</script>`);
    await chat.send("A page");
    await chat.reply(0, "complete");
    await page.getByRole("button", { name: "Open preview" }).click();
    const result = frame(page).locator("#result");
    await expect.poll(() => result.textContent()).toContain("refused");
    const text = (await result.textContent())!;
    expect(text.startsWith("null refused ")).toBe(true);
    expect(JSON.parse(text.slice("null refused ".length))).toMatchObject({
      parent: "refused",
      storage: "refused",
      cookie: "refused",
      peer: "refused",
      window: "null",
    });
    expect(page.url().startsWith(server.url)).toBe(true);
    // At last it tries to take its own frame away.
    const left = page.frames().find((each) => each.url().endsWith("/artifacts"))!;
    await left.evaluate((to) => void (location.href = to), `${url}/s`).catch(() => undefined);
    await left.waitForURL(/./).catch(() => undefined);
    await page.reload();
    await chat.reply(0, "complete");
    expect(connections).toBe(0);
  });

  longTest("sends nothing by the peer connections of frames within it", async ({ openChat }) => {
    const listener = createSocket("udp4").bind(0, "127.0.0.1");
    await once(listener, "listening");
    const heard = new Set<string>();
    listener.on("message", (_, { port }) => heard.add(String(port)));
    const chat = await openChat(server, { expectErrors: [/./], expectRequests: [/./] });
    const { page } = chat;
    const stun = `stun:127.0.0.1:${String(listener.address().port)}`;
    const script = `const peer = new RTCPeerConnection({ iceServers: [{ urls: '${stun}' }] });
      peer.createDataChannel('x'); peer.createOffer().then((offer) => peer.setLocalDescription(offer));`;
    const within = `<iframe srcdoc="<script>${script}</script>"></iframe>`;
    const inShadow = `<div><template shadowrootmode="closed">${within}</template></div>`;
    says = html(`${within}${inShadow}
<script>
  const within = ${JSON.stringify(within).replaceAll("</", "<\\/")};
  const inShadow = ${JSON.stringify(inShadow).replaceAll("</", "<\\/")};
  const attempt = (work) => { try { work(document.body.appendChild(document.createElement("div"))); } catch {} };
  attempt((place) => { place.innerHTML = within; });
  attempt((place) => { place.attachShadow({ mode: "closed" }).innerHTML = within; });
  attempt((place) => place.setHTMLUnsafe(inShadow));
  attempt(() => document.write(inShadow + "<b>written</b>"));
  attempt((place) => {
    const frame = document.createElementNS("http://www.w3.org/1999/xhtml", "x:iframe");
    frame.setAttribute("srcdoc", place.innerHTML = within.slice(16, -11));
    place.replaceChildren(frame);
  });
</script>
<p>the end</p>`);
    await chat.send("A page");
    await chat.reply(0, "complete");
    await page.getByRole("button", { name: "Open preview" }).click();
    await frame(page).getByText("the end").waitFor();
    await frame(page).getByText("written").waitFor();
    // A connection of the page itself is heard, after whatever the frames have sent.
    await page.evaluate(script);
    await expect.poll(() => heard.size).toBeGreaterThan(0);
    const ofPage = heard.size;
    expect(await frame(page).locator("iframe").count()).toBe(0);
    expect(page.frames().length).toBe(2);
    expect(ofPage).toBe(1);
    listener.close();
  });

  longTest("that loops for ever stops nothing but its frame, where frames have processes", async () => {
    // Chrome and Edge on computers give them some; Chromium without a desktop does so only when told.
    const browser = await launchChromium(["--site-per-process"]);
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const chat = chatPage(page, server.url);
    await page.exposeFunction("tellSecret", () => undefined);
    await chat.open();
    // The message leaves the frame in a task of its own.
    says = html("<script>parent.postMessage('loops', '*'); setTimeout(() => { for (;;); }, 50);</script>");
    await chat.send("A loop");
    await chat.reply(0, "complete");
    const looping = page.evaluate(
      () => new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data))),
    );
    await page.getByRole("button", { name: "Open preview" }).click();
    expect(await looping).toBe("loops");
    says = "Still here.";
    await chat.send("And now?");
    await chat.reply(1, "complete");
    await panel(page).getByRole("button", { name: "Close" }).click();
    await expect.poll(() => panel(page).count()).toBe(0);
  });

  longTest("opens behind a link, too, and SVG is shown as well", async ({ openChat }) => {
    const chat = await openChat(server, {
      context: { permissions: ["clipboard-read", "clipboard-write"] },
    });
    const { page } = chat;
    says =
      '```svg\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text y="5">drawn</text></svg>\n```\n';
    await chat.send("A drawing");
    await chat.reply(0, "complete");
    await chat.choose("Share");
    await page.getByRole("dialog").getByRole("button", { name: /link/i }).first().click();
    await page.getByRole("dialog").getByRole("status").filter({ hasText: /\S/ }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const reader = await openChat(server, {
      path: link.slice(server.url.length),
    });
    await reader.page.getByRole("button", { name: "Open preview" }).click();
    await frame(reader.page).getByText("drawn").waitFor();
    await picture(reader.page, "artifact-shared");
  });
});
