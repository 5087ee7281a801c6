import { useContext } from "react";
import { enFirst } from "~/i18n/locales/en-first";
import { withName } from "~/i18n/with-name";
import { Greeting } from "./greeting";
import { AttachIcon, MenuIcon, SendIcon } from "~/components/primitives/icons";
import { BrandContext } from "~/components/primitives/brand-context";
import { Logo } from "~/components/primitives/logo";

/**
 * The page as the server sends it, without any conversation, until hydration. On a first visit it shows the greeting,
 * with the notice about the models.
 */
export function PageSkeleton({ notice }: { notice: string | null }) {
  const { name, welcome, prompts } = useContext(BrandContext);
  return (
    <div className="page page--frame" aria-busy="true">
      <div className="page__side">
        <SkeletonSidebar name={name} />
      </div>
      <main className="conversation">
        <header className="header">
          <span className="icon-button header__drawer">
            <MenuIcon />
          </span>
        </header>
        <div className="conversation__scroller">
          <noscript>
            <p className="no-script">{withName(enFirst.app.noScript, name)}</p>
          </noscript>
          <div className="conversation__content">
            <Greeting
              heading={welcome ?? enFirst.empty.heading}
              suggestions={prompts ?? Object.values(enFirst.empty.suggestions)}
              notice={notice}
              onPick={null}
            />
          </div>
        </div>
        <div className="conversation__dock">
          <div className="composer">
            <div className="composer__box">
              <div className="composer__row">
                <span className="icon-button composer__attach">
                  <AttachIcon />
                </span>
                <span className="composer__text" />
                <span className="composer__button composer__button--later">
                  <SendIcon />
                </span>
              </div>
            </div>
          </div>
        </div>
      </main>
    </div>
  );
}

export function SkeletonSidebar({ name }: { name: string }) {
  return (
    <div className="sidebar">
      <p className="sidebar__brand">
        <Logo />
        <span>{name}</span>
      </p>
    </div>
  );
}
