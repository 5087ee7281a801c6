import { useContext } from "react";
import { enFirst } from "~/i18n/locales/en-first";
import { withName } from "~/i18n/with-name";
import { BrandContext } from "~/components/primitives/brand-context";
import { Logo } from "~/components/primitives/logo";

type Props = { title: string; text: string };

/** In English only, since it must work when the translations do not, also on the server. */
export function ErrorPage({ title, text }: Props) {
  const { name } = useContext(BrandContext);
  return (
    <main className="error-page">
      <Logo />
      <h1>{title}</h1>
      <p>{withName(text, name)}</p>
      <a className="button" href="/">
        {withName(enFirst.errorPage.open, name)}
      </a>
    </main>
  );
}
