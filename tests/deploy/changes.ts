import { expect, test } from "vitest";
import { stringify } from "yaml";
import { checkDeployment } from "./check-deployment.ts";
import { ADDONS, MANIFEST, type Files } from "./problem.ts";
import { readFiles } from "./read-files.ts";

// Tests of one change of what is committed each: a mistake that is told, or what looks like one and is none.

export const files = readFiles();
export const OBSERVABILITY = `${ADDONS}observability.yml`;

export type Change = [file: string, from: string | RegExp, to: string];
export type Mistake = [name: string, change: Change | Change[], expected: string];

export function changed(changes: Change | Change[]): Files {
  const list = (Array.isArray(changes[0]) ? changes : [changes]) as Change[];
  return list.reduce((all: Files, [file, from, to]) => {
    const text = (all[file] ?? "").replace(from, to);
    expect(text, `${file} has no ${String(from)}`).not.toBe(all[file] ?? "");
    return { ...all, [file]: text };
  }, files);
}
/** At the end of the service's manifest, before what differs between environments. */
export const keys = (text: string): Change => [MANIFEST, "logging:\n", `${text}\nlogging:\n`];
export const inHttp = (text: string): Change => [
  MANIFEST,
  'path: "/"\n',
  `path: "/"\n  ${text.replaceAll("\n", "\n  ")}\n`,
];
export const patch = (file: string, value: object): Change => [file, /$/, `\n${stringify([value])}`];
export const replace = (file: string, path: string, value: unknown) =>
  patch(file, { op: "replace", path: `/Resources/${path}`, value });
export const add = (file: string, path: string, value: unknown) =>
  patch(file, { op: "add", path: `/Resources/${path}`, value });
export const remove = (file: string, path: string) =>
  patch(file, { op: "remove", path: `/Resources/${path}` });

export function told(kind: string, mistakes: Mistake[]) {
  test.each(mistakes)(`${kind}: %s is told`, (_, change, expected) => {
    expect(checkDeployment(changed(change)).join("\n")).toContain(expected);
  });
}
export function fit(kind: string, changes: [name: string, change: Change | Change[]][]) {
  test.each(changes)(`${kind}: %s is fit`, (_, change) => {
    expect(checkDeployment(changed(change))).toEqual([]);
  });
}
