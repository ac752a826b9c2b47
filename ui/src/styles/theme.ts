import type { ThemeConfig } from "antd";
import { ACCENT, INK, LINE, MUTED } from "./palette";

// System fonts only, Chinese included: a page draws without a request to anyone else.
export const FONT = `system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif`;

export const theme: ThemeConfig = {
  token: {
    colorPrimary: ACCENT, colorInfo: ACCENT, colorLink: ACCENT, colorText: INK, colorTextSecondary: MUTED,
    colorBorder: "#cfd6da", colorBorderSecondary: LINE, borderRadius: 6, fontFamily: FONT, fontSize: 14, motion: false,
  },
  components: { Table: { cellPaddingBlockSM: 6, headerBg: "#f3f5f6" } },
};
