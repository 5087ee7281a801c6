import type { Logger } from "pino";
import type { Clocks } from "./clocks";
import type { Config } from "./config.server";
import { clientAddress, LOCAL_ADDRESS } from "~/http/admission/client-address";
import { createClientConcurrencyLimiter } from "~/http/admission/client-concurrency-limiter";
import { createConnectionCount } from "~/http/admission/connection-count";
import { createLoopTurns } from "~/http/admission/loop-turns";
import { createReadCosts } from "~/http/admission/read-costs";
import { createRequestContexts, currentRequest } from "~/http/admission/request-context";
import { createSlowUploadGuard } from "~/http/admission/slow-upload-guard";
import { moderateCompression } from "~/http/remix/moderate-compression";
import { customerNetwork } from "~/quotas/networks-around";

/**
 * Bytes of request and response bodies that all requests together may hold: an eighth of the smallest task's memory.
 */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** Minimum upload rate in bytes/s; just below a 200 kbit/s mobile link. */
const MIN_UPLOAD_RATE = 16 * 1024;
/** Time after the start of an upload in which its rate is not judged, in milliseconds. */
const UPLOAD_GRACE_MS = 10_000;

/** Responses of remix-serve that are compressed at the same time: each costs 256 KiB and a thread. */
const MAX_COMPRESSING = 16;
/** Of these, responses to one address: each takes processor time from all other requests. */
const MAX_COMPRESSING_FOR_ADDRESS = 2;

/** Turns of one address at once: enough for an office behind one address, and few enough to leave room for others. */
const TURNS_FOR_ADDRESS = 32;
/** Turns that the heaviest request takes: one such request runs at a time, with some light ones beside it. */
const HEAVIEST_TURN = 24;
/** Longest wait of a request for its turn, in milliseconds. */
const MAX_TURN_WAIT_MS = 5_000;

/** Admission of requests, from connection to response: keeps the requests of one address from starving others. */
export function createAdmission(config: Config, clocks: Clocks, log: Logger) {
  const { epochMs, now, timer } = clocks;
  const loopTurns = createLoopTurns({ now, timer });
  const reads = createReadCosts({
    bytesPerMinute: config.addressReadBytesPerMinute,
    exempt: LOCAL_ADDRESS,
    maxWeight: HEAVIEST_TURN,
    clock: epochMs,
  });

  return {
    requestContexts: createRequestContexts({
      addressOf: (request) => clientAddress(request, config.trustedHops),
      maxForAddress: config.addressConnections,
      exempt: LOCAL_ADDRESS,
      maxHeldBytes: MAX_HELD_BYTES,
      slowUploadGuard: createSlowUploadGuard({
        minBytesPerSecond: MIN_UPLOAD_RATE,
        graceMs: UPLOAD_GRACE_MS,
        now,
        timer,
      }),
      patienceMs: config.slowReaderSeconds * 1000,
      takeTurn: (address) => loopTurns.take(customerNetwork(address)),
      onRead: reads.onRead,
      onCut: (reason) => log.info({ reason }, "a connection was cut"),
      now,
      timer,
    }),
    reads,
    concurrencyLimiter: createClientConcurrencyLimiter({
      addressOf: () => currentRequest().address,
      weightOf: reads.weightOf,
      exempt: LOCAL_ADDRESS,
      maxForAddress: config.addressConnections === 0 ? 0 : TURNS_FOR_ADDRESS,
      maxWaiting: 10 * TURNS_FOR_ADDRESS,
      maxMs: MAX_TURN_WAIT_MS,
      timer,
    }),
    isOneConnectionTooMany: createConnectionCount({
      // Behind proxies all connections come from the proxies' addresses.
      max: config.trustedHops === 0 ? config.addressConnections : 0,
      addressOf: (socket) => clientAddress({ socket, headers: {} }, 0),
      exempt: LOCAL_ADDRESS,
    }),
    moderateCompression: moderateCompression({
      max: MAX_COMPRESSING,
      maxForAddress: MAX_COMPRESSING_FOR_ADDRESS,
      addressOf: () => customerNetwork(currentRequest().address),
    }),
  };
}
