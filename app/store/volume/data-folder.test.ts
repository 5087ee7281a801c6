import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, test } from "vitest";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { foreignNames, foreignNamesWarning, listForeignNames } from "./data-folder";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "./volume";

test("a data folder made by Holdfast has no foreign names", async () => {
  const dataDir = temporaryFolder();
  expect(await listForeignNames(createVolume(), createLayout(join(dataDir, "not-there-yet")))).toEqual([]);
  for (const name of [
    "sessions/ab",
    "shares/0f",
    "attachments/99",
    "nodes",
    "usage",
    "handoffs",
    "quarantine",
  ])
    mkdirSync(join(dataDir, name), { recursive: true });
  for (const name of [".holdfast", ".DS_Store", ".nfs0001", "sessions/.nfs0002"])
    writeFileSync(join(dataDir, name), "");
  mkdirSync(join(dataDir, "lost+found"));
  expect(await listForeignNames(createVolume(), createLayout(dataDir))).toEqual([]);
});

test("a backup that was copied into the data folder is reported and not touched", async () => {
  const dataDir = temporaryFolder();
  const strange = [
    "data/sessions/ab",
    "aws-backup-restore_2026-11-01",
    "sessions/sessions/ab",
    "attachments/backup",
  ];
  for (const name of [...strange, "sessions/ab"]) mkdirSync(join(dataDir, name), { recursive: true });
  writeFileSync(join(dataDir, "data.tar.gz"), "");
  const before = readdirSync(dataDir, { recursive: true });
  expect(await listForeignNames(createVolume(), createLayout(dataDir))).toEqual([
    "aws-backup-restore_2026-11-01",
    "data",
    "data.tar.gz",
    "sessions/sessions",
    "attachments/backup",
  ]);
  expect(readdirSync(dataDir, { recursive: true })).toEqual(before);
});

it("the warning about foreign names lists at most ten, without line breaks", () => {
  const names = foreignNames(
    { "": ["a\nb", ...Array.from({ length: 40 }, (_, index) => `file-${index}`)] },
    [],
  );
  const warning = foreignNamesWarning(names);
  expect(warning).toContain('"a\\nb", "file-0"');
  expect(warning).toContain("and 31 more");
  expect(warning).not.toContain("\n");
});
