import { en } from "~/i18n/locales/en";
import { Logo } from "~/components/primitives/logo";

type Props = { title: string; text: string };

/** In English only: it must work where nothing else does, on the server as well. */
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
