import { mkdirSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "~/store/volume/volume";
import { createVolumeReserve } from "~/store/volume/volume-reserve";
import { interceptedFileSystem, systemError } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { leaveNote } from "./log-folder";

test("a note is left on a full volume, too: it ends work that takes room", async () => {
  const pieces = temporaryFolder();
  let isFull = false;
  const fs = interceptedFileSystem((call, proceed) => {
    const fails = isFull && call.name === "open" && readdirSync(pieces).length === 16;
    return fails && call.path.endsWith(".note") ? Promise.reject(systemError("ENOSPC", call)) : proceed();
  });
  const guard = { confirm: () => Promise.resolve() };
  const reserve = createVolumeReserve({ volume: createVolume({ fs }), guard, folder: pieces });
  await reserve.refill();
  isFull = true;
  const layout = createLayout(temporaryFolder());
  const folder = layout.replyLog("node.boot");
  mkdirSync(folder, { recursive: true });
  await leaveNote({ volume: createVolume({ fs, reserve }), layout }, "node.boot", "a-reply", 7);
  expect(readdirSync(folder)).toEqual(["a-reply.7.note"]);
});
