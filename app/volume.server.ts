import type { Logger } from "pino";
import type { Clocks } from "./clocks";
import { newId } from "./conversation/session/session-id";
import { currentRequest } from "~/http/admission/request-context";
import { customerNetwork } from "~/quotas/networks-around";
import type { Layout } from "~/store/documents/layout";
import { isVolumeFault } from "~/store/volume/errno";
import { createVolume, createVolumes, type Volume } from "~/store/volume/volume";
import { createVolumeIdentity } from "~/store/volume/volume-identity";
import { createVolumeProbe } from "~/store/volume/volume-probe";
import { createVolumeReserve, type FilledReserve } from "~/store/volume/volume-reserve";
import type { Metrics } from "./telemetry/metrics";

/** Interval of checks that the reserve has all its files, in milliseconds: in memory only, unless some are missing. */
const RESERVE_CHECK_MS = 60_000;

type VolumeOptions = {
  layout: Layout;
  instance: string;
  clocks: Clocks;
  log: Logger;
  metrics: Pick<Metrics, "onVolumeAnswer">;
};

/**
 * The volume in its three priorities (see `createVolumes`), guarded against an unmounted DATA_DIR, with its reserve.
 */
export function openVolume({ layout, instance, clocks, log, metrics }: VolumeOptions) {
  const unguarded = createVolume();
  const identity = createVolumeIdentity({
    volume: unguarded,
    layout,
    instance,
    newId,
    now: clocks.now,
    onChange(reason) {
      if (reason === null) log.info({ dataDir: layout.root }, "DATA_DIR is back");
      else log.error({ dataDir: layout.root }, `DATA_DIR is away: ${reason}`);
    },
  });
  const reserve = createVolumeReserve({ volume: unguarded, guard: identity, folder: layout.reserve });
  const volumes = createVolumes({
    guard: identity,
    reserve,
    fairnessKey: () => customerNetwork(currentRequest().address),
    resume: () => currentRequest().turn(),
    onAnswer: (ms, error) => metrics.onVolumeAnswer(ms, error !== null && isVolumeFault(error)),
  });
  return { ...volumes, reserve };
}

/** Refills the reserve now and every minute: files that a full volume used up are made again once there is room. */
export function keepReserve(reserve: FilledReserve, { timer }: Pick<Clocks, "timer">, log: Logger): void {
  void reserve
    .refill()
    .catch((error: unknown) => log.debug({ err: error }, "the reserve of the volume was not filled"))
    .finally(() => timer(RESERVE_CHECK_MS, () => keepReserve(reserve, { timer }, log)));
}

/** Checks whether the volume can be used, and logs each change of that. */
export function createLoggedProbe(
  options: { volume: Volume; layout: Layout; instance: string; now: () => number },
  defaultModelId: string,
  log: Logger,
) {
  const { layout } = options;
  return createVolumeProbe({
    ...options,
    onChange(state) {
      if (!state.usable) log.error({ dataDir: layout.root }, `DATA_DIR cannot be used: ${state.reason}`);
      else if (state.full !== undefined) {
        log.error({ dataDir: layout.root }, `DATA_DIR is full: ${state.full}; reading and deleting go on`);
      } else log.info({ dataDir: layout.sessions, models: defaultModelId }, "ready");
    },
  });
}
