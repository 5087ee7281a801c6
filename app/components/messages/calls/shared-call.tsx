import { useTranslation } from "react-i18next";
import type { SharedMessage } from "~/conversation/files/share";
import { Disclosure } from "~/components/primitives/overlays/disclosure";
import { CallHead, Arguments } from "./tool-call";

/** A call of a tool in a shared conversation: without its result, and with its arguments if those are shared. */
export function SharedCall({ call }: { call: NonNullable<SharedMessage["calls"]>[number] }) {
  const { t } = useTranslation();
  const { toolName, state, input } = call;
  return (
    <section className="tool-call" aria-label={toolName}>
      <CallHead toolName={toolName} state={state} />
      {input !== undefined && (
        <Disclosure className="tool-call__details" summary={t("tools.details")}>
          <Arguments input={input} />
        </Disclosure>
      )}
    </section>
  );
}
