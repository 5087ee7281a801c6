import type { ReactNode } from "react";
import { I18nextProvider } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { useObservable } from "~/browser/page/use-observable";
import { lazyPart } from "~/components/primitives/lazy-part";
import { PreferencesContext } from "./preferences-context";

const AccessDialog = lazyPart(() =>
  import("~/components/dialogs/access-dialog").then(({ AccessDialog }) => AccessDialog),
);

/** The frame of every page: translations, preferences, and the dialog for the access code. */
export function AppFrame({ app, children }: { app: ChatApp; children: ReactNode }) {
  const isShut = useObservable(app.access.isShut);
  return (
    <I18nextProvider i18n={app.translator.i18n}>
      <PreferencesContext.Provider value={app.preferences}>
        {children}
        {isShut && <AccessDialog gate={app.access} onFailed={ignore} />}
      </PreferencesContext.Provider>
    </I18nextProvider>
  );
}

/** It is tried again, and nothing can be done without it. */
function ignore() {}
