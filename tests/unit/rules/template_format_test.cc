#include "rules/template_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace forewarn::templates {
namespace {

std::string Formatted(std::string_view verb, const Value& value) {
  const auto format = ParseFormat(verb);
  if (!format || format->verbs.size() != 1) return "broken";
  return format->pieces[0] + FormatVerb(format->verbs[0], value) + format->pieces[1];
}

TEST(TemplateFormat, WritesAsGo) {
  EXPECT_EQ(Formatted("%v", 1e6), "1e+06");
  EXPECT_EQ(Formatted("[%8.2f]", 1.255), "[    1.25]");
  EXPECT_EQ(Formatted("[%-8.2f]", 1.5), "[1.50    ]");
  EXPECT_EQ(Formatted("%+.1f%%", 2.0), "+2.0%");
  EXPECT_EQ(Formatted("%5v", double{NAN}), "  NaN");
  EXPECT_EQ(Formatted("%f", -double{INFINITY}), "-Inf");
  EXPECT_EQ(Formatted("%03d", int64_t{7}), "007");
  EXPECT_EQ(Formatted("%t", true), "true");
  EXPECT_EQ(Formatted("%q", std::string("a\"b")), "\"a\\\"b\"");
}

TEST(TemplateFormat, CountsCharacters) {
  EXPECT_EQ(Formatted("[%3s]", std::string("\u00e9")), "[  \u00e9]");
  EXPECT_EQ(Formatted("%.1s", std::string("\u00e9a")), "\u00e9");
}

TEST(TemplateFormat, RefusesBrokenFormats) {
  for (const char* text : {"%", "%5", "%101d", "%.101f", "%99999999999d"}) {
    EXPECT_FALSE(ParseFormat(text).has_value()) << text;
  }
}

TEST(TemplateFormat, KnowsWhichVerbTakesWhat) {
  const std::vector<std::pair<char, Type>> fitting = {{'s', Type::kText},    {'q', Type::kText},
                                                      {'d', Type::kInteger}, {'f', Type::kNumber},
                                                      {'t', Type::kBool},    {'v', Type::kLabels}};
  for (const auto& [letter, type] : fitting) EXPECT_TRUE(Fits(letter, type)) << letter;
  EXPECT_FALSE(Fits('d', Type::kNumber));
  EXPECT_FALSE(Fits('s', Type::kNumber));
  EXPECT_FALSE(Fits('x', Type::kInteger));
}

}  // namespace
}  // namespace forewarn::templates
