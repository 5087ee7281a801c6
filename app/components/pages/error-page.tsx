import { en } from "~/i18n/locales/en";
import { Logo } from "~/components/primitives/logo";

type Props = { title: string; text: string };

/** In English only, since it must work when the translations do not, also on the server. */
export function ErrorPage({ title, text }: Props) {
  return (
    <main className="error-page">
      <Logo />
      <h1>{title}</h1>
      <p>{text}</p>
      <a className="button" href="/">
        {en.errorPage.open}
      </a>
    </main>
  );
}
