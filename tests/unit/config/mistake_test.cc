#include "config/mistake.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(Mistakes, AreListedInTheOrderOfTheirPlaces) {
  EXPECT_TRUE(MistakesToStatus({}).ok());
  EXPECT_EQ(
      MistakesToStatus(
          {{"b.yaml", 1, 1, "third"}, {"a.yaml", 10, 2, "second"}, {"a.yaml", 9, 5, "first"}}),
      InvalidArgument("a.yaml:9:5: first\na.yaml:10:2: second\nb.yaml:1:1: third"));
  EXPECT_EQ((Mistake{"a.yaml", 0, 0, "too large"}.ToString()), "a.yaml: too large");
}

TEST(DidYouMean, GuessesOnlyWhatIsNear) {
  std::vector<std::string> keys = {"threshold", "thread", "path"};
  EXPECT_EQ(DidYouMean("treshold", keys), "; did you mean 'threshold'?");
  EXPECT_EQ(DidYouMean("paht", keys), "; did you mean 'path'?")
      << "two letters swapped are one slip";
  EXPECT_EQ(DidYouMean("threads", keys), "; did you mean 'thread'?");
  EXPECT_EQ(DidYouMean("colour", keys), "");
  EXPECT_EQ(DidYouMean("x", {"y"}), "");
  EXPECT_EQ(DidYouMean("", keys), "");
  EXPECT_EQ(DidYouMean(std::string(100'000, 'x'), keys), "");
}

}  // namespace
}  // namespace forewarn
