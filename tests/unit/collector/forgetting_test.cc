#include "collector/forgetting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/record.h"
#include "model/audit.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AuditTrail, ForgetsTheOldestFirst) {
  AuditTrail trail;
  EXPECT_EQ(trail.Oldest(), std::nullopt);
  trail.Add(3, kTimeZero + 1h);
  trail.Add(5, kTimeZero + 2h);
  trail.Add(6, kTimeZero + 2h);
  trail.Add(9, kTimeZero + 3h);
  EXPECT_THAT(trail.Forget(kTimeZero + 1h - 1ms), IsEmpty());
  EXPECT_EQ(trail.Oldest(), kTimeZero + 1h);
  EXPECT_THAT(trail.Forget(kTimeZero + 2h), ElementsAre(3, 5, 6));
  EXPECT_EQ(trail.Oldest(), kTimeZero + 3h);
}

TEST(AuditTrail, IsPutBackFromWhatIsStored) {
  AuditTrail trail;
  AuditRecord record{kTimeZero + 5min, "operator", TicketCommand{}, ""};
  EXPECT_TRUE(trail.Restore(NumberId(12), EncodeRecord(record)).ok());
  EXPECT_EQ(trail.Oldest(), kTimeZero + 5min);
  EXPECT_THAT(trail.Forget(kTimeZero + 5min), ElementsAre(12));
  EXPECT_EQ(trail.Restore("12x", EncodeRecord(record)).code(), Code::kDataLoss);
  EXPECT_EQ(trail.Restore(NumberId(12), "?").code(), Code::kDataLoss);
}

TEST(AuditTrail, ForgetsABoundedNumberAtOnce) {
  AuditTrail trail;
  for (uint64_t i = 1; i <= AuditTrail::kAtOnce + 1; ++i) trail.Add(i, kTimeZero);
  EXPECT_EQ(trail.Forget(kTimeZero).size(), AuditTrail::kAtOnce);
  EXPECT_THAT(trail.Forget(kTimeZero), ElementsAre(AuditTrail::kAtOnce + 1));
  EXPECT_THAT(trail.Forget(kTimeZero), IsEmpty());
}

}  // namespace
}  // namespace forewarn
