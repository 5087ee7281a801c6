import { Logo } from "./logo";

type Props = { title: string; text: string };

export function ErrorPage({ title, text }: Props) {
  return (
    <main className="error-page">
      <Logo />
      <h1>{title}</h1>
      <p>{text}</p>
      <a className="button" href="/">
        Open Holdfast
      </a>
    </main>
  );
}
