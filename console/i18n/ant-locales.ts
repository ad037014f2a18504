// Ant Design's own words in our languages.
import type { ConfigProviderProps } from "antd";
import en from "antd/es/locale/en_US.js";
import zh from "antd/es/locale/zh_CN.js";
import type { Language } from "./language.tsx";

type Locale = NonNullable<ConfigProviderProps["locale"]>;
/** The bundler hands out the module's default, Node's view of the same file would be the module around it. */
const inner = (module: Locale | { default: Locale }): Locale =>
  "default" in module ? module.default : module;

export const antLocales: Record<Language, Locale> = { "zh-CN": inner(zh), en: inner(en) };
