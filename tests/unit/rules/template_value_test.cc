#include "rules/template_value.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace forewarn::templates {
namespace {

const Labels kNone;
const Labels kTwo = {{"a", "1"}, {"b", "2"}};
const SampleRef kSample =
    std::make_shared<const promql::VectorSample>(promql::VectorSample{{{"a", "1"}}, kTimeZero, 5});
const Samples kSamples =
    std::make_shared<const std::vector<SampleRef>>(std::vector<SampleRef>{kSample, kSample});
const auto kGiven = std::make_shared<const Arguments>(
    Arguments{{{"arg0", Value(std::string("x"))}, {"arg1", Value(kSample)}}, 1});
const Samples kNoSamples = std::make_shared<const std::vector<SampleRef>>();

TEST(TemplateValue, IsPrintedAsGoPrintsIt) {
  EXPECT_EQ(Print(Value(0.25)), "0.25");
  EXPECT_EQ(Print(Value(int64_t{-3})), "-3");
  EXPECT_EQ(Print(Value(std::string("x"))), "x");
  EXPECT_EQ(Print(Value(false)), "false");
  EXPECT_EQ(Print(Value(&kTwo)), "map[a:1 b:2]");
  EXPECT_EQ(Print(Value(&kNone)), "map[]");
  EXPECT_EQ(Print(Value(Nothing())), "<no value>");
  EXPECT_EQ(Print(Value(kSample)), "{map[a:1] 5}");
  EXPECT_EQ(Print(Value(kSamples)), "[{map[a:1] 5} {map[a:1] 5}]");
  EXPECT_EQ(Print(Value(kGiven)), "map[arg0:x arg1:{map[a:1] 5}]");
  EXPECT_EQ(Print(Value(FromMillis(1500))), "1970-01-01 00:00:01.5 +0000 UTC");
  const Facts facts{kTwo, 0.5};
  EXPECT_EQ(Print(Value(&facts)), "{map[a:1 b:2] map[]  0.5}");
}

TEST(TemplateValue, IsTrueUnlessItIsEmpty) {
  for (const Value& value : {Value(0.5), Value(int64_t{1}), Value(std::string("0")), Value(true),
                             Value(&kTwo), Value(kSample), Value(kSamples), Value(kGiven)}) {
    EXPECT_TRUE(IsTrue(value)) << Print(value);
  }
  for (const Value& value : {Value(0.0), Value(int64_t{0}), Value(std::string()), Value(false),
                             Value(&kNone), Value(kNoSamples), Value(Nothing())}) {
    EXPECT_FALSE(IsTrue(value)) << Print(value);
  }
}

TEST(TemplateValue, PrintsNoMoreSamplesThanATextHolds) {
  const auto many = std::make_shared<const std::vector<SampleRef>>(1'000'000, kSample);
  EXPECT_LT(Print(Value(many)).size(), kMaxText + 100);
}

TEST(TemplateValue, IsQuotedWithEscapes) { EXPECT_EQ(Quote("a\"\\\n"), "\"a\\\"\\\\\\n\""); }

}  // namespace
}  // namespace forewarn::templates
