import type { FleetUsage } from "./fleet-usage";
import type { LimitChecks } from "./limit-checks";
import type { QuotaLimits, Quotas, ReserveBytes } from "./quotas";
import { DAY_MS, MINUTE_MS } from "./windows";

export type ChangeQuotaOptions = {
  limits: QuotaLimits;
  usage: Pick<FleetUsage, "count" | "fresh">;
  checks: LimitChecks;
};

/** Limits of changes that begin no reply, and of the bytes that they store. See `Quotas`. */
export function createChangeQuota(
  options: ChangeQuotaOptions,
): Pick<Quotas, "change" | "beginSession" | "writeKeyring"> {
  const { limits, usage, checks } = options;
  const { check, checkBytes } = checks;

  /** Counts a change. @returns the address's subject; null where clients cannot be told apart by address */
  async function countChange(from: string | null): Promise<string | null> {
    if (from === null) return null;
    await usage.fresh();
    const address = checks.subjectOf(from);
    check("address-bytes", address, DAY_MS, limits.addressBytesPerDay, "daily_bytes_spent");
    check("address-changes", address, MINUTE_MS, limits.addressChangesPerMinute, "too_many_changes");
    usage.count("address-changes", address, 1);
    return address;
  }

  /** Counts bytes when they are reserved, not when they are written: concurrent writes cannot share the remainder. */
  async function withBytes<T>(address: string | null, write: (reserve: ReserveBytes) => Promise<T>) {
    if (address === null) return write(() => undefined);
    let reserved = 0;
    const reserve = (bytes: number) => {
      if (bytes === reserved) return;
      if (bytes > reserved) checkBytes(address, bytes - reserved);
      usage.count("address-bytes", address, bytes - reserved);
      reserved = bytes;
    };
    try {
      return await write(reserve);
    } catch (error) {
      reserve(0);
      throw error;
    }
  }

  return {
    change: async (from, write) => withBytes(await countChange(from), write),
    async beginSession(from, origin, write) {
      const address = await countChange(from);
      if (address !== null) {
        const [counted, limit] =
          origin === "import"
            ? (["address-imports", limits.addressImportsPerDay] as const)
            : (["address-sessions", limits.addressSessionsPerDay] as const);
        check(counted, address, DAY_MS, limit, "too_many_sessions");
        usage.count(counted, address, 1);
      }
      return withBytes(address, write);
    },
    async writeKeyring(from, isFirst, write, isMade) {
      const address = await countChange(from);
      if (address === null) return write(() => undefined);
      const keyrings = isFirst ? 1 : 0;
      if (isFirst)
        check("address-keyrings", address, DAY_MS, limits.addressKeyringsPerDay, "too_many_keyrings");
      usage.count("address-keyrings", address, keyrings);
      let hasMade = false;
      try {
        return await withBytes(address, async (reserve) => {
          const result = await write(reserve);
          hasMade = isMade(result);
          if (!hasMade) reserve(0);
          return result;
        });
      } finally {
        if (!hasMade) {
          usage.count("address-changes", address, -1);
          usage.count("address-keyrings", address, -keyrings);
        }
      }
    },
  };
}
