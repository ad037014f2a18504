// Switches between the two languages of the page.
import { Button } from "antd";
import { useLanguage } from "../i18n/language.tsx";

export const LanguageSwitch = () => {
  const { language, words, setLanguage } = useLanguage();
  return (
    <Button
      type="text"
      className="language-switch"
      aria-label={words.switchLanguage}
      onClick={() => setLanguage(language === "en" ? "zh-CN" : "en")}
    >
      {language === "en" ? "中文" : "EN"}
    </Button>
  );
};
