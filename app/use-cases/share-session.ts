import type { ShareBody } from "~/conversation/api";
import type { Share } from "~/conversation/session/session";
import type { Quotas } from "~/quotas/quotas";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { ShareStore } from "~/store/shares/share-store";

export type ShareSessionDependencies = {
  quotas: Pick<Quotas, "change">;
  keys: Pick<EncryptionKeys, "during">;
  shares: Pick<ShareStore, "create">;
};

/**
 * Makes a read-only snapshot of the shown branch.
 * @param body `shareId` is the secret of the link, made by the browser; stored only as its hash
 * @throws ExpectedError refusals of the quotas, and what `ShareStore.create` throws
 */
export function shareSession(
  sessionHash: string,
  address: string | null,
  { shareId, ...options }: ShareBody,
  { quotas, keys, shares }: ShareSessionDependencies,
): Promise<Share> {
  return quotas.change(address, (reserve) =>
    keys.during(shareId, (shareHash) => shares.create(sessionHash, shareHash, reserve, options)),
  );
}
