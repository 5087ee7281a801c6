import type { FleetUsage } from "./fleet-usage";
import type { LimitChecks } from "./limit-checks";
import { networksAround } from "./networks-around";
import type { QuotaLimits, Quotas } from "./quotas";
import { refusal } from "./refusal";
import { HOUR_MS } from "./windows";

/** Wrong codes of all addresses together in an hour, as a multiple of the limit of one address. */
const ALL_ADDRESSES_TIMES = 50;
/** Subject of all addresses together. The word is part of what is hashed into usage files: it must not change. */
const ALL_ADDRESSES = "everybody";
/** Tries in an hour that a network has while codes are being guessed from many networks. */
const GUESSED_AT_LIMIT = 3;
const GUESSED_AT_RETRY_S = 60;

export type CodeQuotaOptions = {
  limits: Pick<QuotaLimits, "wrongCodesPerHour">;
  usage: Pick<FleetUsage, "count" | "fresh" | "sum">;
  checks: LimitChecks;
};

/** Limits of wrong access codes, by network and for all networks together. See `Quotas`. */
export function createCodeQuota(options: CodeQuotaOptions): Pick<Quotas, "tryCode" | "wrongCodeRefusal"> {
  const { limits, usage, checks } = options;
  const { subjectOf } = checks;

  /** Whether more wrong codes came from all addresses this hour than people mistype. */
  function isGuessedAt(): boolean {
    const ceiling = limits.wrongCodesPerHour * ALL_ADDRESSES_TIMES;
    return ceiling > 0 && usage.sum("wrong-codes", subjectOf(ALL_ADDRESSES), HOUR_MS) > ceiling;
  }

  return {
    async tryCode(from) {
      await usage.fresh();
      const perHour = limits.wrongCodesPerHour;
      const networks = networksAround(from).map(({ network, times }) => ({
        subject: subjectOf(network),
        limit: isGuessedAt() ? Math.min(perHour, GUESSED_AT_LIMIT) : perHour * times,
      }));
      for (const { subject, limit } of networks) {
        checks.check("wrong-codes", subject, HOUR_MS, limit, "too_many_wrong_codes");
      }
      const subjects = [...networks.map(({ subject }) => subject), subjectOf(ALL_ADDRESSES)];
      for (const subject of subjects) usage.count("wrong-codes", subject, 1);
      return () => {
        for (const subject of subjects) usage.count("wrong-codes", subject, -1);
      };
    },
    wrongCodeRefusal: () => (isGuessedAt() ? refusal("too_many_wrong_codes", GUESSED_AT_RETRY_S) : null),
  };
}
