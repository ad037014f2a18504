// The small form for who comes without a sign-in link.
import { Alert, Button, Input } from "antd";
import { useEffect, useState } from "react";
import { useLanguage } from "./i18n/language.tsx";
import { LanguageSwitch } from "./parts/language-switch.tsx";

/** Why someone stands before the form again. */
export type SignInProblem = "wrong" | "unreachable" | "ended";

type Props = { problem: SignInProblem | null; remembered: string; onToken(token: string): void };

export const SignIn = ({ problem, remembered, onToken }: Props) => {
  const { words } = useLanguage();
  const [token, setToken] = useState(remembered);
  useEffect(() => {
    document.title = `${words.signIn.title} · ${words.name}`;
  }, [words]);
  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "") onToken(token.trim());
        }}
      >
        <h1>
          {words.name} <small>{words.subtitle}</small>
        </h1>
        {problem !== null && <Alert type="error" title={words.signIn[problem]} showIcon />}
        <label htmlFor="token">{words.signIn.token}</label>
        <Input.Password
          id="token"
          size="large"
          value={token}
          onChange={(event) => setToken(event.target.value)}
          autoComplete="current-password"
          autoFocus
          aria-describedby="token-where"
        />
        <p id="token-where">{words.signIn.where}</p>
        <Button type="primary" size="large" htmlType="submit" block>
          {words.signIn.submit}
        </Button>
      </form>
      <LanguageSwitch />
    </main>
  );
};
