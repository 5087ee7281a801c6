import { isSessionId } from "~/browser/conversations/conversation-list";
import { parseObject } from "~/browser/storage/parse-object";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** Where this browser keeps the secret of its keyring. */
export const CONFIG_KEY = "holdfast.keyring";
/** The last revision that this browser has merged. */
export const SEEN_KEY = "holdfast.keyring.seen";
/** Set while conversations are to be moved to new ids as soon as the keyring that a lost device knows is deleted. */
export const TO_MOVE_KEY = "holdfast.keyring.toMove";
/** The state that the leading tab shows, for the others. */
export const STATUS_KEY = "holdfast.keyring.status";

export type KeyringConfig = {
  /** As base64url; null once this browser has left its keyring. */
  secret: string | null;
  /** Names this browser among the devices of the keyring. */
  device: string;
  /** Ids of keyrings that are to be deleted on the server. */
  retired: readonly string[];
};

/** Null if this browser never had a keyring. */
export function readConfig(shared: SafeStorage): KeyringConfig | null {
  const { secret, device, retired } = parseObject(shared.get(CONFIG_KEY));
  if (typeof device !== "string") return null;
  return {
    secret: typeof secret === "string" ? secret : null,
    device,
    retired: Array.isArray(retired) ? retired.filter(isSessionId) : [],
  };
}

export function writeConfig(shared: SafeStorage, config: KeyringConfig): void {
  shared.set(CONFIG_KEY, JSON.stringify(config));
}
