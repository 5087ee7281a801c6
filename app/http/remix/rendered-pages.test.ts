import { expect, test } from "vitest";
import { createRenderedPages } from "./rendered-pages";

function setUp() {
  let nonces = 0;
  let rendered = 0;
  const pages = createRenderedPages(() => `nonce-${++nonces}.`);
  const render = (text: string) => (nonce: string) => {
    rendered += 1;
    return Promise.resolve(`<script nonce="${nonce}">${text}</script><script nonce="${nonce}">`);
  };
  return {
    get: (state: string | null) => pages.get(state, render(state ?? "none")),
    rendered: () => rendered,
  };
}

test("a page is rendered once for each state, and sent with a new nonce each time", async () => {
  const { get, rendered } = setUp();
  const answers = await Promise.all([get("a"), get("a"), get("b")]);
  answers.push(await get("a"));
  expect(rendered()).toBe(2);
  expect(new Set(answers.map(({ nonce }) => nonce)).size).toBe(4);
  for (const [index, { html, nonce }] of answers.entries()) {
    const text = index === 2 ? "b" : "a";
    expect(html).toBe(`<script nonce="${nonce}">${text}</script><script nonce="${nonce}">`);
  }
});

test("a page without a state is rendered each time, and few states are cached", async () => {
  const { get, rendered } = setUp();
  await get(null);
  await get(null);
  expect(rendered()).toBe(2);
  for (let state = 0; state < 40; state++) await get(String(state));
  await get("39");
  expect(rendered()).toBe(42);
  await get("0");
  expect(rendered()).toBe(43);
});

test("a page that could not be rendered is rendered again", async () => {
  const pages = createRenderedPages();
  await expect(pages.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect((await pages.get("a", () => Promise.resolve("yes"))).html).toBe("yes");
});
