// The page's few colours, once for Ant Design and for the charts; styles/base.css holds the same as custom properties.
import type { ThemeConfig } from "antd";
import type { AlarmPriority } from "../domain/alarm.ts";
import type { OperatingState } from "../domain/operating.ts";

export const colours = {
  ink: "#16241e",
  quietInk: "#5a6a63",
  line: "#dde3df",
  brand: "#1d5c45",
  warning: "#b07a1e",
} as const;

export const stateColours: Record<OperatingState, string> = {
  operating: "#2f8a5b",
  notOperating: "#c2382e",
  unknown: "#a58a4b",
  excused: "#7389a0",
};

export const priorityColours: Record<AlarmPriority, string> = {
  high: "#c2382e",
  medium: "#b07a1e",
  low: "#5f7488",
};

export const fontFamily =
  'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif';

export const theme: ThemeConfig = {
  token: {
    colorPrimary: colours.brand,
    colorInfo: colours.brand,
    colorLink: colours.brand,
    colorText: colours.ink,
    colorTextPlaceholder: "#6f7d77",
    colorError: stateColours.notOperating,
    colorWarning: colours.warning,
    colorSuccess: stateColours.operating,
    colorBorder: "#c9d2cd",
    borderRadius: 8,
    fontSize: 15,
    controlHeight: 38,
    fontFamily,
    motionDurationMid: "0.1s",
    motionDurationSlow: "0.15s",
  },
};
