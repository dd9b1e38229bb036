#include "ctl/label_refs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::HasSubstr;

v1::QueryResponse Answer(std::initializer_list<const char*> strings,
                         std::initializer_list<uint32_t> refs) {
  v1::QueryResponse answer;
  for (const char* text : strings) answer.add_label_strings(text);
  v1::QuerySeries* series = answer.add_series();
  for (uint32_t ref : refs) series->add_label_refs(ref);
  return answer;
}

Status WriteOut(v1::QueryResponse& answer) {
  return WriteLabelsOut(*answer.mutable_label_strings(), *answer.mutable_series());
}

TEST(LabelRefs, BecomeTheLabelsTheyStandFor) {
  v1::QueryResponse answer = Answer({"__name__", "up", "job"}, {0, 1, 2, 1});
  ASSERT_TRUE(WriteOut(answer).ok());
  EXPECT_EQ(answer.label_strings_size(), 0);
  ASSERT_EQ(answer.series(0).labels_size(), 2);
  EXPECT_EQ(answer.series(0).label_refs_size(), 0);
  EXPECT_EQ(answer.series(0).labels(0).name(), "__name__");
  EXPECT_EQ(answer.series(0).labels(0).value(), "up");
  EXPECT_EQ(answer.series(0).labels(1).name(), "job");
  EXPECT_EQ(answer.series(0).labels(1).value(), "up");
}

TEST(LabelRefs, OfASeriesWithoutLabelsAreNone) {
  v1::QueryResponse answer = Answer({}, {});
  ASSERT_TRUE(WriteOut(answer).ok());
  EXPECT_EQ(answer.series(0).labels_size(), 0);
}

TEST(LabelRefs, ThatLeadNowhereAreRefused) {
  for (uint32_t ref : {1u, 2'147'483'647u, 2'147'483'648u, 4'294'967'295u}) {
    v1::QueryResponse answer = Answer({"a"}, {0, ref});
    Status status = WriteOut(answer);
    EXPECT_EQ(status.code(), Code::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr("series[0].label_refs"));
  }
  v1::QueryResponse odd = Answer({"a"}, {0, 0, 0});
  EXPECT_EQ(WriteOut(odd).code(), Code::kDataLoss);
}

TEST(LabelRefs, FewBytesDoNotFillTheMemory) {
  v1::QueryResponse answer = Answer({"a"}, {});
  answer.set_label_strings(0, std::string(1 << 20, 'x'));
  for (int i = 0; i < 1000; ++i) answer.mutable_series(0)->add_label_refs(0);
  EXPECT_THAT(WriteOut(answer).message(), HasSubstr("256 MiB"));
}

}  // namespace
}  // namespace forewarn
