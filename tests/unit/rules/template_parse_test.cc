#include "rules/template_parse.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace forewarn::templates {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string ErrorOf(std::string_view text) {
  const auto pieces = ParsePieces(text);
  return pieces.ok() ? "read" : pieces.status().message();
}

TEST(TemplateParse, SplitsATextIntoPieces) {
  const auto pieces = ParsePieces("a {{ $value }}{{ if true }}b{{ else }}c{{ end -}}\n d");
  ASSERT_TRUE(pieces.ok()) << pieces.status().message();
  ASSERT_EQ(pieces->size(), 4u);
  EXPECT_EQ((*pieces)[0].text, "a ");
  ASSERT_TRUE((*pieces)[1].term.has_value());
  EXPECT_EQ((*pieces)[1].term->kind, Term::Kind::kValue);
  ASSERT_EQ((*pieces)[2].branches.size(), 2u);
  EXPECT_TRUE((*pieces)[2].branches[0].condition.has_value());
  EXPECT_FALSE((*pieces)[2].branches[1].condition.has_value());
  EXPECT_EQ((*pieces)[3].text, "d");
}

TEST(TemplateParse, PutsWhatIsPipedLast) {
  const auto pieces = ParsePieces("{{ $labels.b | index $labels }}");
  ASSERT_TRUE(pieces.ok()) << pieces.status().message();
  const Term& call = *pieces->front().term;
  EXPECT_EQ(call.function, Function::kIndex);
  ASSERT_EQ(call.arguments.size(), 2u);
  EXPECT_EQ(call.arguments[1].label, "b");
}

TEST(TemplateParse, RefusesWhatItDoesNotKnowWithItsPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"a {{ $value | humanise }}",
       "1:15: 'humanise' is not known in an alert's template; did you "
       "mean 'humanize'?\n  a {{ $value | humanise }}\n                ^"},
      {"{{ $label.x }}",
       "1:4: '$label.x' is not known in an alert's template; did you mean '$labels'?"},
      {"{{ range query \"up\" }}{{ end }}", "1:4: 'range' is not known"},
      {"{{ $x := 1 }}", "1:4: '$x' is not known"},
      {"{{ $value = 1 }}", "1:11: variables cannot be set"},
      {"{{ $externalLabels.1 }}", "1:4: '$externalLabels.1' names no label"},
      {"{{ $externalLabel }}",
       "1:4: '$externalLabel' is not known in an alert's template; did you mean "
       "'$externalLabels'?"},
      {"{{ . }}", "1:4: '.' is not known"},
      {"{{ }}", "1:4: a value or a function is missing"},
      {"{{ $value", "1:1: this {{ has no }}"},
      {"{{ $value | }}", "1:13: a value or a function is missing"},
      {"{{ $value 1 }}", "1:4: this is no function"},
      {"{{ \"a\" | $value }}", "1:10: only a function can take"},
      {"{{ \"a }}", "1:4: this text has no closing quote"},
      {"{{ if $value }}", "1:1: this if has no {{ end }}"},
      {"{{ end }}", "1:4: 'end' without an if"},
      {"{{ if $value }}{{ else }}{{ else }}{{ end }}", "1:29: nothing may follow the last else"},
      {"{{ if $value }}{{ else end }}{{ end }}", "1:24: unexpected 'e'"},
      {"{{/* a }}", "1:1: this comment has no end"},
      {"{{ (humanize $value }}", "1:4: this parenthesis is not closed"},
      {"{{ humanize humanize $value }}", "1:13: write a call inside another in parentheses"},
  };
  for (const auto& [text, message] : cases) EXPECT_THAT(ErrorOf(text), StartsWith(message)) << text;
}

TEST(TemplateParse, BoundsDepthAndLength) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "{{ if $value }}";
  EXPECT_THAT(ErrorOf(deep), HasSubstr("nested too deeply"));
  EXPECT_THAT(ErrorOf("{{ " + std::string(10'000, '(')), HasSubstr("nested too deeply"));
  EXPECT_EQ(ErrorOf(std::string(kMaxText, 'a')), "read");
  EXPECT_EQ(ErrorOf(std::string(kMaxText + 1, 'a')), "the template is longer than 64 KiB");
}

}  // namespace
}  // namespace forewarn::templates
