#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

TEST(Utf8, KnowsAWellFormedCharacter) {
  EXPECT_EQ(Utf8Length(""), 0u);
  EXPECT_EQ(Utf8Length(std::string_view("\0", 1)), 1u);
  EXPECT_EQ(Utf8Length("a\xff"), 1u);
  EXPECT_EQ(Utf8Length("\xc3\xa9"), 2u);
  EXPECT_EQ(Utf8Length("\xe4\xbd\xa0"), 3u);
  EXPECT_EQ(Utf8Length("\xf0\x9f\x8c\xa9"), 4u);
  for (const char* bad : {"\xe9", "\x80", "\xc3", "\xe4\xbd", "\xf0\x9f\x8c", "\xff"}) {
    EXPECT_EQ(Utf8Length(bad), 0u) << bad;
  }
  EXPECT_EQ(Utf8Length("\xc0\xaf"), 0u) << "overlong";
  EXPECT_EQ(Utf8Length("\xe0\x9f\xbf"), 0u) << "overlong";
  EXPECT_EQ(Utf8Length("\xf0\x8f\xbf\xbf"), 0u) << "overlong";
  EXPECT_EQ(Utf8Length("\xed\xa0\x80"), 0u) << "a surrogate";
  EXPECT_EQ(Utf8Length("\xf4\x90\x80\x80"), 0u) << "beyond U+10FFFF";
}

TEST(Utf8, CountsTheBytesThatAreWellFormed) {
  EXPECT_EQ(Utf8Prefix(""), 0u);
  EXPECT_EQ(Utf8Prefix("a\xc3\xa9z"), 4u);
  EXPECT_EQ(Utf8Prefix("caf\xe9 z"), 3u);
}

TEST(Utf8, TellsWhereATextIsNone) {
  EXPECT_FALSE(FindBadText("a: \xc3\xa9\r\n\tb\n").has_value());
  std::optional<BadText> bad = FindBadText("a\n\xc3\xa9\xe9");
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(bad->line, 2);
  EXPECT_EQ(bad->column, 2);
  EXPECT_EQ(bad->what, "not UTF-8 text; save the file as UTF-8");
  EXPECT_EQ(FindBadText("\x7f")->what, "a control character (0x7f)");
  EXPECT_FALSE(FindBadUtf8("\x7f").has_value());
  EXPECT_EQ(FindBadUtf8("\x7f\xff")->column, 2);
}

TEST(Utf8, LeavesValidTextAsItIs) {
  for (const char* text :
       {"", "plain", "\xd0\x96", "\xe4\xb8\xad", "\xf0\x9f\x94\xa5", "a\xc3\xa9z"}) {
    EXPECT_EQ(ValidUtf8(text), text);
  }
}

TEST(Utf8, ReplacesEachByteThatIsNoPartOfIt) {
  EXPECT_EQ(ValidUtf8("a\xffz"), "a\xef\xbf\xbdz");
  EXPECT_EQ(ValidUtf8("\xd0"), "\xef\xbf\xbd") << "cut short";
  EXPECT_EQ(ValidUtf8("\xc0\x80"), "\xef\xbf\xbd\xef\xbf\xbd") << "overlong";
  EXPECT_EQ(ValidUtf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
  EXPECT_EQ(ValidUtf8("\xf4\x90\x80\x80").size(), 12u) << "beyond U+10FFFF";
}

TEST(Utf8, KnowsAscii) {
  EXPECT_TRUE(IsAscii("plain\n"));
  EXPECT_FALSE(IsAscii("\x80"));
}

}  // namespace
}  // namespace forewarn
