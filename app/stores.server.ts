import type { Clocks } from "./clocks";
import { sessionFingerprint } from "./conversation/session-hash";
import { createSessionResponses } from "./http/session-responses";
import { createAttachmentStore } from "~/store/attachments/attachment-store";
import type { Layout } from "~/store/sessions/layout";
import type { DamageEvent } from "~/store/sessions/quarantine";
import { createRetirement } from "~/store/sessions/retire-session";
import { sessionDocuments } from "~/store/sessions/session-documents";
import { createSessionEvents } from "~/store/sessions/session-events";
import { createSessionStore } from "~/store/sessions/session-store";
import { createHandoffStore } from "~/store/shares/handoff-store";
import { createShareStore } from "~/store/shares/share-store";
import type { Volume } from "~/store/volume/volume";
import type { NodeDependencies } from "./node.server";

export type StoresOptions = {
  settings: Pick<
    NodeDependencies["settings"],
    "handoffMinutes" | "maxAttachmentBytes" | "maxSessionAttachmentBytes"
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

/** The stores of sessions, attachments, shares and hand-offs, and the events of their commits. */
export function createStores(options: StoresOptions) {
  const { settings, instance, layout, volume, encryption, clocks, newId, log, isDead } = options;
  const events = createSessionEvents();
  const sessionResponses = createSessionResponses();
  const onCommit = (sessionHash: string, rev: number | null) => {
    sessionResponses.forget(sessionHash);
    events.emit(sessionHash, rev);
    options.announceChange(sessionHash, rev);
  };
  const onDamage = logDamage(log);
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
    onQuarantined: (sessionHash) =>
      log.error(
        { session: sessionFingerprint(sessionHash) },
        "two sessions had the same folder: the older one was moved to quarantine",
      ),
  });
  return { events, sessionResponses, store, attachments, shares, handoffs, retirement };
}

function logDamage(log: StoresOptions["log"]) {
  return ({ key: sessionHash, rev, reason, cause }: DamageEvent) =>
    log.error(
      { session: sessionFingerprint(sessionHash), rev, reason, err: cause },
      "a damaged revision was moved to quarantine",
    );
}
