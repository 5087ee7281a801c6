import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { Shortcut } from "~/browser/page/shortcuts";
import { keyNames } from "./key-names";

/** The keys of a shortcut, each drawn as a key. From left to right in all languages. */
export function Keys({ shortcut }: { shortcut: Omit<Shortcut, "command" | "place"> }) {
  const { t } = useTranslation();
  return (
    <span className="keys" dir="ltr">
      {keyNames(shortcut, t).map((name, index) => (
        <Fragment key={name}>
          {index > 0 && <span> </span>}
          <kbd>{name}</kbd>
        </Fragment>
      ))}
    </span>
  );
}
