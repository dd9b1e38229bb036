// The texts of the shipped rules as the customer reads them: rules and notifier together.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "notifier/catalogue.h"
#include "notifier/facts.h"
#include "rules/rule_file.h"
#include "rules/template.h"

namespace forewarn {
namespace {

const Timestamp kNow = FromMillis(1'777'629'600'000);  // 2026-05-01T10:00:00Z

std::vector<Rule> ShippedAlerts() {
  std::vector<BundleFile> packs;
  StatusOr<std::vector<std::string>> names = ListDir(FW_SOURCE_DIR "/rules/packs");
  for (const std::string& name : *names) {
    if (!name.ends_with(".yaml")) continue;
    std::string path = "rules/packs/" + name;
    packs.push_back({path, *ReadFile(FW_SOURCE_DIR "/" + path)});
  }
  RuleFiles files = CheckRuleFiles(packs, {WarningNames()});
  EXPECT_TRUE(files.status().ok()) << files.status().message();
  std::vector<Rule> alerts;
  for (const RuleGroup& group : files.groups) {
    for (const Rule& rule : group.rules) {
      if (rule.alerting) alerts.push_back(rule);
    }
  }
  return alerts;
}

Alert Fire(const Rule& rule) {
  Alert alert;
  alert.id = Fingerprint::Of(rule.name);
  alert.rule = rule.name;
  alert.labels = {{"device", "/dev/sda1"}, {"instance", "web-1"}, {"mountpoint", "/data"}};
  alert.value = 5400;
  for (const auto& [name, text] : rule.annotations) {
    alert.annotations.emplace_back(name,
                                   *Template::Compile(text)->Expand(alert.labels, alert.value));
  }
  alert.active_since = kNow - 10min;
  if (!rule.forewarn.predicts.empty()) alert.predicted_breach = kNow + 90min;
  return alert;
}

StatusOr<RenderedText> Say(const Alert& alert, std::string_view text, std::string_view locale) {
  Customer customer;
  customer.id = "acme";
  customer.name = "数据中心";
  customer.owner = "值班工程师";
  customer.owner_email = "on-call@vendor.example.com";
  IncidentChange change;
  change.ticket.number = 71;
  change.ticket.customer = customer.id;
  change.ticket.installation = "prod";
  change.ticket.rule = alert.rule;
  change.ticket.problem_since = alert.active_since;
  std::vector<const Alert*> alerts = {&alert};
  return RenderText(text, locale, FactsOf(change, alerts, &customer, locale, kNow), TimeZone());
}

// What is not a command to type, which stands in quotes.
std::string WithoutCommands(std::string_view line) {
  std::string out;
  bool is_quoted = false;
  for (char c : line) {
    if (c == '\'') is_quoted = !is_quoted;
    if (!is_quoted) out += c;
  }
  return out;
}

// Whether two words of Latin letters follow each other, as they do in every English sentence.
bool HasEnglish(std::string_view line) {
  std::string text = WithoutCommands(line);
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == ' ' && is_letter(text[i - 1]) && is_letter(text[i + 1])) return true;
  }
  return false;
}

TEST(ShippedTexts, WhatACustomerReadsInChineseHasNoEnglishInIt) {
  std::vector<Rule> rules = ShippedAlerts();
  ASSERT_GE(rules.size(), 60u);
  for (const Rule& rule : rules) {
    Alert alert = Fire(rule);
    for (std::string template_id : {"warning.generic", "warning.disk_will_fill"}) {
      for (const std::string& id : {template_id, template_id + ".cleared"}) {
        StatusOr<RenderedText> said = Say(alert, id, "zh-CN");
        ASSERT_TRUE(said.ok()) << rule.name << ": " << said.status().message();
        std::string all = said->subject + "\n" + said->body;
        for (size_t at = 0; at < all.size();) {
          size_t end = all.find('\n', at);
          std::string line = all.substr(at, end - at);
          EXPECT_FALSE(HasEnglish(line)) << rule.name << ", " << id << ": " << line;
          at = end == std::string::npos ? all.size() : end + 1;
        }
      }
    }
  }
}

TEST(ShippedTexts, EveryTextThatIsThereInEnglishIsThereInChinese) {
  for (const Rule& rule : ShippedAlerts()) {
    Alert alert = Fire(rule);
    std::map<std::string, std::string> texts(alert.annotations.begin(), alert.annotations.end());
    for (const auto& [name, text] : texts) {
      if (name.ends_with("_zh")) continue;
      EXPECT_TRUE(texts.contains(name + "_zh")) << rule.name << " has no " << name << "_zh";
      EXPECT_FALSE(text.empty());
    }
  }
}

TEST(ShippedTexts, TheDiskWarningSaysItsNumbersWithTheirUnits) {
  for (const Rule& rule : ShippedAlerts()) {
    if (rule.forewarn.warning != "disk_will_fill") continue;
    std::string chinese = Say(Fire(rule), "warning.disk_will_fill", "zh-CN")->body;
    EXPECT_NE(chinese.find("测量值：5400 秒后写满；预期：四小时以上\n"), std::string::npos)
        << chinese;
    EXPECT_NE(chinese.find("剩余时间：约 1 小时 30 分钟\n"), std::string::npos) << chinese;
    std::string english = Say(Fire(rule), "warning.disk_will_fill", "en")->body;
    EXPECT_NE(
        english.find("Measured: 1h 30m 0s until it is full; expected: more than four hours\n"),
        std::string::npos)
        << english;
  }
}

}  // namespace
}  // namespace forewarn
