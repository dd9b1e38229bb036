#include "model/labels.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/record.h"

namespace forewarn {
namespace {

TEST(Labels, AreSortedAndHaveNoEmptyValues) {
  Labels labels{{"b", "2"}, {"a", "1"}, {"c", ""}};
  EXPECT_EQ(labels, (Labels{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(labels.size(), 2u);
  EXPECT_FALSE(labels.Has("c"));
  EXPECT_EQ(labels.Get("b"), "2");
  EXPECT_EQ(labels.Get("missing"), "");
}

TEST(Labels, SettingAddsReplacesAndRemoves) {
  Labels labels;
  labels.Set("b", "2");
  labels.Set("a", "1");
  labels.Set("b", "3");
  labels.Set("c", "");
  EXPECT_EQ(labels, (Labels{{"a", "1"}, {"b", "3"}}));
  labels.Remove("a");
  labels.Remove("a");
  EXPECT_EQ(labels, (Labels{{"b", "3"}}));
}

TEST(Labels, EqualLabelsHaveEqualFingerprints) {
  EXPECT_EQ((Labels{{"a", "1"}, {"b", "2"}}).fingerprint(),
            (Labels{{"b", "2"}, {"a", "1"}}).fingerprint());
  EXPECT_NE((Labels{{"a", "1"}, {"b", "2"}}).fingerprint(),
            (Labels{{"a", "2"}, {"b", "1"}}).fingerprint());
  EXPECT_NE((Labels{{"ab", "c"}}).fingerprint(), (Labels{{"a", "bc"}}).fingerprint());
}

TEST(Labels, AreWrittenAsPrometheusWritesThem) {
  EXPECT_EQ((Labels{{"__name__", "up"}, {"job", "b"}, {"instance", "a"}}).ToString(),
            R"(up{instance="a",job="b"})");
  EXPECT_EQ((Labels{{"__name__", "up"}}).ToString(), "up");
  EXPECT_EQ((Labels{{"a", "quote \" slash \\ line\n"}}).ToString(),
            R"({a="quote \" slash \\ line\n"})");
  EXPECT_EQ(Labels().ToString(), "{}");
}

TEST(Labels, TheNameIsALabelThatCanBeLeftOut) {
  Labels labels{{"__name__", "up"}, {"job", "b"}};
  EXPECT_EQ(labels.name(), "up");
  EXPECT_EQ(labels.WithoutName(), (Labels{{"job", "b"}}));
  EXPECT_EQ(labels.WithoutName().name(), "");
}

TEST(Labels, SurviveBeingStored) {
  Labels labels{{"__name__", "up"}, {"job", "b"}};
  EXPECT_EQ(*DecodeRecord<Labels>(EncodeRecord(labels)), labels);
}

TEST(Labels, AreStoredAsAListOfPairs) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  Labels labels{{"__name__", "up"}, {"job", "b"}};
  Encoder expected;
  for (const auto& [name, value] : Pairs{{"__name__", "up"}, {"job", "b"}}) {
    Encoder pair;
    pair.Varint(1 << 3 | 2);
    pair.Bytes(name);
    pair.Varint(2 << 3 | 2);
    pair.Bytes(value);
    expected.Varint(1 << 3 | 2);
    expected.Bytes(pair.str());
  }
  EXPECT_EQ(EncodeRecord(labels), expected.str());
}

TEST(Labels, OfAnyLengthAreReadAsTheyWereGiven) {
  Labels labels;
  std::map<std::string, std::string> expected;
  for (size_t length : {1, 14, 15, 127, 128, 129, 16383, 16384, 70000}) {
    std::string name = "n" + std::string(length, 'a');
    labels.Set(name, std::string(length, 'v'));
    expected[name] = std::string(length, 'v');
  }
  std::map<std::string, std::string> read;
  for (const auto& [name, value] : labels) read.emplace(name, value);
  EXPECT_EQ(read, expected);
  EXPECT_EQ(labels.size(), expected.size());
  EXPECT_EQ(*DecodeRecord<Labels>(EncodeRecord(labels)), labels);
}

TEST(Labels, AreOrderedByTheFirstLabelThatDiffers) {
  const std::vector<Labels> ordered = {
      {},
      {{"a", "1"}},
      {{"a", "1"}, {"b", "1"}},
      {{"a", "1"}, {"b", std::string(200, '1')}},
      {{"a", "1"}, {"b", "2"}},
      {{"a", "1"}, {"bb", "1"}},
      {{"a", "11"}},
      {{"a", std::string(130, '1')}},
      {{"a", "2"}},
      {{"aa", "1"}},
  };
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) EXPECT_EQ(ordered[i] <=> ordered[j], i <=> j);
  }
}

TEST(LabelsDeathTest, ANameGivenTwiceIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((Labels{{"a", "1"}, {"a", "2"}}), "check failed");
}

TEST(Labels, NamesAreWhatPrometheusAllows) {
  for (const char* name : {"a", "_", "__name__", "A9_b"}) EXPECT_TRUE(IsLabelName(name)) << name;
  for (const char* name : {"", "9a", "a-b", "a:b", "ä", "a b"})
    EXPECT_FALSE(IsLabelName(name)) << name;
  EXPECT_TRUE(IsMetricName("disk:seconds_to_full"));
  EXPECT_TRUE(IsMetricName(":x"));
  EXPECT_FALSE(IsMetricName("9x"));
  EXPECT_FALSE(IsMetricName("a.b"));
}

}  // namespace
}  // namespace forewarn
