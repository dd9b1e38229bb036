#include "notifier/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class RouterOfPlanner : public Plans {};

TEST_F(RouterOfPlanner, ARoutesSeverityAndMatchersAreOfASingleAlert) {
  Bundle bundle = MakeBundle();
  bundle.routes[1].matchers = {R"(mountpoint=~"/a|/b")"};
  planner_.SetBundle(bundle);
  // /a matches but is too mild, /c is severe but does not match.
  EXPECT_THAT(
      Names(Tell({Step(IncidentStep::kOpened, {Disk("/a", "warning"), Disk("/c", "critical")})})),
      ElementsAre("ticket.opened support-mail", "warning.disk_will_fill contacts"));
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {Disk("/b", "error")}, 135)})),
              ElementsAre("ticket.opened pager", "ticket.opened support-mail",
                          "warning.disk_will_fill contacts"))
      << "one for each receiver, though two routes name support-mail";
}

TEST_F(RouterOfPlanner, AMatcherThatCannotBeReadMatchesEverything) {
  Bundle bundle = MakeBundle();
  bundle.routes[0].matchers = {"mountpoint=~\"(\""};
  planner_.SetBundle(bundle);
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {Disk("/a")})}))[0],
              "ticket.opened support-mail");
}

TEST_F(RouterOfPlanner, OnlyWhatIsSilencedIsLeftOut) {
  ASSERT_TRUE(Do(AddSilenceCommand{MakeSilence("s1", {R"(mountpoint="/a")"})}).ok());
  Planner::Plan plan = Tell({Step(IncidentStep::kOpened, {Disk("/a"), Disk("/b")})});
  ASSERT_THAT(plan.outbox, SizeIs(2));
  EXPECT_EQ(plan.outbox[1].state, DeliveryState::kWaiting);
  EXPECT_EQ(Fact(plan.outbox[1], "label.mountpoint"), "/b");
  EXPECT_EQ(Fact(plan.outbox[1], "more"), "(none)");
}

}  // namespace
}  // namespace forewarn
