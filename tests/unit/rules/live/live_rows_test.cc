#include "rules/live/live_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

const Scope kScope = {"acme", "plant", ""};

class LiveRowsTest : public ::testing::Test {
 protected:
  void Write(std::string name, Labels labels) {
    labels.Set(kMetricName, name);
    labels.Set("customer", "acme");
    labels.Set("installation", "plant");
    source_.Write(labels, {kTimeZero, 1});
    watches_.Begin(&applied_);
    watches_.End();
    source_.Begin();
  }

  LiveRows Bind(const std::string& text) {
    std::shared_ptr<const LivePlan> plan = MakeLivePlan(*promql::Parse(text), nullptr);
    std::vector<Watch*> watches;
    for (const LivePlan::Selector& selector : plan->selectors) {
      watches.push_back(*watches_.Make(kScope, selector.matchers, selector.reach(), kTimeZero));
    }
    return {plan, watches, watches_};
  }

  // The labels of all rows of the whole, without those of the scope; "unclear" when that cannot be said.
  std::string Rows(LiveRows& rows) {
    for (Watch* watch : rows.watches()) EXPECT_TRUE(watches_.Prepare(*watch, kTimeZero).ok());
    if (!rows.Update()) return "unclear";
    const size_t root = rows.plan().nodes.size() - 1;
    std::string text;
    for (size_t row = 0; row < rows.Count(root); ++row) {
      Labels labels = rows.LabelsOf(root, row);
      labels.Remove("customer");
      labels.Remove("installation");
      text += (text.empty() ? "" : " ") + labels.ToString();
    }
    return text;
  }

  FakeSource source_;
  const Applied applied_{source_.taken, source_.named};
  Watches watches_{source_, 1000};
};

TEST_F(LiveRowsTest, HaveTheLabelsOfTheirSeriesAndTheNameWhereItStays) {
  LiveRows plain = Bind("x > 1");
  LiveRows other = Bind("x + 1");
  LiveRows rate = Bind("rate(x[5m])");
  LiveRows last = Bind("last_over_time(x[5m])");
  Write("x", {{"i", "1"}});
  Write("x", {{"i", "2"}});
  EXPECT_EQ(Rows(plain), "x{i=\"1\"} x{i=\"2\"}");
  EXPECT_EQ(Rows(other), "{i=\"1\"} {i=\"2\"}");
  EXPECT_EQ(Rows(rate), "{i=\"1\"} {i=\"2\"}");
  EXPECT_EQ(Rows(last), "x{i=\"1\"} x{i=\"2\"}");
}

TEST_F(LiveRowsTest, FollowTheSeriesThatThereAre) {
  LiveRows match = Bind("x / on (i) y");
  LiveRows sum = Bind("sum by (i) (x)");
  LiveRows either = Bind("x or on (i) y");
  Write("x", {{"i", "1"}, {"m", "a"}});
  EXPECT_EQ(Rows(match), "");
  EXPECT_EQ(Rows(sum), "{i=\"1\"}");
  Write("y", {{"i", "1"}});
  EXPECT_EQ(Rows(match), "{i=\"1\"}");
  Write("x", {{"i", "0"}, {"m", "a"}});
  Write("x", {{"i", "1"}, {"m", "b"}});
  EXPECT_EQ(Rows(sum), "{i=\"0\"} {i=\"1\"}");
  EXPECT_EQ(Rows(either), "x{i=\"0\",m=\"a\"} x{i=\"1\",m=\"a\"} x{i=\"1\",m=\"b\"} y{i=\"1\"}");
}

TEST_F(LiveRowsTest, HaveTheLabelsThatFunctionsMake) {
  LiveRows replaced = Bind("label_replace(x, \"host\", \"h$1\", \"i\", \"(.*)\")");
  LiveRows joined = Bind("label_join(x, \"i\", \"-\", \"m\", \"i\") + 1");
  LiveRows histogram = Bind("histogram_quantile(0.5, h)");
  LiveRows absent = Bind("absent(x{i=\"1\", m=~\"a|b\"})");
  LiveRows vector = Bind("vector(1)");
  Write("x", {{"i", "1"}, {"m", "a"}});
  Write("h", {{"i", "1"}, {"le", "1"}});
  Write("h", {{"i", "1"}, {"le", "+Inf"}});
  Write("h", {{"i", "2"}, {"le", "?"}});
  EXPECT_EQ(Rows(replaced), "x{host=\"h1\",i=\"1\",m=\"a\"}");
  EXPECT_EQ(Rows(joined), "{i=\"a-1\",m=\"a\"}");
  EXPECT_EQ(Rows(histogram), "{i=\"1\"}");
  EXPECT_EQ(Rows(absent), "{i=\"1\"}");
  EXPECT_EQ(Rows(vector), "{}");
}

TEST_F(LiveRowsTest, AreUnclearWhereTwoWouldHaveTheSameLabels) {
  LiveRows replaced = Bind("label_replace(x, \"i\", \"\", \"i\", \".*\")");
  Write("x", {{"i", "1"}});
  EXPECT_EQ(Rows(replaced), "x");
  Write("x", {{"i", "2"}});
  EXPECT_EQ(Rows(replaced), "unclear");
}

TEST_F(LiveRowsTest, TakeRoomAndKeepNothingWithoutIt) {
  for (int i = 0; i < 40; ++i) Write("x", {{"i", std::to_string(i)}});
  const std::string text = R"(label_replace(x, "host", "h$1", "i", ".+"))";
  {
    LiveRows rows = Bind(text);
    EXPECT_NE(Rows(rows), "unclear");
    EXPECT_EQ(watches_.beside(), 400U);
    LiveRows others = Bind(text);
    EXPECT_EQ(Rows(others), "unclear");
    EXPECT_TRUE(others.lacks_room());
    EXPECT_EQ(watches_.beside(), 400U);
  }
  EXPECT_EQ(watches_.beside(), 0U);
  LiveRows nested = Bind("label_replace(" + text + R"(, "i", "", "i", ".*"))");
  EXPECT_EQ(Rows(nested), "unclear");
  EXPECT_EQ(watches_.beside(), 0U) << "the inner part, of which nobody has anything";
}

TEST_F(LiveRowsTest, AreUnclearWhereLabelsComeFromOneOfTwo) {
  LiveRows match = Bind("x * on (i) group_left (version) info");
  Write("x", {{"i", "1"}});
  Write("info", {{"i", "1"}, {"version", "1"}});
  EXPECT_EQ(Rows(match), "{i=\"1\",version=\"1\"}");
  Write("info", {{"i", "1"}, {"version", "2"}});
  EXPECT_EQ(Rows(match), "unclear");
}

}  // namespace
}  // namespace forewarn
