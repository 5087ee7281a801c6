import type { Clocks } from "./clocks";
import { sessionFingerprint } from "./conversation/session/session-hash";
import { createSessionResponses } from "./http/session-responses";
import { createAttachmentStore } from "~/store/attachments/attachment-store";
import type { Layout } from "~/store/documents/layout";
import type { DamageEvent } from "~/store/documents/quarantine";
import { DAY_MS } from "~/store/documents/retention";
import { createRetirement } from "~/store/documents/retire-session";
import { sessionDocuments } from "~/store/sessions/session-documents";
import { createSessionEvents } from "~/store/sessions/session-events";
import { createSessionStore } from "~/store/sessions/session-store";
import { createKeyringStore } from "~/store/keyrings/keyring-store";
import { keyringDocuments } from "~/store/keyrings/keyring-documents";
import { createHandoffStore } from "~/store/shares/handoff-store";
import { createShareStore } from "~/store/shares/share-store";
import { createTemporarySessions } from "~/store/temporary/temporary-sessions";
import { createTokenFiles } from "~/store/token-files";
import type { Volume } from "~/store/volume/volume";
import type { NodeDependencies } from "./node.server";

export type StoresOptions = {
  settings: Pick<
    NodeDependencies["settings"],
    "handoffMinutes" | "maxAttachmentBytes" | "maxSessionAttachmentBytes" | "retentionDays"
  >;
  instance: string;
  layout: Layout;
  volume: Volume;
  encryption: Pick<NodeDependencies["encryption"], "encryptor">;
  clocks: Clocks;
  newId: () => string;
  log: NodeDependencies["log"];
  isDead: (instance: string) => boolean;
  /** Called after each commit and each deletion (`rev` is null) of this node, to tell other nodes. */
  announceChange: (sessionHash: string, rev: number | null) => void;
};

/** The stores of sessions, attachments, shares, hand-offs, keyrings and marks of temporary sessions, and the events of their commits. */
export function createStores(options: StoresOptions) {
  const { settings, instance, layout, volume, encryption, clocks, newId, log, isDead } = options;
  const events = createSessionEvents();
  const sessionResponses = createSessionResponses();
  const onCommit = (sessionHash: string, rev: number | null) => {
    sessionResponses.forget(sessionHash);
    events.emit(sessionHash, rev);
    options.announceChange(sessionHash, rev);
  };
  const onDamage = logDamage(log, "session");
  const { random, delay, now, clock } = clocks;
  const shared = { instance, layout, volume, newId };
  const each = { ...shared, encryptor: encryption.encryptor };
  const store = createSessionStore({ ...each, random, delay, now, clock, isDead, onCommit, onDamage });

  const attachments = createAttachmentStore({
    ...each,
    onDamage: (sessionHash, id) =>
      log.error(
        { session: sessionFingerprint(sessionHash), attachment: sessionFingerprint(id) },
        "an attached file is damaged",
      ),
    maxBytes: settings.maxAttachmentBytes,
    maxSessionBytes: settings.maxSessionAttachmentBytes,
  });
  const shares = createShareStore({
    ...each,
    sessions: store,
    clock,
    onDamage: (shareHash, reason) =>
      log.error({ share: sessionFingerprint(shareHash), reason }, "a shared snapshot is damaged"),
  });
  const handoffs = createHandoffStore({ ...shared, lifetimeMs: settings.handoffMinutes * 60_000 });

  const keyringCommit = (keyringHash: string, rev: number | null) => {
    events.emit(keyringHash, rev);
    options.announceChange(keyringHash, rev);
  };
  const { retentionDays } = settings;
  const keyrings = createKeyringStore({
    ...each,
    random,
    delay,
    now,
    clock,
    isDead,
    onCommit: keyringCommit,
    onDamage: logDamage(log, "keyring"),
    renewAfterMs: retentionDays === null ? null : retentionDays * DAY_MS * RENEWAL,
  });
  const keyringRetirement = createRetirement({
    ...shared,
    kind: keyringDocuments(layout),
    clock,
    onDamage: logDamage(log, "keyring"),
    onRetired: (keyringHash) => keyringCommit(keyringHash, null),
    onQuarantined: logQuarantined(log, "keyring"),
  });
  const tokens = createTokenFiles(shared);
  const temporary = createTemporarySessions({ volume, layout });

  const retirement = createRetirement({
    ...shared,
    kind: sessionDocuments(layout),
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
    onQuarantined: logQuarantined(log, "session"),
  });
  return {
    events,
    sessionResponses,
    store,
    attachments,
    shares,
    handoffs,
    temporary,
    keyrings,
    tokens,
    retirement,
    keyringRetirement,
  };
}

/** Share of `RETENTION_DAYS` after which reading a keyring is recorded as use. */
const RENEWAL = 0.1;

type What = "session" | "keyring";

function logQuarantined(log: StoresOptions["log"], what: What) {
  return (hash: string) =>
    log.error(
      { [what]: sessionFingerprint(hash) },
      `two ${what}s had the same folder: the older one was moved to quarantine`,
    );
}

function logDamage(log: StoresOptions["log"], what: What) {
  return ({ key: hash, rev, reason, cause }: DamageEvent) =>
    log.error(
      { [what]: sessionFingerprint(hash), rev, reason, err: cause },
      "a damaged revision was moved to quarantine",
    );
}
