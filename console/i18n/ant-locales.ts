// Ant Design's own words in our languages.
import type { ConfigProviderProps } from "antd";
import en from "antd/es/locale/en_US.js";
import zh from "antd/es/locale/zh_CN.js";
import "dayjs/locale/en-gb.js";
import "dayjs/locale/zh-cn.js";
import type { Language } from "./language.tsx";

type Locale = NonNullable<ConfigProviderProps["locale"]>;
/** The bundler hands out the module's default, Node's view of the same file would be the module around it. */
const inner = (module: Locale | { default: Locale }): Locale =>
  "default" in module ? module.default : module;

/** Weeks begin on Monday, as those of reports do: British English has that, American has not. */
const withMondays = (locale: Locale): Locale =>
  locale.DatePicker === undefined
    ? locale
    : {
        ...locale,
        DatePicker: { ...locale.DatePicker, lang: { ...locale.DatePicker.lang, locale: "en_GB" } },
      };

export const antLocales: Record<Language, Locale> = { "zh-CN": inner(zh), en: withMondays(inner(en)) };
