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
  const auto tree = ParseTree(text);
  return tree.ok() ? "read" : tree.status().message();
}

TEST(TemplateParse, SplitsATextIntoPieces) {
  const auto tree = ParseTree("a {{ $value }}{{ if true }}b{{ else }}c{{ end -}}\n d");
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  const Pieces& pieces = tree->pieces;
  ASSERT_EQ(pieces.size(), 4u);
  EXPECT_EQ(pieces[0].text, "a ");
  ASSERT_TRUE(pieces[1].term.has_value());
  EXPECT_EQ(pieces[1].term->kind, Term::Kind::kValue);
  ASSERT_EQ(pieces[2].branches.size(), 2u);
  EXPECT_TRUE(pieces[2].branches[0].condition.has_value());
  EXPECT_FALSE(pieces[2].branches[1].condition.has_value());
  EXPECT_EQ(pieces[3].text, "d");
}

TEST(TemplateParse, GivesVariablesTheirSlots) {
  const auto tree = ParseTree(
      "{{ $a := 1 }}{{ range $k, $v := $labels }}{{ $c := $v }}{{ end }}{{ $d := 2 }}{{ $a = 3 }}");
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  const Pieces& pieces = tree->pieces;
  ASSERT_EQ(pieces.size(), 4u);
  EXPECT_EQ(pieces[0].slots, Slots{0});
  EXPECT_EQ(pieces[1].kind, Piece::Kind::kRange);
  EXPECT_EQ(pieces[1].branches[0].slots, (Slots{1, 2}));
  EXPECT_EQ(pieces[1].branches[0].pieces[0].slots, Slots{3});
  EXPECT_EQ(pieces[2].slots, Slots{1}) << "those of the range are gone";
  EXPECT_EQ(pieces[3].slots, Slots{0});
}

TEST(TemplateParse, KeepsDefinitionsByName) {
  const auto tree = ParseTree(
      "{{ define `a` }}x{{ end }}b{{ block \"c\" . }}y{{ end }}{{ template \"a\" $value }}");
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  EXPECT_EQ(tree->definitions.size(), 2u);
  EXPECT_EQ(tree->definitions.at("a").front().text, "x");
  EXPECT_EQ(tree->definitions.at("c").front().text, "y");
  ASSERT_EQ(tree->pieces.size(), 3u);
  EXPECT_EQ(tree->pieces[1].kind, Piece::Kind::kTemplate);
  EXPECT_EQ(tree->pieces[1].text, "c");
  EXPECT_EQ(tree->pieces[2].term->kind, Term::Kind::kValue);
}

TEST(TemplateParse, RefusesWhatItDoesNotKnowWithItsPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"a {{ $value | humanise }}",
       "1:15: 'humanise' is not known in an alert's template; did you "
       "mean 'humanize'?\n  a {{ $value | humanise }}\n                ^"},
      {"{{ $label.x }}",
       "1:4: '$label.x' is not known in an alert's template; did you mean '$labels'?"},
      {"{{ $value = 1 }}", "1:11: '$value' is no variable of this template; declare it with :="},
      {"{{ if $x := 1 }}{{ end }}{{ $x }}", "1:29: '$x' is not known"},
      {"{{ $ := 1 }}", "1:4: '$' is what the template was given"},
      {"{{ range $value }}{{ end }}",
       "1:10: a range goes over query results or labels, not over a"},
      {"{{ range $labels }}", "1:1: this range has no {{ end }}"},
      {"{{ with 1 }}{{ else if 2 }}{{ end }}", "1:16: a with has no 'else if'"},
      {"{{ if true }}{{ break }}{{ end }}", "1:17: 'break' outside of a range"},
      {"{{ if true }}{{ define \"a\" }}{{ end }}{{ end }}", "1:17: a template can only be defined"},
      {"{{ define \"a\" }}{{ $labels.x }}{{ end }}",
       "1:20: '$labels.x' is not known in a definition; pass it on with {{ template }}"},
      {"{{ define \"a\" }}x", "1:1: this define has no {{ end }}"},
      {"{{ define \"a\" }}{{ end }}{{ define \"a\" }}{{ end }}",
       "1:26: the template 'a' is defined twice"},
      {"{{ template \"b\" }}", "1:4: no template 'b' is defined"},
      {"{{ template b }}", "1:13: the name of a template must be here, in quotes"},
      {"{{ $externalLabels.1 }}", "1:4: '$externalLabels.1' names no label"},
      {"{{ $externalLabel }}",
       "1:4: '$externalLabel' is not known in an alert's template; did you mean "
       "'$externalLabels'?"},
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
  std::string pipes = "{{ 1";
  std::string fields = "{{ toTime 1";
  for (int i = 0; i < 10'000; ++i) pipes += "|js";
  for (int i = 0; i < 10'000; ++i) fields += ".UTC";
  EXPECT_THAT(ErrorOf(pipes + " }}"), HasSubstr("more than 20 pipes follow each other"));
  EXPECT_THAT(ErrorOf("{{ ($x := 1)" + fields + " }}"), testing::Not(testing::IsEmpty()));
  EXPECT_EQ(ErrorOf(std::string(kMaxText, 'a')), "read");
  EXPECT_EQ(ErrorOf(std::string(kMaxText + 1, 'a')), "the template is longer than 64 KiB");
}

}  // namespace
}  // namespace forewarn::templates
