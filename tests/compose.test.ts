import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "~/config.server";
import { readImage } from "./deploy/agreement";
import { parseDockerfile } from "./fixtures/dockerfile";

const text = readFileSync(new URL("../copilot/compose.yaml", import.meta.url), "utf8");
const image = readImage(parseDockerfile(readFileSync(new URL("../Dockerfile", import.meta.url), "utf8")));

type Service = {
  image: string;
  command?: string;
  environment?: Record<string, string>;
  volumes: string[];
  stop_grace_period?: string;
  ports?: string[];
  init?: boolean;
};
const compose = parse(text) as {
  services: Record<"app" | "caddy", Service>;
  volumes: Record<string, null>;
};
const { app, caddy } = compose.services;

/** Caddy closes a connection to the app that was idle for this long. */
const CADDY_IDLE_S = 120;

test("the app of the compose file starts with the variables that it is given", () => {
  const config = parseConfig({ ...image.env, ...app.environment });
  expect(config.drainSeconds).toBeLessThan(Number.parseInt(app.stop_grace_period ?? "0"));
  expect(config.keepAliveSeconds).toBeGreaterThan(CADDY_IDLE_S);
  expect(config.trustedHops).toBe(1);
});

test("it keeps its conversations in a volume, and only the proxy can be reached", () => {
  expect(app.volumes).toEqual([`data:${image.dataDir}`]);
  expect(Object.keys(compose.volumes)).toEqual(["data", "certificates"]);
  expect(app.ports).toBeUndefined();
  expect(app.init).toBe(true);
  expect(caddy.command).toContain(`--to app:${image.port}`);
  expect(caddy.image).toMatch(/^caddy:\d+\.\d+\.\d+-alpine$/);
});

test("it takes two commands, as the file says", () => {
  const commands = text.split("\n").filter((line) => line.startsWith("#   "));
  expect(commands).toHaveLength(2);
  expect(commands[1]).toContain("docker compose --file copilot/compose.yaml up --detach --build");
});
