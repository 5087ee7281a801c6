import type { Quotas } from "~/quotas/quotas";
import type { KeyringWrite, WriteResult } from "~/store/keyrings/change-keyring";
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
  readContent: () => Promise<{ sealed: string } | { append: string }>,
  { quotas, keyrings }: WriteKeyringDependencies,
): Promise<WriteResult> {
  return quotas.writeKeyring(
    address,
    expected === 0,
    async (reserve) => {
      const write: KeyringWrite = { expected, ...(await readContent()) };
      reserve((write.sealed ?? write.append).length);
      return keyrings.write(keyringHash, write);
    },
    ({ kind }) => kind === "stored",
  );
}
