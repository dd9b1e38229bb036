#include "notifier/template_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/notifier/planner_world.h"

namespace forewarn {
namespace {

using ::testing::ElementsAre;

class WarningTemplate : public Plans {};

TEST_F(WarningTemplate, AWarningThatTheCatalogueDoesNotHaveIsSaidInGeneralTerms) {
  Alert alert = Disk("/a");
  alert.warning_template = "unheard_of";
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {alert})})),
              ElementsAre("ticket.opened support-mail", "warning.generic contacts"));
  alert.warning_template = "warning.disk_will_fill";
  EXPECT_THAT(Names(Tell({Step(IncidentStep::kOpened, {alert}, 135)}))[1],
              "warning.disk_will_fill contacts");
}

}  // namespace
}  // namespace forewarn
