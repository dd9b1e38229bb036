#include "incidents/wording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Alert DiskAlert() {
  Alert alert;
  alert.customer = "acme";
  alert.installation = "prod";
  alert.group = "capacity";
  alert.rule = "DiskWillFill";
  alert.labels = {{"alertname", "DiskWillFill"},
                  {"customer", "acme"},
                  {"instance", "web-1"},
                  {"mountpoint", "/data"},
                  {"severity", "warning"}};
  alert.state = AlertState::kFiring;
  alert.value = 5400;
  alert.active_since = FromMillis(1'777'629'600'000);  // 2026-05-01T10:00:00Z
  return alert;
}

TEST(Wording, ATitleIsTheRuleAndItsSummary) {
  Alert alert = DiskAlert();
  alert.annotations = {{"summary", "/data is full in 90 min"}};
  EXPECT_EQ(TitleOf(alert), "DiskWillFill: /data is full in 90 min");
}

TEST(Wording, WithoutASummaryTheTitleHasTheLabelsThatTell) {
  EXPECT_EQ(TitleOf(DiskAlert()), R"(DiskWillFill {instance="web-1",mountpoint="/data"})");
  Alert bare = DiskAlert();
  bare.labels = {{"alertname", "DiskWillFill"}};
  EXPECT_EQ(TitleOf(bare), "DiskWillFill");
}

TEST(Wording, ATitleIsOneLineAndNeverCutsACharacter) {
  Alert alert = DiskAlert();
  std::string summary = "a\r\nb";
  for (int i = 0; i < 100; ++i) summary += "磁";
  alert.annotations = {{"summary", summary}};
  std::string title = TitleOf(alert);
  EXPECT_LE(title.size(), 200u);
  EXPECT_EQ(title.find('\n'), std::string::npos);
  EXPECT_TRUE(title.ends_with("磁…"));
}

TEST(Wording, ADescriptionSaysWhatSinceWhenAndAgainstWhichExpectation) {
  Alert alert = DiskAlert();
  alert.annotations = {{"summary", "full soon"},
                       {"value", "90 min to full"},
                       {"expected", "at least 4 h"},
                       {"next_step", "free space"}};
  alert.predicted_breach = alert.active_since + 90min;
  std::string text = DescriptionOf(alert);
  EXPECT_THAT(text, HasSubstr("What: full soon\n"));
  EXPECT_THAT(text, HasSubstr("Since: 2026-05-01T10:00:00Z\n"));
  EXPECT_THAT(text, HasSubstr("Value: 90 min to full\nExpected: at least 4 h\n"));
  EXPECT_THAT(text, HasSubstr("Failure expected at: 2026-05-01T11:30:00Z\n"));
  EXPECT_THAT(text, HasSubstr("Next step: free space\n"));
  EXPECT_THAT(text, HasSubstr("customer acme, installation prod"));
  EXPECT_THAT(text, Not(HasSubstr("Playbook")));
  EXPECT_FALSE(text.ends_with('\n'));
}

TEST(Wording, AnUnknownAlertIsNeverCalledResolved) {
  Alert alert = DiskAlert();
  alert.state = AlertState::kUnknown;
  alert.unknown_reason = UnknownReason::kContactLost;
  EXPECT_EQ(LineOf(alert),
            R"(DiskWillFill{instance="web-1",mountpoint="/data"} is unknown, contact was lost; )"
            "it was firing since 2026-05-01T10:00:00Z");
  alert.state = AlertState::kEnded;
  EXPECT_THAT(LineOf(alert), HasSubstr("ended without proof"));
  EXPECT_THAT(LineOf(alert), Not(HasSubstr("resolved")));
}

TEST(Wording, AFiringAlertTellsItsValueAndPrediction) {
  Alert alert = DiskAlert();
  EXPECT_THAT(LineOf(alert), HasSubstr("value 5400"));
  alert.predicted_breach = alert.active_since + 1h;
  EXPECT_THAT(LineOf(alert), HasSubstr("failure expected at 2026-05-01T11:00:00Z"));
}

}  // namespace
}  // namespace forewarn
