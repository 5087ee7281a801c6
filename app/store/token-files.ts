import { join } from "node:path";
import type { TokenFiles } from "~/conversation/calls/token-files";
import type { Layout } from "./documents/layout";
import { unlessGone } from "./volume/errno";
import { putIfAbsent } from "./volume/put-if-absent";
import type { Volume } from "./volume/volume";

export type TokenFilesOptions = {
  volume: Volume;
  layout: Pick<Layout, "tokens">;
  instance: string;
  newId: () => string;
};

/** Files with the tokens of servers of tools (app/store/PROTOCOL.md, Tokens). */
export function createTokenFiles({ layout, ...dependencies }: TokenFilesOptions): TokenFiles {
  const { volume } = dependencies;
  const read = async (folder: string, name: string) =>
    (await volume.read(join(layout.tokens, folder, name))).bytes.toString("utf8");
  return {
    read,
    async list(folder) {
      return (await volume.peek(join(layout.tokens, folder))).names ?? [];
    },
    async put(folder, name, content) {
      if (await putIfAbsent(dependencies, join(layout.tokens, folder), name, content)) return true;
      // The answer to a link that has succeeded may have been lost.
      return (await read(folder, name)) === content;
    },
    async remove(folder, name) {
      try {
        await volume.unlink(join(layout.tokens, folder, name));
      } catch (error) {
        unlessGone(error);
      }
    },
  };
}
