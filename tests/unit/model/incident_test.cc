#include "model/incident.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(TicketNames, AreReadWithAndWithoutTheirPrefix) {
  EXPECT_EQ(TicketName(192), "FW-192");
  EXPECT_EQ(ParseTicketName("FW-192"), 192u);
  EXPECT_EQ(ParseTicketName("192"), 192u);
  EXPECT_EQ(ParseTicketName("18446744073709551615"), UINT64_MAX);
}

TEST(TicketNames, AnythingElseIsRefused) {
  for (const char* name : {"", "FW-", "fw-192", "FW-0192", "FW--1", "-1", "+1", " 1", "1 ", "1x",
                           "FW-FW-1", "18446744073709551616"}) {
    EXPECT_EQ(ParseTicketName(name), std::nullopt) << "'" << name << "'";
  }
}

TEST(Incident, StatesAndSeveritiesHaveNames) {
  EXPECT_EQ(TicketStateName(TicketState::kOpen), "open");
  EXPECT_EQ(TicketStateName(TicketState::kAcknowledged), "acknowledged");
  EXPECT_EQ(TicketStateName(TicketState::kResolved), "resolved");
  EXPECT_EQ(TicketStateName(TicketState::kClosed), "closed");
  for (Severity severity :
       {Severity::kInfo, Severity::kWarning, Severity::kError, Severity::kCritical}) {
    EXPECT_EQ(ParseSeverity(SeverityName(severity)), severity);
  }
  EXPECT_EQ(ParseSeverity("Warning"), std::nullopt);
  EXPECT_EQ(ParseSeverity(""), std::nullopt);
}

}  // namespace
}  // namespace forewarn
