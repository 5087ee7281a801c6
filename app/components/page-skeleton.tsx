import { en } from "~/i18n/locales/en";
import { Logo } from "./logo";

/** What the server sends: the page's frame, with nothing about any conversation, until the browser takes over. */
export function PageSkeleton() {
  return (
    <div className="page" aria-busy="true">
      <div className="page__side">
        <div className="sidebar">
          <p className="sidebar__brand">
            <Logo />
            Holdfast
          </p>
        </div>
      </div>
      <main className="conversation">
        <header className="header" />
        <div className="conversation__scroller">
          <noscript>
            <p className="no-script">{en.app.noScript}</p>
          </noscript>
        </div>
        <div className="conversation__dock">
          <div className="composer">
            <div className="composer__box">
              <div className="composer__text" />
            </div>
          </div>
        </div>
      </main>
    </div>
  );
}
