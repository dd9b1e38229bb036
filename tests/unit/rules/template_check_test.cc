#include "rules/template_check.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "rules/template_parse.h"

namespace forewarn::templates {
namespace {

using testing::StartsWith;

std::string ErrorOf(std::string_view text) {
  const auto tree = ParseTree(text);
  return tree.ok() ? "read" : tree.status().message();
}

TEST(TemplateCheck, RefusesWhatWouldFailLater) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{{ gt $value 100 }}", "1:14: 'gt' cannot compare a number with an integer; write 5.0"},
      {"{{ eq $labels.a $value }}", "1:17: 'eq' cannot compare a text with a number"},
      {"{{ title $value }}", "1:10: 'title' needs a text here, not a number"},
      {"{{ printf \"%d\" $value }}", "1:16: printf's %d does not take a number; write %.0f"},
      {"{{ printf \"%s\" }}", "1:4: the format of printf has 1 verbs for 0 arguments"},
      {"{{ printf \"%\" }}", "1:11: this format is broken"},
      {"{{ printf \"%999f\" $value }}", "1:11: this format is broken"},
      {"{{ printf $labels.a }}", "1:11: the format of printf must be a text in quotes"},
      {"{{ humanize }}", "1:4: 'humanize' takes 1 argument, not 0"},
      {"{{ eq $labels $labels }}", "1:7: the labels cannot be compared"},
      {"{{ index $value \"a\" }}", "1:10: 'index' needs the labels, query results or a text here"},
      {"{{ not true false }}", "1:4: 'not' takes 1 argument, not 2"},
      {"{{ slice $labels.a 1 2 3 }}", "1:4: 'slice' takes at most 3 arguments, not 4"},
      {"{{ first $labels }}", "1:10: 'first' needs query results here, not the labels"},
      {"{{ query \"up\" | value }}", "1:4: 'value' needs a sample here, not query results"},
      {"{{ query \"up{\" }}", "1:10: this query cannot be read: 1:"},
      {"{{ match \"(\" $labels.a }}", "1:10: the regular expression '(' is bad"},
      {"{{ parseDuration \"5\" }}", "1:18: "},
      {"{{ len $value }}", "1:8: 'len' needs a text, the labels or query results here"},
      {"{{ (query \"up\" | first).Valu }}", "1:24: a sample has no 'Valu'"},
      {"{{ range query \"up\" }}{{ gt .Value 1 }}{{ end }}",
       "1:36: 'gt' cannot compare a number with an integer"},
      {"{{ with toTime $value }}{{ .Yaer }}{{ end }}", "1:28: a time has no 'Yaer'"},
  };
  for (const auto& [text, message] : cases) EXPECT_THAT(ErrorOf(text), StartsWith(message)) << text;
}

TEST(TemplateCheck, TakesTheFormatOutOfTheArguments) {
  Term format;
  format.constant = "%.1f!";
  Term value;
  value.type = Type::kNumber;
  Term call;
  call.function = Function::kPrintf;
  call.arguments = {format, value};
  ASSERT_TRUE(CheckCall("", "printf", call).ok());
  EXPECT_EQ(call.arguments.size(), 1u);
  ASSERT_EQ(call.format.verbs.size(), 1u);
  EXPECT_EQ(call.format.pieces[1], "!");
}

TEST(TemplateCheck, KnowsWhatACallGives) {
  for (const auto& [text, type] : std::vector<std::pair<const char*, Type>>{
           {"{{ gt $value 1.0 }}", Type::kBool},
           {"{{ or $value 1.0 }}", Type::kNumber},
           {"{{ or $value \"none\" }}", Type::kAny},
           {"{{ humanize $value }}", Type::kText},
           {"{{ query \"up\" | sortByLabel \"job\" | first }}", Type::kSample},
           {"{{ index (query \"up\") 0 }}", Type::kSample},
           {"{{ slice (query \"up\") 1 }}", Type::kSamples},
           {"{{ (args 1 2).arg0 }}", Type::kAny},
       }) {
    const auto tree = ParseTree(text);
    ASSERT_TRUE(tree.ok()) << tree.status().message();
    EXPECT_EQ(tree->pieces.front().term->type, type) << text;
  }
}

}  // namespace
}  // namespace forewarn::templates
