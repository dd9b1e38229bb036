#include "model/alert.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(Alert, StatesHaveTheNamesThatPeopleAndMetricsSee) {
  EXPECT_EQ(AlertStateName(AlertState::kPending), "pending");
  EXPECT_EQ(AlertStateName(AlertState::kFiring), "firing");
  EXPECT_EQ(AlertStateName(AlertState::kUnknown), "unknown");
  EXPECT_EQ(AlertStateName(AlertState::kResolved), "resolved");
  EXPECT_EQ(AlertStateName(AlertState::kEnded), "ended");
  EXPECT_EQ(AlertStateName(static_cast<AlertState>(99)), "invalid") << "from a damaged record";
}

}  // namespace
}  // namespace forewarn
