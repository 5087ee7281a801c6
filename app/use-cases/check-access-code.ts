import { ExpectedError } from "~/conversation/expected-error";
import type { Quotas } from "~/quotas/quotas";

/**
 * Compares an access code, and counts a wrong one against its address.
 * @throws ExpectedError `access_code_wrong`; `too_many_wrong_codes` where too many were tried
 */
export async function checkAccessCode(
  code: string,
  address: string,
  {
    quotas,
    isCode,
  }: { quotas: Pick<Quotas, "tryCode" | "wrongCodeRefusal">; isCode: (code: string) => boolean },
): Promise<void> {
  // Counted before the comparison: concurrent guesses cannot share the last try.
  const giveBack = await quotas.tryCode(address);
  if (!isCode(code)) {
    throw (
      quotas.wrongCodeRefusal() ?? new ExpectedError("access_code_wrong", "That access code is incorrect.")
    );
  }
  giveBack();
}
