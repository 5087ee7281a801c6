import { readUsage, type Usage } from "~/quotas/read-usage";
import type { Quotas } from "~/quotas/quotas";
import type { Layout } from "~/store/documents/layout";
import type { Volume } from "~/store/volume/volume";
import { checkOperatorCode } from "./check-operator-code";

export type UsageDependencies = {
  operatorCode: string | null;
  quotas: Pick<Quotas, "tryCode" | "wrongCodeRefusal">;
  usageFiles: { volume: Pick<Volume, "list" | "read">; layout: Pick<Layout, "usage"> };
};

/** Usage by day, model and address, for a request with the operator's code. @throws what `checkOperatorCode` throws */
export async function usageForOperator(
  request: Request,
  address: string,
  { operatorCode, quotas, usageFiles }: UsageDependencies,
): Promise<Usage> {
  await checkOperatorCode(request, operatorCode, { address, quotas });
  return readUsage(usageFiles.volume, usageFiles.layout);
}
