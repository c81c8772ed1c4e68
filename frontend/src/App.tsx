import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { follow } from "./api/events";
import { makeQueryClient } from "./api/queries";
import { session } from "./api/session";
import { Router } from "wouter";
import { useStore } from "./lib/store";
import { guarded } from "./lib/unsaved";
import { ChoosePassword } from "./pages/login/ChoosePassword";
import { LoginPage } from "./pages/login/LoginPage";
import { Shell } from "./shell/Shell";
import { Toasts } from "./ui/Toast";

export function App(): ReactNode {
  const current = useStore(session);
  return (
    <>
      {current.state === "in" && <SignedIn key={current.user.id} />}
      {current.state === "choosing" && <ChoosePassword typed={current.typed} />}
      {current.state === "out" && <LoginPage isEnded={current.because === "ended"} />}
      <Toasts />
    </>
  );
}

/** With what it holds of the server: it goes when somebody signs out, so that nobody else sees it. */
function SignedIn(): ReactNode {
  const [client] = useState(makeQueryClient);
  useEffect(() => follow(client), [client]);
  return (
    <QueryClientProvider client={client}>
      <Router aroundNav={(navigate, to, options) => guarded(() => navigate(to, options), to)}>
        <Shell />
      </Router>
    </QueryClientProvider>
  );
}
