#include "base/yaml_slip.h"

#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

std::string SlipIn(std::string_view yaml, int line = 1) {
  std::optional<YamlSlip> slip = FindYamlSlip(yaml, line);
  if (!slip) return "";
  return std::to_string(slip->line) + ":" + std::to_string(slip->column) + " " +
         slip->what.substr(0, slip->what.find(';'));
}

TEST(YamlSlip, IsATextThatNeedsQuotes) {
  EXPECT_EQ(SlipIn("a: {{ b }} c"), "1:4 a text that begins with {{ must be in quotes: '{{ … }}'");
  EXPECT_EQ(SlipIn("x:\r\n- - a:   @b\r\n", 2), "2:10 a text that begins with @ must be in quotes");
  EXPECT_EQ(SlipIn("- `b`"), "1:3 a text that begins with ` must be in quotes");
}

TEST(YamlSlip, IsAQuoteInsideOfQuotes) {
  const std::string ends = " the quoted text ends here, and the line goes on";
  EXPECT_EQ(SlipIn("a: 'it's'"), "1:7" + ends);
  EXPECT_EQ(SlipIn("a: 'é''' b"), "1:8" + ends);
  EXPECT_EQ(SlipIn("a: \"b\\\"\" == 0"), "1:8" + ends);
  EXPECT_EQ(SlipIn("a: \"b\" c\nd: 1\n", 2), "1:6" + ends) << "the parser came to the next line";
}

TEST(YamlSlip, IsNothingThatIsYaml) {
  for (const char* yaml :
       {"", "a", "a: 'b'", "a: \"b\" # c", "a: 'b''c'", "\"a\": b", "- 'a': b", "a: {b: 'c'}",
        "a: b's", "a: ['b', \"c\"]", "a: \"b\\", "a: '", "  ", "- ", "a:"}) {
    EXPECT_EQ(SlipIn(yaml), "") << yaml;
  }
  EXPECT_EQ(SlipIn("a", 7), "");
  EXPECT_EQ(SlipIn("a: 'b' c\nd: 1\ne: 1\n", 3), "") << "too far away";
}

}  // namespace
}  // namespace forewarn
