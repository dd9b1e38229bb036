#include "rules/template.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace forewarn {
namespace {

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
      {"[{{ $externalLabels.cluster }}] {{ .ExternalLabels.a }}", "[] "},
      {"{{ $externalLabels }}{{ index $externalLabels \"mount\" }}", "map[]"},
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
  EXPECT_EQ(Expand("{{ if $externalLabels.cluster }}a{{ else -}} b{{ end -}} c"), "bc");
  EXPECT_EQ(Expand("{{ or $labels.none \"unknown\" }}"), "unknown");
}

TEST(Template, IsRefusedWithThePlaceOfTheError) {
  EXPECT_THAT(Expand("a {{ $value | humanise }}"),
              StartsWith("refused: 1:15: 'humanise' is not known in an alert's template"));
}

TEST(Template, HasWhatPrometheusHas) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{{ with $labels.mount }}on {{ . }}{{ end }}", "on /data"},
      {"{{ range $k, $v := $labels }}{{ $k }} {{ end }}", "__name__ mount ratio "},
      {"{{ $m := $labels.mount | reReplaceAll \"^/\" \"\" }}{{ title $m }}", "Data"},
      {"{{ if match \"^/d\" $labels.mount }}data{{ end }}", "data"},
      {"{{ define \"x\" }}{{ .Value | humanize }}{{ end }}{{ template \"x\" . }}", "7.2k"},
      {"{{ stripPort \"a:1\" }} {{ stripDomain \"a.b:1\" }}", "a a:1"},
      {"{{ toTime $value }} {{ (toTime $value).Hour }}", "1970-01-01 02:00:00 +0000 UTC 2"},
      {"{{ parseDuration \"2h\" }}{{ if eq $value (parseDuration \"2h\") }}!{{ end }}", "7200!"},
      {"{{ len $labels.mount }} {{ slice $labels.mount 1 }}", "5 data"},
      {"{{ $externalURL }}{{ pathPrefix }}{{ tableLink \"up\" }}", "/graph?g0.expr=up&g0.tab=1"},
      {"{{ if and $labels.mount (gt $value 1.0) }}both{{ end }}", "both"},
      {"{{ .Labels.mount | html }} {{ \"a&b\" | urlquery }}", "/data a%26b"},
  };
  for (const auto& [text, expanded] : cases) EXPECT_EQ(Expand(text), expanded) << text;
  EXPECT_EQ(Expand("{{ query \"up\" | first | value }}"), "failed: queries cannot be asked here");
}

TEST(Template, SaysWhenALabelIsNoNumber) {
  EXPECT_EQ(Expand("{{ $labels.mount | humanize }}"), "failed: '/data' is not a number");
}

}  // namespace
}  // namespace forewarn
