import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { reloadForNewerBuild } from "./app/newerBuild";
import { applyStoredTheme } from "./app/theme";
import "./app/styles.scss";

applyStoredTheme();
reloadForNewerBuild();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
