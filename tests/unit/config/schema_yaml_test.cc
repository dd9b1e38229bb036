#include "config/schema_yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> MistakesOf(std::string_view text) {
  std::vector<Mistake> mistakes;
  ParseYaml("f.yaml", text, mistakes);
  std::vector<std::string> out;
  for (const Mistake& mistake : mistakes) out.push_back(mistake.ToString());
  return out;
}

YamlNode Parsed(std::string_view text) {
  std::vector<Mistake> mistakes;
  YamlNode node = ParseYaml("f.yaml", text, mistakes);
  EXPECT_THAT(mistakes, IsEmpty());
  return node;
}

TEST(Yaml, ValuesKnowTheirPlaceAndWhetherTheyWereQuoted) {
  YamlNode root = Parsed("a: 1\nb:\n  - x\n  - '2'\n  - |\n    text\nc: {d: }\n");
  ASSERT_TRUE(root.is_map());
  ASSERT_EQ(root.members.size(), 3u);
  const YamlNode* b = root.Find("b");
  ASSERT_NE(b, nullptr);
  ASSERT_EQ(b->items.size(), 3u);
  EXPECT_EQ(b->items[1].text, "2");
  EXPECT_EQ(b->items[1].line, 4);
  EXPECT_EQ(b->items[1].column, 5);
  EXPECT_TRUE(b->items[1].quoted);
  EXPECT_FALSE(b->items[0].quoted);
  EXPECT_TRUE(b->items[2].quoted);
  EXPECT_EQ(b->items[2].text, "text\n");
  EXPECT_TRUE(root.Find("c")->Find("d")->is_null());
  EXPECT_EQ(root.members[1].line, 2);
  EXPECT_EQ(root.Find("missing"), nullptr);
}

TEST(Yaml, AnEmptyFileIsNull) {
  EXPECT_TRUE(Parsed("").is_null());
  EXPECT_TRUE(Parsed("# nothing but a comment\n").is_null());
  EXPECT_TRUE(Parsed("---\n").is_null());
}

TEST(Yaml, RepeatedKeysAreRefusedAndTheRestIsStillRead) {
  EXPECT_THAT(MistakesOf("a: 1\nb: 2\na: 3\nc: {x: 1, x: 2}\n"),
              ElementsAre("f.yaml:3:1: the key 'a' is given twice; the first is in line 1",
                          "f.yaml:4:11: the key 'x' is given twice; the first is in line 4"));
}

TEST(Yaml, KeysArePlainText) {
  EXPECT_THAT(MistakesOf("[a, b]: 1\n"),
              ElementsAre(HasSubstr("a key must be plain text, not a list")));
  EXPECT_THAT(MistakesOf("{a: {b: 1}: c}\n"), testing::Not(IsEmpty()));
  EXPECT_THAT(MistakesOf("~: 1\n"),
              ElementsAre(HasSubstr("a key must be plain text, not nothing")));
}

TEST(Yaml, AnchorsAliasesAndTagsAreRefused) {
  EXPECT_THAT(MistakesOf("a: &x 1\nb: *x\nc: !!int 3\n"),
              ElementsAre(HasSubstr("f.yaml:1:4: an anchor"), HasSubstr("f.yaml:2:4: an alias"),
                          HasSubstr("f.yaml:3:4: a tag")));
}

TEST(Yaml, TheBillionLaughsStayFunny) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 30; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    text +=
        "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + "," + before + "]\n";
  }
  EXPECT_EQ(MistakesOf(text).size(), 30u + 2 * 29);
}

TEST(Yaml, NestingHasABound) {
  std::string deep(33, '[');
  deep += std::string(33, ']');
  EXPECT_THAT(MistakesOf(deep), ElementsAre("f.yaml:1:33: nested more than 32 levels deep"));
  EXPECT_THAT(MistakesOf(std::string(32, '[') + std::string(32, ']')), IsEmpty());
  EXPECT_THAT(MistakesOf(std::string(100'000, '[')), testing::Not(IsEmpty()));
  std::string maps;
  for (int i = 0; i < 5000; ++i) maps += "{a: ";
  EXPECT_THAT(MistakesOf(maps), testing::Not(IsEmpty()));
}

TEST(Yaml, OneDocumentAFile) {
  EXPECT_THAT(MistakesOf("a: 1\n---\nb: 2\n"), ElementsAre(HasSubstr("a second document")));
}

TEST(Yaml, BadSyntaxHasAPlace) {
  EXPECT_THAT(MistakesOf("a: [1\nb: 2\n"), ElementsAre(testing::StartsWith("f.yaml:2:")));
  EXPECT_THAT(MistakesOf("a: b: c\n"), ElementsAre(HasSubstr("f.yaml:1:5: not YAML")));
}

TEST(Yaml, AQuoteThatIsNotClosedHasItsPlace) {
  EXPECT_THAT(MistakesOf("- name: \"Acme\n- id: globex\n"),
              ElementsAre("f.yaml:1:9: this quote is not closed; put a \" where the text ends"));
  EXPECT_THAT(MistakesOf("a: 1\nb: 'it''s\nc: 2\n"),
              ElementsAre("f.yaml:2:4: this quote is not closed; put a ' where the text ends"));
  for (const char* text :
       {"b: 1\na: \"x", "b: 1\na: '", "b: 1\na: \"x\\\"\n \n", "b: 1\na: [\"x]\n"}) {
    EXPECT_THAT(MistakesOf(text), ElementsAre(HasSubstr("f.yaml:2:"))) << text;
    EXPECT_THAT(MistakesOf(text), ElementsAre(HasSubstr("this quote is not closed"))) << text;
  }
  EXPECT_THAT(MistakesOf("a: 1\n\"b: 2\n"), ElementsAre(HasSubstr("f.yaml:2:1: this quote")));
  for (const char* text : {"a: \"x\n  y\"", "a: 'it''s'", "\"a\": \"\\\"\" # '", "a: it's\n",
                           "a: |\n  \"x", "a: ['x', \"y\"]\n",
                           "\xef\xbb\xbf"
                           "a: 'é'\r\nb: \"ü\"\r\n"}) {
    EXPECT_THAT(MistakesOf(text), IsEmpty()) << text;
  }
}

TEST(Yaml, OnlyTextIsRead) {
  EXPECT_THAT(MistakesOf("a: 1\nb: \xff\n"),
              ElementsAre("f.yaml:2:4: not UTF-8 text; save the file as UTF-8"));
  EXPECT_THAT(MistakesOf("a: \xc0\xaf"), ElementsAre(HasSubstr("not UTF-8"))) << "overlong";
  EXPECT_THAT(MistakesOf("a: \xed\xa0\x80"), ElementsAre(HasSubstr("not UTF-8"))) << "a surrogate";
  EXPECT_THAT(MistakesOf(std::string_view("a: \0b", 5)),
              ElementsAre("f.yaml:1:4: a control character (0x00)"));
  EXPECT_THAT(MistakesOf("a: 磁盘\r\n"), IsEmpty());
}

TEST(Yaml, AFileAboveTheBoundIsNotEvenRead) {
  std::vector<Mistake> mistakes;
  ParseYaml("f.yaml", "a: 12345", mistakes, 7);
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0].ToString(), "f.yaml: larger than 7 bytes");
}

TEST(Yaml, LongValuesAreShownShort) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  for (int i = 0; i < 100; ++i) node.text += "é";
  std::string shown = node.Describe();
  EXPECT_LT(shown.size(), 70u);
  EXPECT_THAT(shown, testing::EndsWith("é…'"));
}

}  // namespace
}  // namespace forewarn
