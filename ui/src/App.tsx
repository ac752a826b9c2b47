import { ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { lazy, Suspense, useEffect } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { setLang, useWords } from "./i18n";
import { Home } from "./pages/Home";
import { Layout } from "./parts/Layout";
import { NotFound } from "./pages/NotFound";
import { useView } from "./state/view";
import { theme } from "./styles/theme";

// The data page brings antd's table; nobody who reads a map should wait for it.
const DataPage = lazy(() => import("./pages/DataPage"));
const WorkstreamPage = lazy(() => import("./pages/WorkstreamPage"));

export function App() {
  return (
    <BrowserRouter>
      <Localised />
    </BrowserRouter>
  );
}

function Localised() {
  const { lang } = useWords();
  const { view } = useView();
  useEffect(() => { if (view.lang) setLang(view.lang); }, [view.lang]);
  useEffect(() => { dayjs.locale(lang === "zh" ? "zh-cn" : "en"); document.documentElement.lang = lang === "zh" ? "zh-CN" : "en"; }, [lang]);
  return (
    <ConfigProvider locale={lang === "zh" ? zhCN : enUS} theme={theme} button={{ autoInsertSpace: false }}>
      <Routes>
        <Route element={<Layout />}>
          <Route index element={<Home />} />
          <Route path="w/:workstream" element={<Suspense><WorkstreamPage /></Suspense>} />
          <Route path="data" element={<Suspense><DataPage /></Suspense>} />
          <Route path="*" element={<NotFound />} />
        </Route>
      </Routes>
    </ConfigProvider>
  );
}
