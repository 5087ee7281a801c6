import { useContext, type ReactNode } from "react";
import { BrandContext } from "~/components/primitives/brand-context";
import { enFirst } from "~/i18n/locales/en-first";
import { Logo } from "~/components/primitives/logo";

type Props = { children?: ReactNode; actions?: ReactNode };

/** The layout of pages other than the chat. Without children it is the server's HTML, until hydration. */
export function PlainPage({ children, actions }: Props) {
  return (
    <div className="plain" aria-busy={children === undefined}>
      <header className="plain__head">
        <a className="plain__brand" href="/">
          <Logo />
          <span className={actions ? "plain__name" : undefined}>{useContext(BrandContext).name}</span>
        </a>
        {actions}
      </header>
      <main className="plain__body">
        {children ?? (
          <noscript>
            <p className="no-script">{enFirst.app.noScript}</p>
          </noscript>
        )}
      </main>
    </div>
  );
}
