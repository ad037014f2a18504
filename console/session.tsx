// Lets in who has a token that holds: from a sign-in link (`/#token=…`), remembered, or typed in.
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { createCache } from "./data/cache.ts";
import { createClient } from "./data/client.ts";
import { type House, HouseContext } from "./data/house.tsx";
import { followLive, type LiveStatus } from "./data/live.ts";
import { createFormat } from "./format/format.ts";
import { useLanguage } from "./i18n/language.tsx";
import { Loading } from "./parts/outcome.tsx";
import { SignIn, type SignInProblem } from "./sign-in.tsx";

type Session = { actor: string; timeZone: string };

const storageKey = "hubao.token";

/** The token of a sign-in link; null where the address holds none. */
export const tokenInHash = (hash: string): string | null =>
  new URLSearchParams(hash.replace(/^#/, "")).get("token") || null;

/** Takes the token out of the address bar, so that it is neither bookmarked nor shown, and remembers it. */
const takeToken = (): string | null => {
  const token = tokenInHash(location.hash);
  if (token === null) return localStorage.getItem(storageKey);
  history.replaceState(history.state, "", location.pathname + location.search);
  localStorage.setItem(storageKey, token);
  return token;
};

type Gate =
  | { kind: "out"; problem: SignInProblem | null }
  | { kind: "checking"; token: string }
  | { kind: "in"; token: string; session: Session };

export const SessionGate = ({ children }: { children: ReactNode }) => {
  const [gate, setGate] = useState<Gate>(() => {
    const token = takeToken();
    return token === null ? { kind: "out", problem: null } : { kind: "checking", token };
  });
  const leave = useCallback((problem: SignInProblem | null) => {
    if (problem !== "unreachable") localStorage.removeItem(storageKey);
    setGate({ kind: "out", problem });
  }, []);

  useEffect(() => {
    const followLink = () => {
      const token = tokenInHash(location.hash) === null ? null : takeToken();
      if (token !== null) setGate({ kind: "checking", token });
    };
    window.addEventListener("hashchange", followLink);
    return () => window.removeEventListener("hashchange", followLink);
  }, []);

  const checked = gate.kind === "checking" ? gate.token : null;
  useEffect(() => {
    if (checked === null) return;
    let outdated = false;
    const check = async () => {
      const outcome = await createClient(checked, () => {}).get<Session>("session");
      if (outdated) return;
      if (outcome.kind === "failed") leave(outcome.failure.kind === "unauthorized" ? "wrong" : "unreachable");
      else {
        localStorage.setItem(storageKey, checked);
        setGate({ kind: "in", token: checked, session: outcome.data });
      }
    };
    void check();
    return () => {
      outdated = true;
    };
  }, [checked, leave]);

  if (gate.kind === "checking") return <Loading />;
  if (gate.kind === "out")
    return (
      <SignIn
        problem={gate.problem}
        remembered={localStorage.getItem(storageKey) ?? ""}
        onToken={(token) => setGate({ kind: "checking", token })}
      />
    );
  return (
    <SignedIn key={gate.token} token={gate.token} session={gate.session} leave={leave}>
      {children}
    </SignedIn>
  );
};

type SignedInProps = {
  token: string;
  session: Session;
  leave(problem: SignInProblem | null): void;
  children: ReactNode;
};

const SignedIn = ({ token, session, leave, children }: SignedInProps) => {
  const { language } = useLanguage();
  const [live, setLive] = useState<LiveStatus>({ kind: "connecting" });
  const { client, cache } = useMemo(() => {
    const made = createClient(token, () => leave("ended"));
    return { client: made, cache: createCache(made.get) };
  }, [token, leave]);

  useEffect(
    () =>
      followLive({
        open: client.open,
        onEvent: (event) => {
          cache.apply(event);
          // The feed's word that what was read before may have missed events: at its beginning, and after every gap.
          if (event.name === "hello") cache.refreshReadBefore(Date.now());
        },
        onStatus: setLive,
        onUnauthorized: () => leave("ended"),
        wakeups: window,
      }),
    [client, cache, leave],
  );

  const format = useMemo(() => createFormat(language, session.timeZone), [language, session.timeZone]);
  const house = useMemo<House>(
    () => ({ ...session, client, cache, live, format, signOut: () => leave(null) }),
    [session, client, cache, live, format, leave],
  );
  return <HouseContext value={house}>{children}</HouseContext>;
};
