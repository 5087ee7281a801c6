import { expect, test } from "vitest";
import { attachFile, type AttachFileDependencies } from "./attach-file";

async function* pieces(...lengths: number[]) {
  for (const length of lengths) yield new Uint8Array(length);
}

test.each([
  ["the announced length first, then what exceeds it", 5, [5, 5, 6]],
  ["each piece where no length was announced", 0, [0, 3, 6]],
])("an upload reserves %s, before it is written", async (_, announcedBytes, expected) => {
  const reserved: number[] = [];
  let written = 0;
  const deps: AttachFileDependencies = {
    quotas: {
      change: (_, write) => write((bytes) => reserved.push(bytes)),
    },
    attachments: {
      async put(_session, _filename, bytes) {
        for await (const piece of bytes) {
          written += piece.byteLength;
          expect(reserved.at(-1)).toBeGreaterThanOrEqual(written);
        }
        return {} as never;
      },
    },
  };
  await attachFile("hash", null, { filename: "a.txt", announcedBytes, open: () => pieces(3, 3) }, deps);
  expect(reserved).toEqual(expected);
});
