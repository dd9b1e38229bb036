#include "store/series_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Timestamp Window(int number) { return kTimeZero + 2h * number; }

class SeriesHeadTest : public ::testing::Test {
 protected:
  void Add(int window) { series_.Open(arena_, Window(window)).Add(arena_, Window(window), 1, 1); }
  std::vector<Timestamp> Filled() const {
    return series_.Windows([](const OpenChunk& chunk) { return chunk.count() > 0; });
  }

  BlockArena arena_;
  SeriesHead series_;
};

TEST_F(SeriesHeadTest, HasOneChunkForEachWindowInAnyOrder) {
  for (int window : {5, 7, 6, 5, 9}) Add(window);
  EXPECT_THAT(Filled(), ElementsAre(Window(5), Window(6), Window(7), Window(9)));
  EXPECT_EQ(series_.Find(Window(6))->count(), 1u);
  EXPECT_EQ(series_.Find(Window(8)), nullptr);
}

TEST_F(SeriesHeadTest, ClosesAnyOfThemAndKeepsTheOthers) {
  for (int window : {5, 7, 6, 9}) Add(window);
  series_.Close(arena_, Window(9));
  series_.Close(arena_, Window(6));
  EXPECT_THAT(Filled(), ElementsAre(Window(5), Window(7)));
  series_.Close(arena_, Window(5));
  series_.Close(arena_, Window(7));
  EXPECT_THAT(Filled(), IsEmpty());
  EXPECT_EQ(arena_.blocks_in_use(), 0u);
  Add(3);
  EXPECT_THAT(Filled(), ElementsAre(Window(3)));
}

TEST_F(SeriesHeadTest, RemembersWhatIsSealedOfFewWindowsOnly) {
  Add(100);
  for (int window = 0; window < 50; ++window) {
    series_.Open(arena_, Window(window)).MakeSide().sealed.emplace();
  }
  EXPECT_LE(series_.Windows([](const OpenChunk&) { return true; }).size(), 5u);
  EXPECT_THAT(Filled(), ElementsAre(Window(100)));
}

}  // namespace
}  // namespace forewarn
