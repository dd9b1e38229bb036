#include "notifier/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What the planner always gives, and no more.
Facts LeastFacts() {
  return {{"ticket", "FW-71"},       {"title", "DiskWillFill: full soon"},
          {"severity", "warning"},   {"customer", "acme"},
          {"customer_name", "Acme"}, {"installation", "prod"},
          {"rule", "DiskWillFill"},  {"since_at", "2026-05-01T10:00:00Z"},
          {"summary", "full soon"},  {"value", "5400"}};
}

Facts AllFacts() {
  Facts facts = LeastFacts();
  for (const char* name : {"owner", "owner_email", "description", "expected", "cause", "next_step",
                           "playbook", "label.mountpoint", "label.instance", "more", "others",
                           "late", "previous", "prevented", "alert_ids"}) {
    facts[name] = "yes";
  }
  for (const char* name : {"predicted_at", "resolved_at", "cleared_at"})
    facts[name] = "2026-05-01T12:00:00Z";
  facts["lead"] = "3h12m";
  return facts;
}

std::string Say(std::string_view text, const Facts& facts = AllFacts()) {
  StatusOr<std::string> said = Substitute(text, kEnglish, facts, TimeZone());
  return said.ok() ? *said : said.status().ToString();
}

TEST(Catalogue, EveryTemplateIsThereInEveryLanguage) {
  for (const Language* language : {&kEnglish, &kChinese}) {
    ASSERT_EQ(language->texts.size(), kEnglish.texts.size());
    for (const TemplateText& text : kEnglish.texts) {
      int found = 0;
      for (const TemplateText& other : language->texts) found += other.id == text.id;
      EXPECT_EQ(found, 1) << text.id << " in " << language->code;
    }
  }
  for (const char* id : {"ticket.opened", "ticket.updated", "ticket.resolved", "ticket.reopened",
                         "contact_lost", "warning.disk_will_fill", "warning.disk_will_fill.cleared",
                         "warning.generic", "warning.generic.cleared"}) {
    EXPECT_TRUE(HasTemplate(id)) << id;
  }
  EXPECT_FALSE(HasTemplate("warning.unheard_of"));
}

TEST(Catalogue, EveryTextCanBeSaidWithTheLeastAndWithAllFacts) {
  for (const Language* language : {&kEnglish, &kChinese}) {
    for (const TemplateText& text : language->texts) {
      for (const Facts& facts : {LeastFacts(), AllFacts()}) {
        for (const char* ending : {"", "unproven"}) {
          Facts given = facts;
          if (*ending != '\0') given[ending] = "yes";
          StatusOr<RenderedText> said = RenderText(text.id, language->code, given, TimeZone());
          ASSERT_TRUE(said.ok()) << said.status().ToString();
          EXPECT_THAT(said->subject, HasSubstr("[FW-71]"));
          EXPECT_THAT(said->body, Not(HasSubstr("{")));
          EXPECT_THAT(said->body, HasSubstr("prod"));
          EXPECT_THAT(said->body, Not(HasSubstr("\n\n\n"))) << text.id;
        }
      }
    }
  }
}

TEST(Catalogue, EveryWarningIsFitForACustomer) {
  int warnings = 0;
  for (const Language* language : {&kEnglish, &kChinese}) {
    for (const TemplateText& text : language->texts) {
      if (!text.id.starts_with("warning.")) continue;
      ++warnings;
      EXPECT_THAT(LintCustomerText(text), IsEmpty()) << language->code;
      bool is_ending = text.id.ends_with(".cleared");
      EXPECT_TRUE(is_ending || HasTemplate(std::string(text.id) + ".cleared"))
          << text.id << " has no all-clear";
    }
  }
  EXPECT_EQ(warnings, 8);
}

