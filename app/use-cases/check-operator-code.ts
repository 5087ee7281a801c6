import { createHash, timingSafeEqual } from "node:crypto";
import { ExpectedError } from "~/conversation/expected-error";
import type { Quotas } from "~/quotas/quotas";
import { checkAccessCode } from "./check-access-code";

const BEARER = /^Bearer +(\S.*)$/i;

/**
 * Admits the operator by the code in `Authorization: Bearer …`. A wrong one counts like a wrong access code.
 * @param operatorCode null where no route is for the operator
 * @throws ExpectedError `not_found` without an operator's code; `access_code_needed`, and what `checkAccessCode` throws
 */
export async function checkOperatorCode(
  request: Request,
  operatorCode: string | null,
  { address, quotas }: { address: string; quotas: Pick<Quotas, "tryCode" | "wrongCodeRefusal"> },
): Promise<void> {
  if (operatorCode === null) throw new ExpectedError("not_found", "There is nothing here.");
  const given = BEARER.exec(request.headers.get("Authorization") ?? "")?.[1];
  if (given === undefined)
    throw new ExpectedError("access_code_needed", "This needs the operator's code, as a bearer token.");
  const wanted = digest(operatorCode);
  await checkAccessCode(given, address, {
    quotas,
    isCode: (code) => timingSafeEqual(digest(code.trim()), wanted),
  });
}

/** Of one length whatever the code, so that a comparison takes the same time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
