#include "collector/doors/delta_sums.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

using Result = DeltaSums::Result;

const Fingerprint kA = Fingerprint::Of("a");
const Fingerprint kB = Fingerprint::Of("b");
constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

class DeltaSumsTest : public testing::Test {
 protected:
  DeltaSums::Outcome Add(Fingerprint series, Timestamp at, double difference) {
    return sums_.Add(series, at, difference, ++ticket_, kNow, room_);
  }

  size_t room_ = 100;
  uint64_t ticket_ = 0;
  DeltaSums sums_;
};

TEST_F(DeltaSumsTest, AddUpWhatComesAsDifferences) {
  EXPECT_EQ(Add(kA, kNow, 3).sum.value, 3);
  EXPECT_EQ(Add(kA, kNow + 1s, 2).sum.value, 5);
  EXPECT_EQ(Add(kB, kNow + 1s, 7).sum.value, 7);
}

TEST_F(DeltaSumsTest, KnowWhatIsRepeatedAndTheTicketThatBroughtIt) {
  Add(kA, kNow, 3);
  DeltaSums::Outcome again = Add(kA, kNow, 3);
  EXPECT_EQ(again.result, Result::kRepeated);
  EXPECT_EQ(again.sum.ticket, 1u);
  EXPECT_EQ(Add(kA, kNow + 1s, 1).sum.value, 4);
  EXPECT_EQ(Add(kA, kNow, 3).sum.ticket, 3u);
}

TEST_F(DeltaSumsTest, AddWhatWasOvertakenAndPutItBehindTheNewest) {
  Add(kA, kNow, 1);
  Add(kA, kNow + 2s, 2);
  DeltaSums::Outcome late = Add(kA, kNow + 1s, 4);
  EXPECT_EQ(late.result, Result::kAdded);
  EXPECT_EQ(late.sum.value, 7);
  EXPECT_EQ(late.sum.at, kNow + 2s + 1ms);
  EXPECT_EQ(Add(kA, kNow + 1s, 4).result, Result::kRepeated);
  DeltaSums::Outcome oldest = Add(kA, kNow - 1s, 8);
  EXPECT_EQ(oldest.sum.value, 15);
  EXPECT_EQ(oldest.sum.at, kNow + 2s + 2ms);
  EXPECT_EQ(Add(kA, kNow + 2s + 1ms, 16).sum.at, kNow + 2s + 3ms) << "that time is taken";
  EXPECT_EQ(Add(kA, kNow + 3s, 32).sum.at, kNow + 3s);
}

TEST_F(DeltaSumsTest, DoNotTakeWhatIsOlderThanTheTimesTheyKnow) {
  for (size_t i = 0; i <= DeltaSums::kKnownTimes; ++i) Add(kA, kNow + i * 1s, 1);
  EXPECT_EQ(Add(kA, kNow, 1).result, Result::kTooLate) << "it is the one that was forgotten";
  EXPECT_EQ(Add(kA, kNow + 1s, 1).result, Result::kRepeated);
  EXPECT_EQ(Add(kA, kNow + 500ms, 1).result, Result::kAdded) << "it is not";
  EXPECT_EQ(Add(kA, kNow + 500ms, 1).result, Result::kTooLate);
  EXPECT_EQ(Add(kA, kNow + 1500ms, 1).sum.value, 35);
}

TEST_F(DeltaSumsTest, TakeBackWhatWasOvertakenToo) {
  for (size_t i = 0; i < DeltaSums::kKnownTimes; ++i) Add(kA, kNow + i * 1s, 1);
  for (Timestamp at : {kNow - 1s, kNow + 500ms, kNow + 1h}) {
    DeltaSums::Outcome first = Add(kA, at, 1);
    EXPECT_EQ(first.result, Result::kAdded);
    sums_.TakeBack(first.added);
    DeltaSums::Outcome again = Add(kA, at, 1);
    EXPECT_EQ(again.result, Result::kAdded);
    EXPECT_EQ(again.sum.value, first.sum.value);
    EXPECT_EQ(again.sum.at, first.sum.at);
    sums_.TakeBack(again.added);
  }
  EXPECT_EQ(Add(kA, kNow, 1).result, Result::kRepeated) << "the oldest is known again";
}

TEST_F(DeltaSumsTest, TakeBackWhatFoundNoRoom) {
  DeltaSums::Outcome first = Add(kA, kNow, 3);
  DeltaSums::Outcome second = Add(kA, kNow + 1s, 0.1);
  sums_.TakeBack(second.added);
  EXPECT_EQ(Add(kA, kNow + 1s, 2).sum.value, 5);
  room_ = 1;
  sums_.TakeBack(first.added);
  EXPECT_EQ(Add(kB, kNow, 1).result, Result::kAdded) << "a series that is gone takes no room";
}

TEST_F(DeltaSumsTest, BeginAnewWhenWhatBroughtThemWasNotStored) {
  Add(kA, kNow, 3);
  Add(kB, kNow, 3);
  Add(kB, kNow + 1s, 4);
  sums_.Forget(kA, 1);
  sums_.Forget(kB, 2);
  EXPECT_EQ(Add(kA, kNow, 3).sum.value, 3);
  EXPECT_EQ(Add(kB, kNow + 2s, 1).sum.value, 8) << "a later batch carries it";
}

TEST_F(DeltaSumsTest, AreBounded) {
  room_ = 1;
  EXPECT_EQ(Add(kA, kNow, 3).result, Result::kAdded);
  EXPECT_EQ(Add(kB, kNow, 3).result, Result::kNoRoom);
  EXPECT_EQ(Add(kA, kNow + 1s, 3).result, Result::kAdded);
}

TEST_F(DeltaSumsTest, AreForgottenInSilence) {
  Add(kA, kNow, 3);
  sums_.ForgetSilent(kNow);
  EXPECT_EQ(Add(kA, kNow, 3).result, Result::kRepeated);
  sums_.ForgetSilent(kNow + 1ms);
  EXPECT_EQ(Add(kA, kNow, 3).sum.value, 3);
}

}  // namespace
}  // namespace forewarn