TEST(Catalogue, TheLintRefusesAWarningWithoutCauseOrNextStep) {
  for (const TemplateText& text : kEnglish.texts) {
    if (text.id != "warning.generic") continue;
    for (std::string_view needed :
         {"{cause}", "!cause ", "{next_step}", "!next_step ", "{since_at|", "{value}", "{expected}",
          "{predicted_at|", "{owner}", "{owner_email}", "{ticket}", "{installation}",
          "automatic"}) {
      std::string body(text.body);
      for (size_t at; (at = body.find(needed)) != std::string::npos;) body.erase(at, needed.size());
      EXPECT_THAT(LintCustomerText({text.id, text.subject, body}), Not(IsEmpty())) << needed;
    }
  }
}

TEST(Catalogue, ADiskWarningSaysAllThatItMust) {
  Facts facts = LeastFacts();
  facts["label.mountpoint"] = "/data";
  facts["label.instance"] = "web-1";
  facts["lead"] = "3h12m";
  facts["predicted_at"] = "2026-05-01T13:12:00Z";
  facts["owner"] = "the owner";
  facts["owner_email"] = "owner@example.com";
  StatusOr<RenderedText> said = RenderText("warning.disk_will_fill", "en", facts, TimeZone());
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->subject, "[FW-71] /data at prod will be full in about 3 h 12 min");
  for (const char* part : {"Where: /data on web-1\n", "Since: 1 May 2026, 10:00 (UTC)\n",
                           "Measured: 5400; expected: ", "Full at about: 1 May 2026, 13:12 (UTC)\n",
                           "Likely cause: ", "Next step: ", "Your engineer is the owner.\n",
                           "owner@example.com", "automatic message", "FW-71"}) {
    EXPECT_THAT(said->body, HasSubstr(part));
  }
  StatusOr<RenderedText> chinese = RenderText("warning.disk_will_fill", "zh", facts, TimeZone());
  EXPECT_EQ(chinese->subject, "[FW-71] prod 的磁盘 /data 预计约 3 小时 12 分钟后写满");
  EXPECT_THAT(chinese->body, HasSubstr("可能原因："));
  EXPECT_THAT(chinese->body, HasSubstr("自动"));
}

TEST(Catalogue, TheLastMinuteIsNotCalledAbout) {
  Facts facts = LeastFacts();
  facts["label.mountpoint"] = "/data";
  facts["lead"] = "40s";
  StatusOr<RenderedText> said = RenderText("warning.disk_will_fill", "en", facts, TimeZone());
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->subject, "[FW-71] /data at prod will be full in under 1 min");
  EXPECT_THAT(said->body, HasSubstr("Time left: under 1 min\n"));
  StatusOr<RenderedText> chinese = RenderText("warning.disk_will_fill", "zh", facts, TimeZone());
  EXPECT_EQ(chinese->subject, "[FW-71] prod 的磁盘 /data 预计不到 1 分钟后写满");
  EXPECT_THAT(chinese->body, HasSubstr("剩余时间：不到 1 分钟\n"));
}

TEST(Catalogue, LateDataIsCalledLate) {
  Facts facts = LeastFacts();
  for (const TemplateText& text : kEnglish.texts) {
    EXPECT_THAT(RenderText(text.id, "en", facts, TimeZone())->body,
                Not(HasSubstr("reached us late")));
    Facts late = facts;
    late["late"] = "yes";
    EXPECT_THAT(RenderText(text.id, "en", late, TimeZone())->body, HasSubstr("reached us late"))
        << text.id;
    EXPECT_THAT(RenderText(text.id, "zh", late, TimeZone())->body, HasSubstr("晚到")) << text.id;
  }
}

TEST(Catalogue, ALocaleFallsBackToItsLanguageAndThenToEnglish) {
  EXPECT_EQ(LanguageFor("zh").code, "zh");
  EXPECT_EQ(LanguageFor("zh-CN").code, "zh");
  EXPECT_EQ(LanguageFor("en-GB").code, "en");
  EXPECT_EQ(LanguageFor("tlh").code, "en");
  EXPECT_EQ(LanguageFor("").code, "en");
}

TEST(Substitute, PutsFactsInTheirPlaces) {
  EXPECT_EQ(Say("a {ticket} b {{x}}\n{customer_name}"), "a FW-71 b {x}\nAcme\n");
  EXPECT_EQ(Say(""), "");
  EXPECT_EQ(Say("\n\n"), "\n\n");
}

