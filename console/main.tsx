// Puts the page into the document.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/rates.css";
import "./styles/states.css";
import "./styles/alarms.css";
import "./styles/breaker.css";
import "./styles/other.css";
import "./styles/notices.css";
import "./styles/ledger.css";
import "./styles/registry.css";
import "./styles/import.css";
import "./styles/narrow.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
