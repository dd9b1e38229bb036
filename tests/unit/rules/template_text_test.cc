#include "rules/template_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/template_value.h"

namespace forewarn::templates {
namespace {

std::string Replaced(const std::string& pattern, std::string_view with, std::string_view text) {
  const auto replaced = ReplaceAll(pattern, with, text);
  return replaced.ok() ? *replaced : "failed: " + replaced.status().message();
}

TEST(TemplateText, CapitalisesWords) {
  EXPECT_EQ(Title("a b-c d_e it's \u00e9a"), "A B-C D_e It's \u00e9a");
  EXPECT_EQ(ToUpper("ab\u00e91"), "AB\u00e91");
  EXPECT_EQ(ToLower("AB\u00e91"), "ab\u00e91");
}

TEST(TemplateText, MatchesAnywhere) {
  EXPECT_TRUE(*Matches("a+", "xaay"));
  EXPECT_FALSE(*Matches("^a+", "xaay"));
  EXPECT_FALSE(Matches("(", "x").ok());
}

TEST(TemplateText, ReplacesAsGo) {
  EXPECT_EQ(Replaced("a(x*)b", "T", "-ab-axxb-"), "-T-T-");
  EXPECT_EQ(Replaced("a(x*)b", "$1", "-ab-axxb-"), "--xx-");
  EXPECT_EQ(Replaced("a(x*)b", "$1W", "-ab-axxb-"), "---") << "the group 1W";
  EXPECT_EQ(Replaced("a(x*)b", "${1}W", "-ab-axxb-"), "-W-xxW-");
  EXPECT_EQ(Replaced("(?P<n>\\w+)\\.\\w+", "${n}$$", "a.b c.d"), "a$ c$");
  EXPECT_EQ(Replaced("x*", "-", "axb"), "-a-b-");
  EXPECT_EQ(Replaced("", "-", "a\u00e9"), "-a-\u00e9-");
  EXPECT_EQ(Replaced("z", "-", "abc"), "abc");
  EXPECT_EQ(Replaced("a", "$", "a"), "$");
}

TEST(TemplateText, BoundsWhatItReplaces) {
  EXPECT_EQ(Replaced("a", std::string(1000, 'b'), std::string(1000, 'a')),
            "failed: the text is longer than 64 KiB");
  EXPECT_EQ(Replaced("a.*b|a", "", std::string(60'000, 'a')),
            "failed: the regular expression is too much work for this text");
}

TEST(TemplateText, StripsPortsAndDomains) {
  EXPECT_EQ(StripPort("db.example.com:9100"), "db.example.com");
  EXPECT_EQ(StripPort("[::1]:80"), "::1");
  for (const char* text : {"db", "::1", "a:b:c", "[::1]", "[::1", ""})
    EXPECT_EQ(StripPort(text), text);
  EXPECT_EQ(StripDomain("db.example.com:9100"), "db:9100");
  EXPECT_EQ(StripDomain("db.example.com"), "db");
  EXPECT_EQ(StripDomain("192.0.2.1:80"), "192.0.2.1:80");
  EXPECT_EQ(StripDomain("[2001:db8::1]:80"), "[2001:db8::1]:80");
  EXPECT_EQ(StripDomain("db"), "db");
}

TEST(TemplateText, Escapes) {
  EXPECT_EQ(EscapeHtml("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&#34;&lt;/a&gt;");
  EXPECT_EQ(EscapeJs("a'\\\n<="), "a\\'\\\\\\u000A\\u003C\\u003D");
  EXPECT_EQ(EscapeQuery("up{a=\"b c\"}~"), "up%7Ba%3D%22b+c%22%7D~");
}

TEST(TemplateText, RefusesAMatchThatIsTooMuchWork) {
  const std::string pattern = "(a|b)*a(a|b){1000}";
  EXPECT_FALSE(*Matches(pattern, "abba"));
  EXPECT_EQ(Matches(pattern, std::string(64 * 1024, 'a')).status().code(),
            Code::kResourceExhausted);
}

}  // namespace
}  // namespace forewarn::templates
