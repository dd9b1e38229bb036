#include "rules/template.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace forewarn {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Expand(std::string_view text, double value = 7200) {
  const Labels labels = {{"__name__", "disk"}, {"mount", "/data"}, {"ratio", "0.25"}};
  const auto compiled = Template::Compile(text);
  if (!compiled.ok()) return "refused: " + compiled.status().message();
  const auto expanded = compiled->Expand(labels, value);
  return expanded.ok() ? *expanded : "failed: " + expanded.status().message();
}

TEST(Template, ExpandsLabelsAndTheValue) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"plain", "plain"},
      {"", ""},
      {"{{ $labels.mount }} {{ .Labels.mount }}", "/data /data"},
      {"{{ $value }} {{.Value}}", "7200 7200"},
      {"[{{ $labels.missing }}]", "[]"},
      {"{{ $labels }}", "map[__name__:disk mount:/data ratio:0.25]"},
      {"{{ index $labels \"mount\" }}", "/data"},
      {"{{ $value | humanizeDuration }}", "2h 0m 0s"},
      {"{{ humanize $value }} {{ $labels.ratio | humanizePercentage }}", "7.2k 25%"},
      {"{{ $labels.mount | toUpper | printf \"%s|%q\" \"a\" }}", "a|\"/DATA\""},
      {"{{ printf \"%.2f %5.1f%% %v %d %t\" $value 1.25 $value 3 true }}",
       "7200.00   1.2% 7200 3 true"},
      {"{{ printf \"%-6s|%6s|%.2s\" \"ab\" \"\u00e9\" \"xyz\" }}", "ab    |     \u00e9|xy"},
      {"{{ \"a b-c d_e it's\" | title }}", "A B-C D_e It's"},
      {"a {{- /* note */ -}} b {{/* c */}} d", "ab  d"},
      {"a  {{- $value -}}  \n b", "a7200b"},
      {"{{ `raw \\n` }}{{ \"\\t\" }}", "raw \\n\t"},
      {"{{ print $value 1 \"x\" \"y\" }}", "7200 1xy"},
      {"}} { {", "}} { {"},
  };
  for (const auto& [text, expanded] : cases) EXPECT_EQ(Expand(text), expanded) << text;
}

TEST(Template, Decides) {
  const char* text =
      "{{ if gt $value 100.0 }}big{{ else if eq $labels.mount \"/\" \"/data\" }}data{{ else "
      "}}small{{ end }}";
  EXPECT_EQ(Expand(text, 200), "big");
  EXPECT_EQ(Expand(text, 50), "data");
  EXPECT_EQ(Expand("{{ if not $labels.none }}no{{ end }}"), "no");
  EXPECT_EQ(
      Expand("{{ if and (lt $value 1.0) (ne $labels.mount \"x\") }}a{{ else }}b{{ end }}", 0.5),
      "a");
  EXPECT_EQ(Expand("{{ if $value }}{{ if le $value 1.0 }}1{{ else }}2{{ end }}{{ end }}", 3), "2");
  EXPECT_EQ(Expand("{{ or $labels.none \"unknown\" }}"), "unknown");
}

TEST(Template, RefusesWhatItDoesNotKnowWithItsPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"a {{ $value | humanise }}",
       "refused: 1:15: 'humanise' is not known in an alert's template; did you "
       "mean 'humanize'?\n  a {{ $value | humanise }}\n                ^"},
      {"{{ $label.x }}",
       "refused: 1:4: '$label.x' is not known in an alert's template; did you mean '$labels'?"},
      {"{{ range query \"up\" }}{{ end }}", "refused: 1:4: 'range' is not known"},
      {"{{ $x := 1 }}", "refused: 1:4: '$x' is not known"},
      {"{{ $value = 1 }}", "refused: 1:11: variables cannot be set"},
      {"{{ . }}", "refused: 1:4: '.' is not known"},
      {"{{ }}", "refused: 1:4: a value or a function is missing"},
      {"{{ $value", "refused: 1:1: this {{ has no }}"},
      {"{{ $value | }}", "refused: 1:13: a value or a function is missing"},
      {"{{ $value 1 }}", "refused: 1:4: this is no function"},
      {"{{ \"a\" | $value }}", "refused: 1:10: only a function can take"},
      {"{{ \"a }}", "refused: 1:4: this text has no closing quote"},
      {"{{ if $value }}", "refused: 1:1: this if has no {{ end }}"},
      {"{{ end }}", "refused: 1:4: 'end' without an if"},
      {"{{ if $value }}{{ else }}{{ else }}{{ end }}",
       "refused: 1:29: nothing may follow the last else"},
      {"{{ gt $value 100 }}",
       "refused: 1:14: 'gt' cannot compare a number with an integer; write 5.0"},
      {"{{ eq $labels.a $value }}", "refused: 1:17: 'eq' cannot compare a text with a number"},
      {"{{ title $value }}", "refused: 1:10: 'title' needs a text here, not a number"},
      {"{{ printf \"%d\" $value }}",
       "refused: 1:16: printf's %d does not take a number; write %.0f"},
      {"{{ printf \"%s\" }}", "refused: 1:4: the format of printf has 1 verbs for 0 arguments"},
      {"{{ printf \"%\" }}", "refused: 1:11: this format is broken"},
      {"{{ printf \"%999f\" $value }}", "refused: 1:11: this format is broken"},
      {"{{ printf $labels.a }}", "refused: 1:11: the format of printf must be a text in quotes"},
      {"{{ humanize }}", "refused: 1:4: 'humanize' takes 1 argument, not 0"},
      {"{{/* a }}", "refused: 1:1: this comment has no end"},
      {"{{ (humanize $value }}", "refused: 1:4: this parenthesis is not closed"},
      {"{{ humanize humanize $value }}",
       "refused: 1:13: write a call inside another in parentheses"},
  };
  for (const auto& [text, message] : cases) EXPECT_THAT(Expand(text), StartsWith(message)) << text;
}

TEST(Template, SaysWhenALabelIsNoNumber) {
  EXPECT_EQ(Expand("{{ $labels.mount | humanize }}"), "failed: '/data' is not a number");
}

TEST(Template, BoundsDepthAndLength) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "{{ if $value }}";
  EXPECT_THAT(Expand(deep), HasSubstr("nested too deeply"));
  EXPECT_THAT(Expand("{{ " + std::string(10'000, '(')), HasSubstr("nested too deeply"));
  std::string wide;
  for (int i = 0; i < 700; ++i) wide += "{{ printf \"%100v\" $value }}";
  EXPECT_EQ(Expand(wide), "failed: the text is longer than 64 KiB");
}

}  // namespace
}  // namespace forewarn
