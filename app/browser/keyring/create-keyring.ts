import { timestamp } from "~/browser/page/page-clock";
import { recoverReserved, type KeyringDependencies } from "./connect-keyring";
import { KINDS } from "./document/document";
import type { KeyringEngine } from "./engine";
import { clearTraces, createFollowedKeyring, type FollowedKeyring } from "./followed-keyring";
import { KeyringError } from "./keyring";
import { createKeyringApi } from "./keyring-api";
import { readConfig, SEEN_KEY, TO_MOVE_KEY } from "./keyring-config";
import type { LoadedKeyring } from "./keyring-slot";
import { createReservedIds } from "./reserved-ids";
import { readWrap, storeWrap } from "./sealing/passkey";
import { fromRecoveryCode, toRecoveryCode } from "./sealing/recovery-code";
import { newSecret, secretFromText, secretToText, type KeyringSecret } from "./sealing/secret";

/** The keyring of this browser: see `Keyring`. */
export function createKeyring(dependencies: KeyringDependencies): LoadedKeyring {
  const { passkeys } = dependencies;
  const followed = createFollowedKeyring(dependencies);
  const { current, show } = followed;
  const secretForLink = () => secretToText(current().secret);
  const { begin, leave, forgetBrowser, forgetDevices } = createTransitions(dependencies, followed);
  return {
    getSnapshot: followed.getSnapshot,
    subscribe: followed.subscribe,
    refresh: followed.refresh,
    flush: () => flushOrIgnore(current().engine),
    noteChange() {
      if (!followed.isFollowing()) return;
      current().engine.noteChange();
      if (followed.isLeading()) show({ isWaiting: true });
    },
    turnOn: () => begin(newSecret(), true),
    join: async (text) => begin(secretFromText(text.trim()) ?? fromRecoveryCode(text), false),
    async joinWithPasskey() {
      const prf = await passkeys.choose();
      await begin(
        await readWrap(prf, (id) => createKeyringApi(dependencies.http, dependencies.clock, id)),
        false,
      );
    },
    ...createPasskeyCommands(dependencies, followed),
    recoveryCode: () => toRecoveryCode(current().secret),
    isOwnCode: (typed) => secretToText(fromRecoveryCode(typed)) === secretForLink(),
    secretForLink,
    ...{ forgetBrowser, forgetDevices },
    deleteKeyring: () => leave([current().api.id, ...passkeyIds(followed)]),
    syncNow: () => current().engine.flush({ isToRead: true }),
    dismissRollback: () => show({ wasRolledBack: false }),
  };
}

/** From no keyring to one, from one to none, and from one to another. */
function createTransitions(dependencies: KeyringDependencies, followed: FollowedKeyring) {
  const { shared, newId, persist, onJoined, reload } = dependencies;
  const { current, connect, follow, unfollow, keep, retire } = followed;

  /** Keeps the secret once the keyring was read or made. */
  async function begin(secret: KeyringSecret, mayCreate: boolean) {
    if (followed.isFollowing()) await leave([]);
    const device = readConfig(shared)?.device ?? newId().slice(0, 8);
    clearTraces(shared);
    const next = connect(secret, device);
    try {
      await next.run({ mayCreate });
    } catch (error) {
      next.stop();
      clearTraces(shared);
      throw error;
    }
    keep(secret, device);
    persist();
    follow(next);
    if (mayCreate) return;
    await recoverReserved(dependencies, next);
    onJoined();
  }

  async function leave(retired: readonly string[]) {
    const { device } = current();
    unfollow();
    clearTraces(shared);
    keep(null, device, retired);
    await retire();
  }

  return {
    ...{ begin, leave },
    async forgetBrowser({ clearsList }: { clearsList: boolean }) {
      await current()
        .engine.flush()
        .catch(() => undefined);
      await leave([]);
      if (!clearsList) return;
      for (const key of shared.keys()) if (key.startsWith("holdfast.")) shared.remove(key);
      reload();
    },
    async forgetDevices({ movesConversations }: { movesConversations: boolean }) {
      const before = current();
      await before.engine.flush({ isToRead: true });
      const passkeys = passkeyIds(followed);
      before.stop();
      const secret = newSecret();
      shared.remove(SEEN_KEY);
      // A lost device knows those of the keyring before.
      createReservedIds(shared).clear();
      // Devices that join have seen no revision of it, and may have missed deletions of the one before.
      const next = connect(secret, before.device, 1);
      try {
        await next.run({ mayCreate: true });
      } catch (error) {
        next.stop();
        follow(connect(before.secret, before.device));
        throw error;
      }
      if (movesConversations) shared.set(TO_MOVE_KEY, "yes");
      keep(secret, before.device, [before.api.id, ...passkeys]);
      follow(next);
      dependencies.renewUnsent();
      for (const id of passkeys) next.edit(KINDS.passkey + id, { gone: true });
      await Promise.all([retire(), next.engine.flush()]);
    },
  };
}

function createPasskeyCommands(
  { http, clock, passkeys, service }: KeyringDependencies,
  { current }: FollowedKeyring,
): Pick<LoadedKeyring, "addPasskey" | "removePasskey"> {
  const apiOf = (id: string) => createKeyringApi(http, clock, id);
  return {
    async addPasskey({ isNew }) {
      const { secret, edit, engine } = current();
      const prf = isNew ? await passkeys.create(service) : await passkeys.choose();
      const id = await storeWrap(prf, secret, apiOf);
      edit(KINDS.passkey + id, { addedAt: timestamp(clock) });
      await engine.flush();
    },
    async removePasskey(id) {
      const { edit, engine } = current();
      await apiOf(id).remove();
      edit(KINDS.passkey + id, { gone: true });
      await engine.flush();
    },
  };
}

function passkeyIds({ getSnapshot }: FollowedKeyring): string[] {
  return getSnapshot().passkeys.map(({ id }) => id);
}

/** A keyring that cannot take a change must not keep a person from deleting. @throws ApiError */
async function flushOrIgnore(engine: KeyringEngine): Promise<void> {
  try {
    await engine.flush();
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
  }
}
