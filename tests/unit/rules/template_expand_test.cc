#include "rules/template_expand.h"

#include <gtest/gtest.h>

#include <string>

#include "rules/template_parse.h"

namespace forewarn::templates {
namespace {

Status ExpandInto(std::string_view text, std::string& out) {
  const Labels labels = {{"mount", "/data"}};
  const auto pieces = ParsePieces(text);
  if (!pieces.ok()) return pieces.status();
  return ExpandInto(*pieces, {labels, 7200}, out);
}

TEST(TemplateExpand, AppendsToWhatIsThere) {
  std::string out = "on ";
  ASSERT_TRUE(ExpandInto("{{ $labels.mount }}", out).ok());
  EXPECT_EQ(out, "on /data");
}

TEST(TemplateExpand, TakesTheFirstBranchThatIsTrue) {
  std::string out;
  ASSERT_TRUE(
      ExpandInto("{{ if $labels.none }}a{{ else if $value }}b{{ else }}c{{ end }}", out).ok());
  EXPECT_EQ(out, "b");
}

TEST(TemplateExpand, GivesTheOperandThatDecides) {
  std::string out;
  ASSERT_TRUE(
      ExpandInto("{{ and $labels.mount $labels.none }}|{{ or \"\" \"x\" \"y\" }}", out).ok());
  EXPECT_EQ(out, "|x");
}

TEST(TemplateExpand, BoundsTheText) {
  std::string wide;
  for (int i = 0; i < 700; ++i) wide += "{{ printf \"%100v\" $value }}";
  std::string out;
  EXPECT_EQ(ExpandInto(wide, out).message(), "the text is longer than 64 KiB");
}

}  // namespace
}  // namespace forewarn::templates
