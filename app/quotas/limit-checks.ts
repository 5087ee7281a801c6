import { createHash } from "node:crypto";
import type { FleetUsage } from "./fleet-usage";
import { refusal, type RefusalCode } from "./refusal";
import type { Counted } from "./tally";
import { DAY_MS, dayName, secondsLeft } from "./windows";

/** Hexadecimal digits of the digests that stand for addresses and sessions in usage files. */
const SUBJECT_DIGITS = 12;

/** Comparisons of usage with limits, shared by all quotas. A limit of 0 refuses nothing. */
export type LimitChecks = {
  /**
   * The pseudonym of an address, or of a group of addresses, in usage files. It changes each day: addresses are
   * personal data, and the files must not connect what one address did on different days.
   */
  subjectOf(address: string): string;
  /** @throws ExpectedError `code`, where the sum of the window has reached the limit */
  check(counted: Counted, subject: string, windowMs: number, limit: number, code: RefusalCode): void;
  /** @param bytes to be stored now @throws ExpectedError `daily_bytes_spent`, where they do not fit */
  checkBytes(address: string, bytes: number): void;
};

export type LimitChecksOptions = {
  addressBytesPerDay: number;
  usage: Pick<FleetUsage, "sum">;
  /** Milliseconds since 1970. */
  clock: () => number;
};

export function createLimitChecks({ addressBytesPerDay, usage, clock }: LimitChecksOptions): LimitChecks {
  return {
    subjectOf: (address) =>
      createHash("sha256")
        .update(`${dayName(clock())} ${address}`)
        .digest("hex")
        .slice(0, SUBJECT_DIGITS),
    check(counted, subject, windowMs, limit, code) {
      if (limit === 0 || usage.sum(counted, subject, windowMs) < limit) return;
      throw refusal(code, secondsLeft(windowMs, clock()));
    },
    checkBytes(address, bytes) {
      if (addressBytesPerDay === 0) return;
      if (usage.sum("address-bytes", address, DAY_MS) + bytes <= addressBytesPerDay) return;
      throw refusal("daily_bytes_spent", secondsLeft(DAY_MS, clock()));
    },
  };
}

/** The pseudonym of a session in usage files. */
export function sessionSubject(sessionHash: string): string {
  return sessionHash.slice(0, SUBJECT_DIGITS);
}
