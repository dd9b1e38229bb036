#include "collector/label_strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

using testing::ElementsAre;
using Strings = google::protobuf::RepeatedPtrField<std::string>;
using Refs = google::protobuf::RepeatedField<uint32_t>;

Labels ReadBack(const Strings& strings, const Refs& refs) {
  Labels labels;
  for (int i = 0; i + 1 < refs.size(); i += 2) {
    labels.Set(strings.at(static_cast<int>(refs[i])), strings.at(static_cast<int>(refs[i + 1])));
  }
  return labels;
}

TEST(LabelStrings, AreEachThereOnce) {
  Strings strings;
  LabelStrings table(strings);
  Refs first, second;
  table.Write({{"__name__", "up"}, {"job", "up"}}, first);
  table.Write({{"__name__", "down"}, {"job", "up"}}, second);
  EXPECT_THAT(strings, ElementsAre("__name__", "up", "job", "down"));
  EXPECT_THAT(first, ElementsAre(0, 1, 2, 1));
  EXPECT_THAT(second, ElementsAre(0, 3, 2, 1));
}

TEST(LabelStrings, StandForTheLabelsThatWereWritten) {
  Strings strings;
  LabelStrings table(strings);
  for (int i = 0; i < 1000; ++i) {
    Labels labels{{"__name__", "metric_" + std::to_string(i % 10)},
                  {"host", std::string(static_cast<size_t>(i / 10), 'x') + "y"}};
    if (i % 3 == 0) labels.Set("a", "1");
    Refs refs;
    table.Write(labels, refs);
    ASSERT_EQ(ReadBack(strings, refs), labels);
  }
  Refs none;
  table.Write({}, none);
  EXPECT_TRUE(none.empty());
}

TEST(LabelStrings, BeginAgainWhenTheListIsEmptied) {
  Strings strings;
  LabelStrings table(strings);
  Refs refs;
  table.Write({{"a", "1"}, {"b", "2"}}, refs);
  strings.Clear();
  refs.Clear();
  table.Clear();
  table.Write({{"b", "2"}}, refs);
  EXPECT_THAT(strings, ElementsAre("b", "2"));
  EXPECT_THAT(refs, ElementsAre(0, 1));
}

}  // namespace
}  // namespace forewarn
