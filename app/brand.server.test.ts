import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { brandView, readBrand } from "./brand.server";
import { parseConfig } from "./config.server";

const folder = mkdtempSync(join(tmpdir(), "holdfast-brand-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const brandOf = (env: Record<string, string>) => readBrand(parseConfig({ MODEL_PROVIDER: "demo", ...env }));

test("without configuration the service is Holdfast, in the language of the page", () => {
  expect(brandOf({})).toEqual({ name: "Holdfast", logo: null, welcome: null, prompts: null, presets: [] });
});

test("a logo is read from a file or a data URL, and its address changes with it", () => {
  const one = brandOf({ SERVICE_LOGO: file("logo.svg", "<svg/>") });
  const same = brandOf({ SERVICE_LOGO: `data:image/svg+xml;base64,${btoa("<svg/>")}` });
  const other = brandOf({ SERVICE_LOGO: file("logo.png", "not really") });
  expect(one.logo).toMatchObject({ mediaType: "image/svg+xml", bytes: Buffer.from("<svg/>") });
  expect(same.logo).toEqual(one.logo);
  expect(other.logo?.mediaType).toBe("image/png");
  expect(brandView(one).logo).toMatch(/^\/logo\?\w+$/);
  expect(brandView(other).logo).not.toBe(brandView(one).logo);
});

test("presets are read from a file that begins with a byte order mark", () => {
  expect(brandOf({ PRESETS: file("marked.json", '\uFEFF[{"name":"A"}]') }).presets).toHaveLength(1);
});

test("presets are read from a file; what is left out has a default", () => {
  const presets = [{ name: "A" }, { name: "B", temperature: 0.2, effort: "low", prompts: ["Hi"] }];
  expect(brandOf({ PRESETS: file("presets.json", JSON.stringify(presets)) }).presets).toEqual([
    { name: "A", instructions: "", prompts: [] },
    { ...presets[1], instructions: "" },
  ]);
});

test.each<[Record<string, string>, string]>([
  [{ SERVICE_LOGO: "logo.exe" }, "SERVICE_LOGO must be the path"],
  [{ SERVICE_LOGO: "https://example.org/logo.svg?x" }, "SERVICE_LOGO must be the path"],
  [{ SERVICE_LOGO: "/nowhere/logo.svg" }, "SERVICE_LOGO: ENOENT"],
  [{ SERVICE_LOGO: file("large.png", "x".repeat(200_001)) }, "SERVICE_LOGO must not be larger"],
  [{ STARTER_PROMPTS: "Hello" }, "STARTER_PROMPTS must be a JSON array"],
  [{ STARTER_PROMPTS: '["", "Hi"]' }, "STARTER_PROMPTS must be a JSON array"],
  [{ PRESETS: "/nowhere/presets.json" }, "PRESETS: ENOENT"],
  [{ PRESETS: file("a.json", "[,]") }, "is not JSON"],
  [{ PRESETS: file("b.json", '[{"name":"A"},{"name":"B","temperature":7}]') }, "PRESETS[1].temperature: "],
  [{ PRESETS: file("c.json", '[{"name":"A","model_id":"x"}]') }, "PRESETS[0]: "],
  [{ PRESETS: file("d.json", '[{"name":"A"},{"name":"A"}]') }, "two presets have the same name"],
])("%j is refused in a sentence that names the variable and the place", (env, sentence) => {
  expect(() => brandOf(env)).toThrow(sentence);
});
