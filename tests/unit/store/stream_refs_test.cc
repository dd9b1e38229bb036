#include "store/stream_refs.h"

#include <gtest/gtest.h>

#include <string>

namespace forewarn {
namespace {

std::shared_ptr<const SeriesTable> Table(const std::string& prefix, int count) {
  auto table = std::make_shared<SeriesTable>();
  for (int i = 0; i < count; ++i) {
    table->series.push_back(Labels{{"__name__", prefix + std::to_string(i)}});
  }
  return table;
}

TEST(StreamRefs, GoOnFromTableToTable) {
  SeriesRefs refs;
  refs.Learn(0, Table("a", 2));
  refs.Learn(2, Table("b", 3));
  EXPECT_EQ(refs.size(), 5u);
  EXPECT_EQ(refs.LabelsOf(0).name(), "a0");
  EXPECT_EQ(refs.LabelsOf(1).name(), "a1");
  EXPECT_EQ(refs.LabelsOf(2).name(), "b0");
  EXPECT_EQ(refs.LabelsOf(4).name(), "b2");
}

TEST(StreamRefs, HaveNoNumberUntilTheyAreTold) {
  SeriesRefs refs;
  refs.Learn(0, Table("a", 3));
  EXPECT_EQ(refs.IdOf(1), 0u);
  refs.Resolve(1, 42);
  EXPECT_EQ(refs.IdOf(1), 42u);
  EXPECT_EQ(refs.IdOf(0), 0u);
  EXPECT_EQ(refs.LabelsOf(2).name(), "a2");
}

TEST(StreamRefs, LetGoOfNamesOnceAllHaveNumbers) {
  SeriesRefs refs;
  auto first = Table("a", 2);
  auto second = Table("b", 2);
  std::weak_ptr<const SeriesTable> kept_first = first, kept_second = second;
  refs.Learn(0, std::move(first));
  refs.Learn(2, std::move(second));
  refs.Resolve(0, 7);
  EXPECT_FALSE(kept_first.expired());
  refs.Resolve(1, 8);
  EXPECT_TRUE(kept_first.expired());
  EXPECT_FALSE(kept_second.expired());
  EXPECT_EQ(refs.LabelsOf(3).name(), "b1");
  EXPECT_EQ(refs.IdOf(0), 7u);
}

TEST(StreamRefs, AnEmptyTableNamesNothing) {
  SeriesRefs refs;
  refs.Learn(0, Table("a", 0));
  refs.Learn(0, Table("b", 1));
  EXPECT_EQ(refs.size(), 1u);
  EXPECT_EQ(refs.LabelsOf(0).name(), "b0");
}

TEST(StreamRefs, OfAStreamLastAsLongAsIt) {
  StreamRefs all;
  auto stream = std::make_shared<const SeriesStream>();
  auto other = std::make_shared<const SeriesStream>();
  all.Of(stream).Learn(0, Table("a", 2));
  all.Of(stream).Resolve(0, 5);
  EXPECT_EQ(all.Of(other).size(), 0u);
  EXPECT_EQ(all.Of(stream).IdOf(0), 5u);
  EXPECT_GT(all.memory_bytes(), 2 * sizeof(SeriesId));
}

TEST(StreamRefs, OfDeadStreamsAreForgotten) {
  StreamRefs all;
  auto living = std::make_shared<const SeriesStream>();
  all.Of(living).Learn(0, Table("a", 1));
  for (int i = 0; i < 100; ++i) {
    auto stream = std::make_shared<const SeriesStream>();
    EXPECT_EQ(all.Of(stream).size(), 0u)
        << "one that lies where a dead one lay knows nothing of it";
    all.Of(stream).Learn(0, Table("b", 1));
  }
  EXPECT_LE(all.streams(), 10u);
  EXPECT_EQ(all.Of(living).size(), 1u);
}

TEST(StreamRefsDeathTest, AHoleBetweenTablesIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  SeriesRefs refs;
  EXPECT_DEATH(refs.Learn(1, Table("a", 1)), "first_ref");
}

}  // namespace
}  // namespace forewarn
