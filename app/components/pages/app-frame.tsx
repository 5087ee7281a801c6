import { lazy, Suspense, type ReactNode } from "react";
import { I18nextProvider } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { useObservable } from "~/browser/page/use-observable";
import { PreferencesContext } from "./preferences-context";

const AccessDialog = lazy(() =>
  import("~/components/dialogs/access-dialog").then((module) => ({ default: module.AccessDialog })),
);

/** The frame of every page: translations, preferences, and the dialog for the access code. */
export function AppFrame({ app, children }: { app: ChatApp; children: ReactNode }) {
  const isShut = useObservable(app.access.isShut);
  return (
    <I18nextProvider i18n={app.translator.i18n}>
      <PreferencesContext.Provider value={app.preferences}>
        {children}
        {isShut && (
          <Suspense fallback={null}>
            <AccessDialog gate={app.access} />
          </Suspense>
        )}
      </PreferencesContext.Provider>
    </I18nextProvider>
  );
}
