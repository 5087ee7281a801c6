import { setTimeout as delay } from "node:timers/promises";
import { newId } from "~/conversation/session/session-id";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createLayout } from "~/store/documents/layout";
import { createEncryptor } from "~/store/encryption/encryptor";
import { createSessionStore } from "~/store/sessions/session-store";
import { createVolume } from "~/store/volume/volume";
import { createVolumeIdentity } from "~/store/volume/volume-identity";

/** A session store with a guarded volume, on a folder. `keys` holds the keys of encrypted sessions. */
export function openStore(dataDir: string, { isSealed = false } = {}) {
  const keys = createEncryptionKeys();
  const layout = createLayout(dataDir);
  const instance = `bench.${newId().replace(/[^A-Za-z0-9]/g, "")}`;
  const now = () => performance.now();
  const guard = createVolumeIdentity({ volume: createVolume(), layout, instance, newId, now });
  const store = createSessionStore({
    volume: createVolume({ guard }),
    layout,
    instance,
    newId,
    encryptor: createEncryptor({ keys, isOn: isSealed }),
    random: Math.random,
    delay,
    now,
    clock: () => new Date(),
    onCommit: () => undefined,
    onDamage: (event) => {
      throw new Error(`a revision was damaged: ${event.reason}`);
    },
  });
  return { layout, store, keys };
}
