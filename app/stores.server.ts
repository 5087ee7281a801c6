import type { Logger } from "pino";
import type { Clocks } from "./clocks.server";
import type { Config } from "./config.server";
import { newId, sessionFingerprint } from "./conversation/session-id";
import { createSessionResponses } from "./http/session-responses";
import { createAttachmentStore } from "~/store/attachments/attachment-store";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import type { Layout } from "~/store/sessions/layout";
import type { DamageEvent } from "~/store/sessions/quarantine";
import { createSessionRetirement } from "~/store/sessions/retire-session";
import { createSessionEvents } from "~/store/sessions/session-events";
import { createSessionStore } from "~/store/sessions/session-store";
import { createHandoffStore } from "~/store/shares/handoff-store";
import { createShareStore } from "~/store/shares/share-store";
import type { Volume } from "~/store/volume/volume";

export type StoresOptions = {
  config: Config;
  instance: string;
  layout: Layout;
  volume: Volume;
  clocks: Clocks;
  log: Logger;
  isDead: (instance: string) => boolean;
  /** Called after each commit and each deletion (`rev` is null) of this node, to tell other nodes. */
  announceChange: (sessionHash: string, rev: number | null) => void;
};

/** The stores of sessions, attachments, shares and hand-offs, and the events of their commits. */
export function createStores({ config, clocks, log, isDead, announceChange, ...shared }: StoresOptions) {
  const events = createSessionEvents();
  const sessionResponses = createSessionResponses();
  const onCommit = (sessionHash: string, rev: number | null) => {
    sessionResponses.forget(sessionHash);
    events.emit(sessionHash, rev);
    announceChange(sessionHash, rev);
  };
  const keys = createEncryptionKeys();
  const encryptor = createEncryptor({ keys, isOn: config.encryptAtRest });
  const onDamage = logDamage(log);
  const { random, delay, now, clock } = clocks;
  const each = { ...shared, newId, encryptor };
  const store = createSessionStore({ ...each, random, delay, now, clock, isDead, onCommit, onDamage });

  const attachments = createAttachmentStore({
    ...each,
    onDamage: (sessionHash, id) =>
      log.error(
        { session: sessionFingerprint(sessionHash), attachment: sessionFingerprint(id) },
        "an attached file is damaged",
      ),
    maxBytes: config.maxAttachmentBytes,
    maxSessionBytes: config.maxSessionAttachmentBytes,
  });
  const shares = createShareStore({
    ...each,
    sessions: store,
    clock,
    onDamage: (shareHash, reason) =>
      log.error({ share: sessionFingerprint(shareHash), reason }, "a shared snapshot is damaged"),
  });
  const lifetimeMs = config.handoffMinutes * 60_000;
  const handoffs = createHandoffStore({ ...shared, newId, lifetimeMs });

  const retirement = createSessionRetirement({
    ...shared,
    newId,
    clock,
    onDamage,
    onRetired(sessionHash, before) {
      onCommit(sessionHash, null);
      Promise.all([shares.removeAll(before.shares), attachments.remove(sessionHash)]).catch(
        (error: unknown) => {
          log.warn(
            { session: sessionFingerprint(sessionHash), err: error },
            "shares or files of a deleted session were not removed: the next sweep removes them",
          );
        },
      );
    },
    onQuarantined: (sessionHash) =>
      log.error(
        { session: sessionFingerprint(sessionHash) },
        "two sessions had the same folder: the older one was moved to quarantine",
      ),
  });
  return { events, sessionResponses, keys, encryptor, store, attachments, shares, handoffs, retirement };
}

function logDamage(log: Logger) {
  return ({ key: sessionHash, rev, reason, cause }: DamageEvent) =>
    log.error(
      { session: sessionFingerprint(sessionHash), rev, reason, err: cause },
      "a damaged revision was moved to quarantine",
    );
}
