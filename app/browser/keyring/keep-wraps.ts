import type { HttpClient } from "~/browser/chat/http-client";
import type { PageClock } from "~/browser/page/page-clock";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import type { PasskeyEntry } from "./keyring";
import { createKeyringApi } from "./keyring-api";

/** When the secrets that passkeys hold were last read, in milliseconds since 1970. */
export const WRAPS_READ_KEY = "holdfast.keyring.wraps";

/** Time between two such reads, in milliseconds: one may be lost, and the shortest `RETENTION_DAYS` is one day. */
const READ_EVERY_MS = 8 * 3_600_000;

/**
 * Reads the secrets that passkeys have sealed on the server, three times a day. `RETENTION_DAYS` removes what is not read, and a
 * passkey is used rarely: once for each new device. What could not be read is read after the next exchange.
 */
export async function keepWraps(
  { http, clock, shared }: { http: HttpClient; clock: PageClock; shared: SafeStorage },
  passkeys: readonly Pick<PasskeyEntry, "id">[],
): Promise<void> {
  const readAt = Number(shared.get(WRAPS_READ_KEY) ?? 0);
  const now = clock.now();
  // A clock that was set back must not put it off for years.
  if (passkeys.length === 0 || (now - readAt < READ_EVERY_MS && readAt <= now)) return;
  // Before the reads, so that the next exchange does not begin them a second time.
  shared.set(WRAPS_READ_KEY, String(now));
  try {
    for (const { id } of passkeys) await createKeyringApi(http, clock, id).read(null);
  } catch {
    // Whether the server can be reached is said by the exchange.
    shared.remove(WRAPS_READ_KEY);
  }
}
