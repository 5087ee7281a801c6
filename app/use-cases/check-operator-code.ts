import { createHash, timingSafeEqual } from "node:crypto";
import { ExpectedError } from "~/conversation/expected-error";
import type { Quotas } from "~/quotas/quotas";
import { checkAccessCode } from "./check-access-code";

const BEARER = /^Bearer +(\S.*)$/i;
const BASIC = /^Basic +([A-Za-z0-9+/]+=*)$/i;

/**
 * Admits the operator by the code in `Authorization: Bearer …`, or as the password of HTTP Basic authentication, for
 * which a browser asks. A wrong one counts like a wrong access code.
 * @param operatorCode null where no route is for the operator
 * @throws ExpectedError `not_found` without an operator's code; `access_code_needed`, and what `checkAccessCode` throws
 */
export async function checkOperatorCode(
  request: Request,
  operatorCode: string | null,
  { address, quotas }: { address: string; quotas: Pick<Quotas, "tryCode" | "wrongCodeRefusal"> },
): Promise<void> {
  if (operatorCode === null) throw new ExpectedError("not_found", "There is nothing here.");
  const given = codeIn(request.headers.get("Authorization") ?? "");
  if (given === undefined)
    throw new ExpectedError("access_code_needed", "This needs the operator's code, as a bearer token.");
  const wanted = digest(operatorCode);
  await checkAccessCode(given, address, {
    quotas,
    isCode: (code) => timingSafeEqual(digest(code.trim()), wanted),
  });
}

function codeIn(authorization: string): string | undefined {
  const encoded = BASIC.exec(authorization)?.[1];
  if (encoded === undefined) return BEARER.exec(authorization)?.[1];
  const [, password] = /^[^:]*:(.+)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? [];
  return password;
}

/** Of one length whatever the code, so that a comparison takes the same time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
