#include "rules/template_value.h"

#include <gtest/gtest.h>

#include <string>

namespace forewarn::templates {
namespace {

const Labels kNone;
const Labels kTwo = {{"a", "1"}, {"b", "2"}};

TEST(TemplateValue, IsPrintedAsGoPrintsIt) {
  EXPECT_EQ(Print(Value(0.25)), "0.25");
  EXPECT_EQ(Print(Value(int64_t{-3})), "-3");
  EXPECT_EQ(Print(Value(std::string("x"))), "x");
  EXPECT_EQ(Print(Value(false)), "false");
  EXPECT_EQ(Print(Value(&kTwo)), "map[a:1 b:2]");
  EXPECT_EQ(Print(Value(&kNone)), "map[]");
}

TEST(TemplateValue, IsTrueUnlessItIsEmpty) {
  for (const Value& value :
       {Value(0.5), Value(int64_t{1}), Value(std::string("0")), Value(true), Value(&kTwo)}) {
    EXPECT_TRUE(IsTrue(value)) << Print(value);
  }
  for (const Value& value :
       {Value(0.0), Value(int64_t{0}), Value(std::string()), Value(false), Value(&kNone)}) {
    EXPECT_FALSE(IsTrue(value)) << Print(value);
  }
}

TEST(TemplateValue, IsQuotedWithEscapes) { EXPECT_EQ(Quote("a\"\\\n"), "\"a\\\"\\\\\\n\""); }

}  // namespace
}  // namespace forewarn::templates
