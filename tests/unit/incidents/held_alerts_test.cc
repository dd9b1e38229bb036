#include "incidents/held_alerts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/incidents/manager_world.h"

namespace forewarn {
namespace {

class HeldAlertsOfIncidents : public Incidents {};

TEST_F(HeldAlertsOfIncidents, AStormIsHeldCompletelyInBoundedSpaceAndEndsOnlyWithItsLastAlert) {
  std::vector<AlertChange> storm;
  for (int i = 0; i < 250; ++i)
    storm.push_back(At(0, Disk(fmt::format("/{}", i), AlertState::kFiring)));
  auto changes = Tell(0, storm);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(Only().alerts.size(), HeldAlerts::kInFull);
  EXPECT_EQ(Only().more_alerts.size(), 150u);
  EXPECT_EQ(changes[0].joined.size(), 250u);
  // opened, ten of the alerts, and one that sums up.
  EXPECT_EQ(changes[0].timeline.size(), 12u);
  EXPECT_EQ(changes[0].timeline.back().text, "and 240 more changes of its alerts");

  for (AlertChange& change : storm) change.alert.state = AlertState::kUnknown;
  EXPECT_EQ(Tell(10, storm)[0].step, IncidentStep::kUnknown);

  for (int i = 0; i < 250; ++i) {
    auto left = Tell(20, Disk(fmt::format("/{}", i), AlertState::kResolved));
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].step, i == 249 ? IncidentStep::kResolved : IncidentStep::kUpdated) << i;
  }
}

}  // namespace
}  // namespace forewarn
