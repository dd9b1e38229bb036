#include "rules/template_expand.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "rules/template_parse.h"
#include "rules/template_query.h"
#include "tests/unit/rules/fake_source.h"

namespace forewarn::templates {
namespace {

using testing::HasSubstr;

Status ExpandInto(std::string_view text, std::string& out) {
  const Labels labels = {{"mount", "/data"}, {"job", "b"}};
  FakeSource source;
  for (const char* job : {"c", "b", "a"}) {
    source.Write({{"__name__", "up"}, {"job", job}}, {kTimeZero, *job == 'b' ? 1.0 : 0.5});
  }
  promql::Budget budget(20'000'000, promql::kRuleWeights);
  TemplateQueries queries(source, kTimeZero, {}, budget);
  const auto tree = ParseTree(text);
  if (!tree.ok()) return tree.status();
  return ExpandInto(*tree, {labels, 7200, &queries}, out);
}

std::string Expanded(std::string_view text) {
  std::string out;
  const Status status = ExpandInto(text, out);
  return status.ok() ? out : "failed: " + status.message();
}

TEST(TemplateExpand, AppendsToWhatIsThere) {
  std::string out = "on ";
  ASSERT_TRUE(ExpandInto("{{ $labels.mount }}", out).ok());
  EXPECT_EQ(out, "on /data");
}

TEST(TemplateExpand, TakesTheFirstBranchThatIsTrue) {
  EXPECT_EQ(Expanded("{{ if $labels.none }}a{{ else if $value }}b{{ else }}c{{ end }}"), "b");
}

TEST(TemplateExpand, GivesTheOperandThatDecides) {
  EXPECT_EQ(Expanded("{{ and $labels.mount $labels.none }}|{{ or \"\" \"x\" \"y\" }}"), "|x");
  EXPECT_EQ(Expanded("{{ or true (first (query \"down\")) }}"), "true") << "as far as it must";
}

TEST(TemplateExpand, AsksQueries) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{{ query \"sum(up)\" | first | value }}", "2"},
      {"{{ range query \"up\" }}{{ .Labels.job }}={{ .Value }} {{ end }}", "a=0.5 b=1 c=0.5 "},
      {"{{ range $i, $s := query \"up\" }}{{ $i }}{{ $s.Labels.job }}{{ label \"job\" $s }} {{ end "
       "}}",
       "0aa 1bb 2cc "},
      {"{{ range query \"down\" }}x{{ else }}none{{ end }}", "none"},
      {"{{ with query \"down\" }}x{{ else }}none{{ end }}", "none"},
      {"{{ with query \"up\" }}{{ len . }} of {{ . | first | label \"job\" }}{{ end }}", "3 of a"},
      {"{{ with printf \"up{job='%s'}\" .Labels.job | query }}{{ . | first | value }}{{ end }}",
       "1"},
      {"{{ range (slice (query \"sort_desc(up)\") 0 1) }}{{ .Labels.job }}{{ end }}", "b"},
      {"{{ $r := query \"up\" }}{{ (index $r 2).Labels.job }}{{ len $r }}", "c3"},
  };
  for (const auto& [text, expanded] : cases) EXPECT_EQ(Expanded(text), expanded) << text;
  EXPECT_EQ(Expanded("{{ query \"down\" | first | value }}"),
            "failed: first() called on vector with no elements");
}

TEST(TemplateExpand, KeepsVariablesAndTheDotApart) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
      {"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"},
      {"{{ $value := \"mine\" }}{{ $value }} {{ .Value }}", "mine 7200"},
      {"{{ with $labels.mount }}{{ . }} {{ $.Value }} {{ $value }}{{ end }}{{ .Labels.job }}",
       "/data 7200 7200b"},
      {"{{ with $x := $labels.mount }}{{ $x }}{{ end }}", "/data"},
      {"{{ range $name, $text := $labels }}{{ $name }}={{ $text }},{{ end }}",
       "job=b,mount=/data,"},
      {"{{ range $labels }}{{ . }},{{ end }}{{ .Value }}", "b,/data,7200"},
      {"{{ range query \"up\" }}{{ if eq .Labels.job \"b\" }}{{ continue }}{{ end }}"
       "{{ .Labels.job }}{{ end }}",
       "ac"},
      {"{{ range query \"up\" }}{{ if eq .Labels.job \"b\" }}{{ break }}{{ end }}"
       "{{ .Labels.job }}{{ end }}{{ .Value }}",
       "a7200"},
      {"{{ $sum := 0.0 }}{{ range query \"up\" }}{{ $sum = .Value }}{{ end }}{{ $sum }}", "0.5"},
  };
  for (const auto& [text, expanded] : cases) EXPECT_EQ(Expanded(text), expanded) << text;
}

TEST(TemplateExpand, CallsTemplates) {
  EXPECT_EQ(Expanded("{{ define \"a\" }}<{{ . }}>{{ end }}{{ template \"a\" $labels.mount }}"
                     "{{ template \"a\" }}"),
            "</data><<no value>>");
  EXPECT_EQ(
      Expanded("{{ define \"a\" }}{{ .Labels.job }} {{ $.Value }}{{ end }}{{ template \"a\" . }}"),
      "b 7200");
  EXPECT_EQ(Expanded("{{ define \"a\" }}{{ .arg0 }}{{ .arg1.Labels.job }}{{ end }}"
                     "{{ template \"a\" (args \"x\" (query \"up\" | first)) }}"),
            "xa");
  EXPECT_EQ(Expanded("{{ block \"a\" $value }}{{ . }}{{ end }}{{ template \"a\" 1 }}"), "72001");
}

TEST(TemplateExpand, LooksAtTypesThatWereNotKnown) {
  EXPECT_EQ(Expanded("{{ $x := \"a\" }}{{ $x.b }}"), "failed: a text has no 'b'");
  EXPECT_EQ(Expanded("{{ $x := \"a\" }}{{ range $x }}{{ end }}"),
            "failed: a range goes over query results or labels, not over a text");
  EXPECT_EQ(Expanded("{{ $x := \"a\" }}{{ gt $x 1.0 }}"),
            "failed: 'gt' cannot compare a text with a number");
}

TEST(TemplateExpand, BoundsTheText) {
  std::string wide;
  for (int i = 0; i < 700; ++i) wide += "{{ printf \"%100v\" $value }}";
  EXPECT_EQ(Expanded(wide), "failed: the text is longer than 64 KiB");
  std::string doubled = "{{ $x := \"abcdefgh\" }}";
  for (int i = 0; i < 40; ++i) doubled += "{{ $x = print $x $x }}";
  EXPECT_EQ(Expanded(doubled), "failed: the text is longer than 64 KiB");
}

TEST(TemplateExpand, BoundsTheWork) {
  EXPECT_THAT(Expanded("{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}"),
              HasSubstr("'a' calls itself without an end"));
  std::string loops;
  for (int i = 0; i < 12; ++i) loops += "{{ range query \"up\" }}";
  loops += "{{ $x := 1 }}";
  for (int i = 0; i < 12; ++i) loops += "{{ end }}";
  EXPECT_EQ(Expanded(loops), "failed: the template takes more than 100000 steps");
}

}  // namespace
}  // namespace forewarn::templates
