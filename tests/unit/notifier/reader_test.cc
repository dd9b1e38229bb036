#include "notifier/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::HasSubstr;

class ReaderOfPlanner : public Plans {};

TEST_F(ReaderOfPlanner, WhatNobodyCanReceiveIsDeadAtOnceAndSaysWhy) {
  uint64_t number = 71;
  auto outcome = [&](auto&& change) {
    Bundle bundle = MakeBundle();
    change(bundle);
    planner_.SetBundle(bundle);
    Planner::Plan plan = Tell({Step(IncidentStep::kOpened, {Disk("/a")}, number += 64)});
    for (const Notification& n : plan.outbox) {
      if (n.state == DeliveryState::kDead) {
        EXPECT_EQ(plan.timeline.at(0).what, "not_notified");
        return n.outcome;
      }
    }
    return std::string("none is dead");
  };
  EXPECT_THAT(outcome([](Bundle& b) { b.customers[0].contacts.clear(); }),
              HasSubstr("customer acme has no contact"));
  EXPECT_THAT(outcome([](Bundle& b) { b.customers.clear(); }),
              HasSubstr("the customer is not in the bundle"));
  EXPECT_THAT(outcome([](Bundle& b) { b.receivers.pop_back(); }),
              HasSubstr("no receiver contacts"));
  // What is for support never reaches the customer by a receiver without addresses.
  EXPECT_THAT(outcome([](Bundle& b) { b.routes[0].receivers = {"contacts"}; }),
              HasSubstr("never goes to a customer's contacts"));
}

}  // namespace
}  // namespace forewarn
