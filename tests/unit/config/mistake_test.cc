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

TEST(UnknownWord, NamesTheWordAndGuessesAmongWhatMayStandThere) {
  std::vector<std::string> commands = {"tickets", "token"};
  std::vector<std::string> options = {"--customer", "--all"};
  EXPECT_EQ(UnknownWord("tickts", commands, options),
            "unknown command 'tickts'; did you mean 'tickets'?");
  EXPECT_EQ(UnknownWord("nonsense", commands, options), "unknown command 'nonsense'");
  EXPECT_EQ(UnknownWord("--custmer=acme", commands, options),
            "unknown option '--custmer'; did you mean '--customer'?");
  EXPECT_EQ(UnknownWord("tickets", {}, options), "'tickets' is one word too many");
}

}  // namespace
}  // namespace forewarn
