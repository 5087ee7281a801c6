import { leadOneTab } from "~/browser/page/lead-one-tab";
import { createObservable, type Observable } from "~/browser/page/observable";
import { parseObject } from "~/browser/storage/parse-object";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { connectKeyring, type Connected, type KeyringDependencies } from "./connect-keyring";
import { forgetStamps } from "./document/device-stamps";
import { KINDS, type KeyringDocument } from "./document/document";
import { KeyringError, type KeyringState, type PasskeyEntry } from "./keyring";
import { keepWraps, WRAPS_READ_KEY } from "./keep-wraps";
import { createKeyringApi } from "./keyring-api";
import { readConfig, SEEN_KEY, STATUS_KEY, TO_MOVE_KEY, writeConfig } from "./keyring-config";
import { OFF } from "./keyring-slot";
import { nextPhase, type PhaseEvent } from "./phase";
import { createReservedIds } from "./reserved-ids";
import { secretFromText, secretToText, type KeyringSecret } from "./sealing/secret";

/** The keyring that this tab follows, and what the page shows of it. */
export type FollowedKeyring = Observable<KeyringState> & {
  /** Shows a change of the state, in the other tabs too if this one leads. */
  show: (change: Partial<KeyringState>) => void;
  /** @throws KeyringError `not_found` if this browser has no keyring */
  current: () => Connected;
  isFollowing: () => boolean;
  isLeading: () => boolean;
  /** @param horizon of a keyring that is made: see `KeyringDocument` */
  connect: (secret: KeyringSecret, device: string, horizon?: number) => Connected;
  /** Follows this keyring from now on, instead of the one before. */
  follow: (next: Connected) => void;
  unfollow: () => void;
  /** Follows the keyring that the storage names, if another tab has changed that. */
  refresh: () => void;
  /** Stores the secret of this browser's keyring, and the ids of those that are to be deleted. */
  keep: (secret: KeyringSecret | null, device: string, retired?: readonly string[]) => void;
  /** Deletes keyrings on the server that were replaced. What cannot be reached now is deleted at the next visit. */
  retire: () => Promise<void>;
};

export function createFollowedKeyring(dependencies: KeyringDependencies): FollowedKeyring {
  const { shared, onOtherTab, clock } = dependencies;
  const { getSnapshot, subscribe, set } = createObservable<KeyringState>(OFF);
  let connected: Connected | null = null;
  let isLeading = false;
  let releaseLead = () => {};

  function patch(change: Partial<KeyringState>) {
    const next = { ...getSnapshot(), ...change };
    if (JSON.stringify(next) !== JSON.stringify(getSnapshot())) set(next);
  }

  function onEvent(event: PhaseEvent) {
    show({
      phase: nextPhase(getSnapshot().phase, event),
      isWaiting: connected?.engine.hasChanges() ?? false,
      ...(event === "answered" && { syncedAt: clock.now() }),
      ...(event === "rolledBack" && { wasRolledBack: true }),
    });
  }

  function show(change: Partial<KeyringState>) {
    patch(change);
    if (isLeading) shared.set(STATUS_KEY, JSON.stringify(getSnapshot()));
  }

  const advance = () => {
    if (connected && isLeading) advanceMoves(shared, connected);
  };

  const connect = (secret: KeyringSecret, device: string, horizon = 0) =>
    connectKeyring(dependencies, {
      ...{ secret, device, horizon, onEvent },
      onMoves: (toMove) => show({ toMove }),
      onCleared: refresh,
      onDocument(document) {
        const passkeys = passkeysIn(document);
        patch({ passkeys, toMove: connected?.moves.left() ?? 0 });
        advance();
        void keepWraps(dependencies, passkeys);
      },
    });

  function endFollowing() {
    connected?.stop();
    connected = null;
    releaseLead();
    isLeading = false;
  }

  function follow(next: Connected) {
    endFollowing();
    connected = next;
    onEvent("started");
    releaseLead = leadOneTab(dependencies.locks, "holdfast.keyring", () => {
      isLeading = true;
      next.engine.lead();
    });
  }

  function unfollow() {
    endFollowing();
    set(OFF);
  }

  const retire = async () => {
    if (await deleteRetired(dependencies)) advance();
  };

  function refresh() {
    const config = readConfig(shared);
    const secret = secretFromText(config?.secret);
    if (!config || !secret) {
      if (connected) unfollow();
    } else if (!connected || secretToText(connected.secret) !== config.secret) {
      follow(connect(secret, config.device));
    }
    void retire();
  }

  onOtherTab(STATUS_KEY, () => {
    const status = parseObject(shared.get(STATUS_KEY));
    if (connected && !isLeading && typeof status.phase === "string") patch({ ...OFF, ...status });
  });

  return {
    ...{ getSnapshot, subscribe, show, connect, follow, unfollow, refresh, retire },
    isFollowing: () => connected !== null,
    isLeading: () => isLeading,
    current() {
      if (!connected) throw new KeyringError("not_found");
      return connected;
    },
    keep(secret, device, retired = []) {
      const before = readConfig(shared)?.retired ?? [];
      const text = secret && secretToText(secret);
      writeConfig(shared, { secret: text, device, retired: [...new Set([...before, ...retired])] });
    },
  };
}

/** @returns whether all keyrings that were to be deleted are */
async function deleteRetired({ shared, http, clock }: KeyringDependencies): Promise<boolean> {
  for (const id of readConfig(shared)?.retired ?? []) {
    try {
      await createKeyringApi(http, clock, id).remove();
    } catch {
      return false;
    }
    const now = readConfig(shared);
    if (now) writeConfig(shared, { ...now, retired: now.retired.filter((other) => other !== id) });
  }
  return true;
}

/** Moves conversations to new ids, if that was asked for, and a lost device cannot read the new ids any more. */
function advanceMoves(shared: SafeStorage, { document, moves, engine }: Connected): void {
  const known = document();
  if (!known) return;
  const isLockedOut = readConfig(shared)?.retired.length === 0;
  if (isLockedOut && shared.get(TO_MOVE_KEY) !== null) {
    moves.plan();
    shared.remove(TO_MOVE_KEY);
    engine.noteChange();
  }
  void moves.run(known);
}

/** Removes what this browser has stored about its keyring, other than the secret. */
export function clearTraces(shared: SafeStorage): void {
  shared.remove(SEEN_KEY);
  shared.remove(STATUS_KEY);
  shared.remove(WRAPS_READ_KEY);
  shared.remove(TO_MOVE_KEY);
  createReservedIds(shared).clear();
  forgetStamps(shared);
}

function passkeysIn({ entries }: KeyringDocument): PasskeyEntry[] {
  return [...entries].flatMap(([key, { addedAt }]) =>
    key.startsWith(KINDS.passkey) && typeof addedAt?.[0] === "string"
      ? [{ id: key.slice(KINDS.passkey.length), addedAt: addedAt[0] }]
      : [],
  );
}
