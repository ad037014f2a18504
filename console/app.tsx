// The page as a whole: language and theme around it, sign-in before it, one view per address.
import { App as AntApp, ConfigProvider } from "antd";
import { lazy, type ReactNode, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { antLocales } from "./i18n/ant-locales.ts";
import { LanguageProvider, useLanguage } from "./i18n/language.tsx";
import { Overview } from "./pages/overview.tsx";
import { Loading, NotFound } from "./parts/outcome.tsx";
import { SessionGate } from "./session.tsx";
import { Shell } from "./shell.tsx";
import { theme } from "./theme.ts";

const Village = lazy(() => import("./pages/village.tsx").then((m) => ({ default: m.Village })));
const Breakers = lazy(() => import("./pages/breakers.tsx").then((m) => ({ default: m.Breakers })));
const Breaker = lazy(() => import("./pages/breaker.tsx").then((m) => ({ default: m.BreakerPage })));
const Alarms = lazy(() => import("./pages/alarms.tsx").then((m) => ({ default: m.Alarms })));
const Rates = lazy(() => import("./pages/rates.tsx").then((m) => ({ default: m.Rates })));
const Reports = lazy(() => import("./pages/reports.tsx").then((m) => ({ default: m.Reports })));
const Notices = lazy(() => import("./pages/notices.tsx").then((m) => ({ default: m.Notices })));
const NoticePage = lazy(() => import("./pages/notice.tsx").then((m) => ({ default: m.NoticePage })));
const Visits = lazy(() => import("./pages/visits.tsx").then((m) => ({ default: m.Visits })));
const Tests = lazy(() => import("./pages/tests.tsx").then((m) => ({ default: m.Tests })));
const LowVoltage = lazy(() => import("./pages/low-voltage.tsx").then((m) => ({ default: m.LowVoltage })));
const Households = lazy(() => import("./pages/households.tsx").then((m) => ({ default: m.Households })));
const HouseholdPage = lazy(() => import("./pages/household.tsx").then((m) => ({ default: m.HouseholdPage })));
const Findings = lazy(() => import("./pages/findings.tsx").then((m) => ({ default: m.Findings })));
const Gateways = lazy(() => import("./pages/gateways.tsx").then((m) => ({ default: m.Gateways })));
const Outages = lazy(() => import("./pages/outages.tsx").then((m) => ({ default: m.Outages })));
const Officers = lazy(() => import("./pages/officers.tsx").then((m) => ({ default: m.Officers })));
const Import = lazy(() => import("./pages/import.tsx").then((m) => ({ default: m.Import })));
const Quarantine = lazy(() => import("./pages/quarantine.tsx").then((m) => ({ default: m.Quarantine })));

const Themed = ({ children }: { children: ReactNode }) => {
  const { language } = useLanguage();
  return (
    <ConfigProvider theme={theme} locale={antLocales[language]} wave={{ disabled: true }}>
      <AntApp notification={{ top: 72, maxCount: 4 }}>{children}</AntApp>
    </ConfigProvider>
  );
};

export const App = () => (
  <LanguageProvider>
    <Themed>
      <SessionGate>
        <BrowserRouter>
          <Shell>
            <Suspense fallback={<Loading />}>
              <Routes>
                <Route index element={<Overview />} />
                <Route path="villages/:villageId" element={<Village />} />
                <Route path="breakers" element={<Breakers />} />
                <Route path="breakers/:breakerId" element={<Breaker />} />
                <Route path="alarms" element={<Alarms />} />
                <Route path="rates" element={<Rates />} />
                <Route path="reports" element={<Reports />} />
                <Route path="notices" element={<Notices />} />
                <Route path="notices/:noticeId" element={<NoticePage />} />
                <Route path="visits" element={<Visits />} />
                <Route path="tests" element={<Tests />} />
                <Route path="low-voltage" element={<LowVoltage />} />
                <Route path="households" element={<Households />} />
                <Route path="households/:householdId" element={<HouseholdPage />} />
                <Route path="outages" element={<Outages />} />
                <Route path="findings" element={<Findings />} />
                <Route path="gateways" element={<Gateways />} />
                <Route path="officers" element={<Officers />} />
                <Route path="import" element={<Import />} />
                <Route path="quarantine" element={<Quarantine />} />
                <Route path="*" element={<NotFound />} />
              </Routes>
            </Suspense>
          </Shell>
        </BrowserRouter>
      </SessionGate>
    </Themed>
  </LanguageProvider>
);
