#include "bench/alert_trials.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace forewarn::bench {
namespace {

using Trials = std::vector<size_t>;
using Times = std::vector<double>;

std::string Webhook(size_t trial) {
  return R"({"version":"forewarn.v1","facts":{"label.trial":")" + std::to_string(trial) + R"("}})";
}

TEST(AlertTrials, AreFoundInWebhooksOfEachForm) {
  EXPECT_EQ(TrialsIn(Webhook(17)), Trials{17});
  // What Prometheus posts to Alertmanager, and what that posts on.
  const std::string alerts =
      R"([{"labels":{"alertname":"BadSample","trial":"3"}},{"labels":{"trial":"4"}},{"labels":{}}])";
  EXPECT_EQ(TrialsIn(alerts), (Trials{3, 4}));
  EXPECT_EQ(TrialsIn(R"({"version":"4","alerts":)" + alerts + "}"), (Trials{3, 4}));
  for (const char* strange :
       {"", "[", "17", "[17]", R"({"alerts":{}})", R"({"facts":17})",
        R"({"facts":{"label.trial":17}})", R"([{"labels":{"trial":"17th"}}])"}) {
    EXPECT_EQ(TrialsIn(strange), Trials()) << strange;
  }
}

TEST(AlertTrials, TakeFromPushToAcknowledgementAndToTheFirstWebhook) {
  AlertTrials trials(4);
  trials.Pushed(0, 1.0);
  trials.Delivered(Webhook(0), 1.125);
  trials.Pushed(1, 2.0);
  trials.Acknowledged(1, 2.5);
  trials.Delivered(Webhook(1), 2.75);
  trials.Delivered(Webhook(1), 9.0);
  trials.Pushed(2, 3.0);
  trials.Acknowledged(2, 3.25);
  EXPECT_EQ(trials.SecondsToAck(0), (Times{0.5, 0.25}));
  EXPECT_EQ(trials.SecondsToWebhook(0), (Times{0.125, 0.75}));
  EXPECT_EQ(trials.SecondsToWebhook(1), Times{0.75});
  EXPECT_EQ(trials.TakeDelivered(), (Trials{0, 1}));
  EXPECT_EQ(trials.TakeDelivered(), Trials());
  EXPECT_TRUE(trials.WaitForFirst(2, Duration(0)));
  EXPECT_FALSE(trials.WaitForFirst(3, Duration(0)));
}

TEST(AlertTrials, LeaveOutWebhooksAboutNothingThatWasPushed) {
  AlertTrials trials(2);
  trials.Pushed(0, 1.0);
  trials.Delivered(Webhook(1), 1.5);
  trials.Delivered(Webhook(7), 1.5);
  trials.Delivered("[]", 1.5);
  EXPECT_EQ(trials.SecondsToWebhook(0), Times());
  EXPECT_EQ(trials.TakeDelivered(), Trials());
  EXPECT_EQ(trials.strange(), 1U);
}

}  // namespace
}  // namespace forewarn::bench
