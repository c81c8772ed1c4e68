import "@fontsource-variable/inter/index.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { restore, session } from "./api/session";
import { language } from "./lib/language";
import { watchForNewBuild } from "./lib/newBuild";
import { watchStepsBack } from "./lib/unsaved";

document.documentElement.lang = language.get();
watchForNewBuild();
watchStepsBack();
// A server that does not answer is no reason to sign anybody out for good: the sign-in page says what is wrong.
restore().catch(() => session.set({ state: "out" }));

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
