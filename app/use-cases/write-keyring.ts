import type { Quotas } from "~/quotas/quotas";
import type { KeyringContent, WriteResult } from "~/store/keyrings/change-keyring";
import type { KeyringStore } from "~/store/keyrings/keyring-store";

export type WriteKeyringDependencies = {
  quotas: Pick<Quotas, "writeKeyring">;
  keyrings: Pick<KeyringStore, "write">;
};

/**
 * Writes what a browser has sealed to a keyring.
 * @param expected the revision that the browser has; 0 begins a keyring
 * @param readContent reads and parses the request's body. Called once the write is counted: reading costs memory.
 * @throws ExpectedError refusals of the quotas, and what `readContent` and `KeyringStore.write` throw
 */
export function writeKeyring(
  keyringHash: string,
  address: string | null,
  expected: number,
  readContent: () => Promise<KeyringContent>,
  { quotas, keyrings }: WriteKeyringDependencies,
): Promise<WriteResult> {
  return quotas.writeKeyring(
    address,
    expected === 0,
    async (reserve) => {
      const content = await readContent();
      reserve((content.sealed ?? content.append).length);
      return keyrings.write(keyringHash, { expected, ...content });
    },
    ({ kind }) => kind === "stored",
  );
}