TEST(Substitute, ConditionsDecideAboutWholeLines) {
  EXPECT_EQ(Say("?ticket there\n?nothing gone {nothing}\n!nothing also there\n!ticket gone\n"),
            "there\nalso there\n");
  EXPECT_EQ(Say("?ticket ?nothing gone\n?ticket !nothing there"), "there\n");
}

TEST(Substitute, FormsTimesDurationsAndWords) {
  EXPECT_EQ(Say("{since_at|time}"), "1 May 2026, 10:00 (UTC)\n");
  EXPECT_EQ(Say("{lead|duration}"), "3 h 12 min\n");
  EXPECT_EQ(Say("{lead|about}"), "about 3 h 12 min\n");
  EXPECT_EQ(Say("{severity|word}"), "warning\n");
}

TEST(Substitute, AFactStaysOnItsLine) {
  EXPECT_EQ(Say("{x}!", {{"x", "a\r\nLikely cause: {ticket}\x7f"}}),
            "a  Likely cause: {ticket} !\n");
}

TEST(Substitute, RefusesWhatItCannotSay) {
  EXPECT_THAT(Say("{unheard_of}"), HasSubstr("the fact 'unheard_of' is not known"));
  EXPECT_THAT(Say("{ticket|time}"), HasSubstr("the fact 'ticket'"));
  EXPECT_THAT(Say("{ticket|duration}"), HasSubstr("the fact 'ticket'"));
  EXPECT_THAT(Say("{ticket|word}"), HasSubstr("no word for 'FW-71'"));
  EXPECT_THAT(Say("{ticket|shout}"), HasSubstr("'shout' is not a form"));
  EXPECT_THAT(Say("a } b"), HasSubstr("a brace without its other half"));
  EXPECT_THAT(Say("a { b"), HasSubstr("a brace without its other half"));
  EXPECT_THAT(Say("?x"), HasSubstr("a condition is"));
  EXPECT_THAT(Say("? x"), HasSubstr("a condition is"));
}

TEST(Substitute, IsBounded) {
  Facts facts = {{"x", std::string(60'000, 'x')}};
  EXPECT_THAT(Say("{x}{x}", facts), HasSubstr("longer than 64 KiB"));
}

TEST(Durations, AreTheTwoLargestUnitsRoundedDown) {
  EXPECT_EQ(kEnglish.format_duration(59s), "under 1 min");
  EXPECT_EQ(kEnglish.format_duration(60s), "1 min");
  EXPECT_EQ(kEnglish.format_duration(59min + 59s), "59 min");
  EXPECT_EQ(kEnglish.format_duration(1h), "1 h");
  EXPECT_EQ(kEnglish.format_duration(25h + 30min), "1 d 1 h");
  EXPECT_EQ(kEnglish.format_duration(24h + 30min), "1 d");
  EXPECT_EQ(kChinese.format_duration(50h), "2 天 2 小时");
}

TEST(Offsets, SayHowFarFromUtc) {
  EXPECT_EQ(FormatOffset(0s), "UTC");
  EXPECT_EQ(FormatOffset(19800s), "UTC+05:30");
  EXPECT_EQ(FormatOffset(-12600s), "UTC-03:30");
}

TEST(LocalTimes, SplitBeforeTheEpochToo) {
  LocalTime t = SplitLocal(FromMillis(-1));
  EXPECT_EQ(t.year, 1969);
  EXPECT_EQ(t.month, 12u);
  EXPECT_EQ(t.day, 31u);
  EXPECT_EQ(t.hour, 23);
  EXPECT_EQ(t.minute, 59);
}

TEST(Catalogue, NamesTheWarningsThatARuleMayName) {
  std::vector<std::string> names = WarningNames();
  EXPECT_THAT(names, ::testing::IsSupersetOf({"disk_will_fill", "generic"}));
  for (const std::string& name : names) EXPECT_EQ(name.find(".cleared"), std::string::npos) << name;
}

}  // namespace
}  // namespace forewarn
